import { z } from 'zod';
import { ERROR_CLASSES, OperationRequest, STAGES } from './job.api.js';
import { Count, Timestamp } from './open-enum.js';

/** Most jobs that one request has go on. */
export const REDRIVE_LIMIT = 500;

/** Body of `/redrive`: from which stage on the job is done again; absent: from the one that stopped it. */
export const RedriveRequest = z.strictObject({ from_stage: z.enum(STAGES).optional() });
export type RedriveRequest = z.infer<typeof RedriveRequest>;

/** Body of `POST /api/v1/jobs/redrive`: which of the jobs that failed or expired go on; all members must be true of a job. */
export const BulkRedriveRequest = z.strictObject({
  status: z.enum(['failed', 'expired']).optional(),
  operation: OperationRequest.optional(),
  error_class: z.enum(ERROR_CLASSES).optional(),
  error_code: z
    .string()
    .regex(/^[a-z0-9_.]{1,64}$/)
    .optional(),
  created_after: Timestamp.optional(),
  created_before: Timestamp.optional(),
  from_stage: z.enum(STAGES).optional(),
  /** At most so many, the oldest first. */
  limit: z.int().min(1).max(REDRIVE_LIMIT).default(100),
  /** So many of them begin per minute; absent: all at once. */
  per_minute: z.int().min(1).max(60_000).optional(),
  /** Only says what would be done. */
  dry_run: z.boolean().default(false),
});
export type BulkRedriveRequest = z.infer<typeof BulkRedriveRequest>;

export const BulkRedriveBody = z.object({
  dry_run: z.boolean(),
  /** Jobs that the filter names and that can go on, before any of them did. */
  matched: Count,
  /** Those that go on; in a dry run, that would. */
  job_ids: z.array(z.string()),
  /** Those that do not, as of a stage that they never came to. */
  refused: z.array(z.object({ job_id: z.string(), code: z.string(), detail: z.string() })),
});
export type BulkRedriveBody = z.infer<typeof BulkRedriveBody>;
