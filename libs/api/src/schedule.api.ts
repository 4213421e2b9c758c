import { JOB_STATUSES, OPERATIONS, PRIORITY_CLASSES } from '@attune/core';
import { z } from 'zod';
import { Count, openEnum, Sha256, Timestamp } from './open-enum.js';
import { JobOptionsRequest } from './options.api.js';
import { OperationRequest, PriorityRequest } from './job.api.js';
import { pageOf, PageQuery } from './page.api.js';
import { WebhookUrl } from './webhook.api.js';

/** What becomes of due times that nobody was there for: no job, one for the newest of them, or one for each of the newest hundred. */
export const CATCH_UPS = ['none', 'last', 'all'] as const;
export type CatchUp = (typeof CATCH_UPS)[number];

/** What became of a due time: a job, no job for the reason in `problem_code`, or no job because it was missed. */
export const FIRE_OUTCOMES = ['fired', 'failed', 'skipped'] as const;
export type FireOutcome = (typeof FIRE_OUTCOMES)[number];

/** Why a schedule acted: the time had come, or somebody asked. */
export const FIRE_CAUSES = ['due', 'trigger'] as const;
export type FireCause = (typeof FIRE_CAUSES)[number];

/** Bytes that stay: an upload is forgotten after a day, so a schedule names none. */
const ScheduledInput = z
  .strictObject({ dataset_id: z.string().min(1).max(64).optional(), sha256: Sha256.optional() })
  .refine((input) => Object.values(input).filter((name) => name !== undefined).length === 1, 'Name the input in one way.')
  .meta({ minProperties: 1, maxProperties: 1 });

/** The job that each due time makes: a submit as JSON, without a deadline, which would pass. */
export const ScheduledJob = z.strictObject({
  operation: OperationRequest.default('harmonize'),
  input: ScheduledInput,
  options: JobOptionsRequest.prefault({}),
  priority_class: PriorityRequest.default('interactive'),
  /** Each of its jobs tells there what becomes of itself. */
  webhook_url: WebhookUrl.optional(),
});
export type ScheduledJob = z.output<typeof ScheduledJob>;

const Name = z
  .string()
  .trim()
  .min(1)
  .max(200)
  .regex(/^[^\u0000-\u001f\u007f]*$/, 'A name has no control characters.');
/** Five fields: minute, hour, day of the month, month, day of the week. Whether they are right, the server says. */
const CronText = z.string().trim().min(1).max(200);
/** A name of the IANA time zone database. */
const TimeZone = z.string().min(1).max(64);

/** Body of `POST /api/v1/schedules`. */
export const ScheduleRequest = z.strictObject({
  name: Name,
  cron: CronText,
  time_zone: TimeZone.default('UTC'),
  job: ScheduledJob,
  catch_up: z.enum(CATCH_UPS).default('last'),
  paused: z.boolean().default(false),
});
export type ScheduleRequest = z.input<typeof ScheduleRequest>;

/** Body of `PATCH /api/v1/schedules/{id}`: what is left out stays. */
export const ScheduleChangeRequest = z
  .strictObject({ name: Name, cron: CronText, time_zone: TimeZone, job: ScheduledJob, catch_up: z.enum(CATCH_UPS) })
  .partial()
  .refine((change) => Object.keys(change).length > 0, 'Something is to be changed.');
export type ScheduleChangeRequest = z.input<typeof ScheduleChangeRequest>;

/** When jobs are made by themselves; its version is the ETag. */
export const ScheduleBody = z.object({
  schedule_id: z.string(),
  version: z.int().min(1),
  name: z.string(),
  cron: z.string(),
  time_zone: z.string(),
  job: z.object({
    operation: openEnum(OPERATIONS),
    input: z.record(z.string(), z.string()),
    options: z.record(z.string(), z.unknown()),
    priority_class: openEnum(PRIORITY_CLASSES),
    webhook_url: z.string().optional(),
  }),
  catch_up: openEnum(CATCH_UPS),
  paused: z.boolean(),
  /** Null while it is paused. */
  next_due_at: Timestamp.nullable(),
  /** Due times up to here were decided; null before the first. */
  fired_through: Timestamp.nullable(),
  created_at: Timestamp,
  updated_at: Timestamp,
});
export type ScheduleBody = z.infer<typeof ScheduleBody>;

/** Newest first. */
export const ScheduleList = pageOf(ScheduleBody);
export type ScheduleList = z.infer<typeof ScheduleList>;

export const ScheduleListQuery = PageQuery;

/** What became of one due time, or of one request to fire now. */
export const FireBody = z.object({
  due_at: Timestamp,
  /** Only where `skipped` stands for all due times from `due_at` to this one. */
  skipped_through: Timestamp.nullable(),
  cause: openEnum(FIRE_CAUSES),
  outcome: openEnum(FIRE_OUTCOMES),
  job_id: z.string().nullable(),
  /** Of the job, now. */
  job_status: openEnum(JOB_STATUSES).nullable(),
  /** Why no job could be made; a code of `/problems/`. */
  problem_code: z.string().nullable(),
  decided_at: Timestamp,
  /** Whole seconds from the due time to the decision. */
  lag_seconds: Count,
});
export type FireBody = z.infer<typeof FireBody>;

/** Newest first. */
export const FireList = pageOf(FireBody);
export type FireList = z.infer<typeof FireList>;

export const FireListQuery = PageQuery.extend({ outcome: z.enum(FIRE_OUTCOMES).optional() });
export type FireListQuery = z.infer<typeof FireListQuery>;

/** Routes of one schedule; the same for server and client. `id` is a prefixed or bare id. */
export function schedulePaths(id: string): Record<'self' | 'pause' | 'resume' | 'trigger' | 'history', string> {
  const self = `/api/v1/schedules/${encodeURIComponent(id)}`;
  return { self, pause: `${self}/pause`, resume: `${self}/resume`, trigger: `${self}/trigger`, history: `${self}/history` };
}
