import type { JobDetail, JobsRepository, RecentJobs } from '@attune/platform';
import { findJobToRead } from './find-job.js';

const ID = 'job_01890000-0000-7000-8000-000000000001';
const job = (completed_at: number | null): JobDetail => ({ job: { completed_at, deleted_at: null } }) as JobDetail;
const finding = (detail: JobDetail) => ({ find: () => Promise.resolve(detail) }) as unknown as JobsRepository & RecentJobs;

test('what was read a moment ago is good enough of a job that has ended, and never hides that it has just ended', async () => {
  const [before, ended] = [job(null), job(1)];
  expect(await findJobToRead(finding(ended), finding(before), 't', ID)).toBe(ended);
  const remembered = job(1);
  expect(await findJobToRead(finding(ended), finding(remembered), 't', ID)).toBe(remembered);
});
