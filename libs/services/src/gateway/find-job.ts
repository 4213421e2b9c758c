import { AppError, bareId } from '@attune/core';
import type { JobDetail, JobsRepository } from '@attune/platform';

/** @throws AppError not_found for an id that is none, a job that is not, and a job of another tenant alike. */
export async function findJob(jobs: JobsRepository, tenantId: string, id: string): Promise<JobDetail> {
  const jobId = bareId('job', id);
  const found = jobId === undefined ? undefined : await jobs.find(tenantId, jobId);
  if (!found) throw new AppError('not_found', 'there is no such job');
  return found;
}
