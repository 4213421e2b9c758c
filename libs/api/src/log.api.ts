import { z } from 'zod';
import { Count, openEnum, Timestamp } from './open-enum.js';

export const LOG_LEVELS = ['debug', 'info', 'warning', 'error'] as const;

/** One line of `/logs` (NDJSON, in order of `seq`): an event of the job. Holds ids, counts and names, never a value of a record. */
export const LogLine = z.object({
  /** Place in the history of the job. */
  seq: Count,
  at: Timestamp,
  level: openEnum(LOG_LEVELS),
  /** As in `stage.done`. */
  type: z.string(),
  message: z.string(),
  stage: z.string().optional(),
  attempt: Count.optional(),
  data: z.record(z.string(), z.unknown()),
});
export type LogLine = z.infer<typeof LogLine>;

export const LOG_MEDIA_TYPE = 'application/x-ndjson';

/** Query of `/logs`. Without `limit` the whole history comes, however long; with it a page, and `Link: rel="next"` to the next one. */
export const LogQuery = z.strictObject({
  /** The least level of the lines. */
  level: z.enum(LOG_LEVELS).optional(),
  limit: z.coerce.number().int().min(1).max(1000).optional(),
  cursor: z.string().min(1).max(2048).optional(),
  /** `true`: a stream of events (SSE) that goes on until the job has ended. */
  follow: z.enum(['true', 'false']).optional(),
});
export type LogQuery = z.infer<typeof LogQuery>;
