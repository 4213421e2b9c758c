import { z } from 'zod';
import { JobRequest, StoredInput } from './job.api.js';

/** Most jobs of one batch. */
export const BATCH_LIMIT = 1000;

/** A submit over bytes that Attune has already: nothing is fetched for a batch. */
export const StoredJobRequest = JobRequest.extend({ input: StoredInput });
export type StoredJobRequest = z.infer<typeof StoredJobRequest>;

/** Each host is looked up before the answer, so a batch names few. */
const TOLD_HOSTS = 10;

/** Body of `POST /api/v1/jobs/batch`: jobs over bytes that Attune has already. */
export const BatchRequest = z.strictObject({
  jobs: z
    .array(StoredJobRequest)
    .min(1)
    .max(BATCH_LIMIT)
    .refine((jobs) => toldHosts(jobs).size <= TOLD_HOSTS, `The webhook_url of all jobs together name ${TOLD_HOSTS} hosts at most.`),
});
export type BatchRequest = z.infer<typeof BatchRequest>;

/** What is not well-formed is told at its own place. */
function toldHosts(jobs: readonly StoredJobRequest[]): ReadonlySet<string> {
  return new Set(jobs.flatMap(({ webhook_url: url }) => (url !== undefined && URL.canParse(url) ? [new URL(url).host] : [])));
}

/** The jobs that were made, in the order in which they were asked for. */
export const BatchBody = z.object({ job_ids: z.array(z.string()) });
export type BatchBody = z.infer<typeof BatchBody>;
