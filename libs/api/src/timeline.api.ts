import { STAGE_STATUSES } from '@attune/core';
import { z } from 'zod';
import { Count, openEnum, Timestamp } from './open-enum.js';

const OUTCOMES = ['done', 'failed', 'parked', 'released', 'cancelled', 'lost', 'expired'] as const;

/** One try at a stage. `ended_at` and `outcome` are null while it is at work. */
export const AttemptBody = z.object({
  stage: z.string(),
  shard: Count,
  /** Rises with every claim; only its latest holder can commit. */
  epoch: Count,
  worker: z.string(),
  started_at: Timestamp,
  ended_at: Timestamp.nullable(),
  outcome: openEnum(OUTCOMES).nullable(),
});
export type AttemptBody = z.infer<typeof AttemptBody>;

/** Every try at every stage, in the order in which they began. */
export const AttemptList = z.object({ data: z.array(AttemptBody) });
export type AttemptList = z.infer<typeof AttemptList>;

/** One row of the Gantt chart: when the stage could last have begun, and its tries. */
export const TimelineStage = z.object({
  name: z.string(),
  service: z.string(),
  status: openEnum(STAGE_STATUSES),
  /** Null until the stage before it is done. */
  ready_at: Timestamp.nullable(),
  started_at: Timestamp.nullable(),
  ended_at: Timestamp.nullable(),
  /** Seconds between ready and the latest start; null before. */
  waited_seconds: z.number().min(0).nullable(),
  attempts: z.array(AttemptBody),
});
export type TimelineStage = z.infer<typeof TimelineStage>;

/** Where the time of a job went. */
export const TimelineBody = z.object({
  job_id: z.string(),
  created_at: Timestamp,
  started_at: Timestamp.nullable(),
  completed_at: Timestamp.nullable(),
  stages: z.array(TimelineStage),
});
export type TimelineBody = z.infer<typeof TimelineBody>;
