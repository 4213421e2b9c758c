import { AppError, bareId } from '@attune/core';
import type { JobDetail, JobsRepository, RecentJobs } from '@attune/platform';

/** The bare id. @throws AppError not_found for an id that is none. */
export function jobIdOf(id: string): string {
  const jobId = bareId('job', id);
  if (jobId === undefined) throw new AppError('not_found', 'there is no such job');
  return jobId;
}

/** @throws AppError not_found for an id that is none, a job that is not, and a job of another tenant alike; gone for a deleted job. */
export async function findJob(jobs: JobsRepository | RecentJobs, tenantId: string, id: string): Promise<JobDetail> {
  const found = await jobs.find(tenantId, jobIdOf(id));
  if (!found) throw new AppError('not_found', 'there is no such job');
  if (found.job.deleted_at !== null) throw new AppError('gone', 'the job was deleted');
  return found;
}

/** As `findJob`. What was read a moment ago will do for a job that has ended; of an open one it could hide that it has just ended. */
export async function findJobToRead(jobs: JobsRepository, recent: RecentJobs, tenantId: string, id: string): Promise<JobDetail> {
  const found = await findJob(recent, tenantId, id);
  return found.job.completed_at === null ? findJob(jobs, tenantId, id) : found;
}
