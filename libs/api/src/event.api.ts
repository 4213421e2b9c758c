import { JOB_STATUSES } from '@attune/core';
import { z } from 'zod';
import { openEnum } from './open-enum.js';

export const EVENT_MEDIA_TYPE = 'text/event-stream';

/**
 * Data of `job.progress`, which has no id: it is not part of the history, and a stream that resumes loses none of it.
 * Data of every other event is a line of the log (`LogLine`), and its id the line's `seq`.
 */
export const ProgressEvent = z.object({
  status: openEnum(JOB_STATUSES),
  stage: z.string().nullable(),
  /** 0..100; never decreases within a generation. */
  progress: z.number().min(0).max(100),
  version: z.int(),
});
export type ProgressEvent = z.infer<typeof ProgressEvent>;

/** Query of `/events`: `after` stands in for the header Last-Event-ID where a client cannot set it. */
export const EventsQuery = z.strictObject({ after: z.coerce.number().int().min(0).max(2_147_483_647).optional() });
