import { z } from 'zod';
import { JobRequest, StoredInput } from './job.api.js';

/** Most jobs of one batch. */
export const BATCH_LIMIT = 1000;

/** A submit over bytes that Attune has already: nothing is fetched for a batch. */
export const StoredJobRequest = JobRequest.extend({ input: StoredInput });
export type StoredJobRequest = z.infer<typeof StoredJobRequest>;

/** Body of `POST /api/v1/jobs/batch`: jobs over bytes that Attune has already. */
export const BatchRequest = z.strictObject({ jobs: z.array(StoredJobRequest).min(1).max(BATCH_LIMIT) });
export type BatchRequest = z.infer<typeof BatchRequest>;

/** The jobs that were made, in the order in which they were asked for. */
export const BatchBody = z.object({ job_ids: z.array(z.string()) });
export type BatchBody = z.infer<typeof BatchBody>;
