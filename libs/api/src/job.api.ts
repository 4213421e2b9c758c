import {
  GivenMapping,
  JOB_STATUSES,
  OPERATIONS,
  PRIORITY_CLASSES,
  STAGE_STATUSES,
  type ErrorClass,
  type ErrorCode,
  type StageName,
} from '@attune/core';
import { z } from 'zod';
import { Count, openEnum, Sha256, Timestamp } from './open-enum.js';
import { JobOptionsBody, JobOptionsRequest } from './options.api.js';
import { pageOf, PageQuery } from './page.api.js';
import { WebhookUrl } from './webhook.api.js';

/** Part `operation` of a submit. Closed: an operation we do not have is refused. */
export const OperationRequest = z.enum(OPERATIONS);

/** Part `priority_class` of a submit. Closed, like the operations. */
export const PriorityRequest = z.enum(PRIORITY_CLASSES);

/** Part `deadline_at` of a submit: a job that has not ended by then is `expired`. */
export const DeadlineRequest = Timestamp;

const STORED = {
  /** What `input.dataset_id` of a job says. */
  dataset_id: z.string().min(1).max(64).optional(),
  /** Of the bytes, in lower case. */
  sha256: Sha256.optional(),
  /** An upload that is whole. */
  upload_id: z.string().min(1).max(64).optional(),
} as const;

const isNamedOnce = (input: Readonly<Record<string, string | undefined>>): boolean =>
  Object.values(input).filter((name) => name !== undefined).length === 1;

/** Bytes that Attune has already, of the same tenant: named in one of these ways. */
export const StoredInput = z
  .strictObject(STORED)
  .refine(isNamedOnce, 'Name the input in one way.')
  .meta({ minProperties: 1, maxProperties: 1 });
export type StoredInput = z.infer<typeof StoredInput>;

/** Stored bytes, or where they are to be fetched from before the submit is answered. */
export const InputReference = z
  .strictObject({
    ...STORED,
    /** https; what follows the host may be a secret, so it is kept nowhere. */
    source_url: z
      .url({ protocol: /^https$/ })
      .max(4_000)
      .optional(),
  })
  .refine(isNamedOnce, 'Name the input in one way.')
  .meta({ minProperties: 1, maxProperties: 1 });
export type InputReference = z.infer<typeof InputReference>;

/** A submit as JSON: the same as the form, with bytes that Attune has already. */
export const JobRequest = z.strictObject({
  operation: OperationRequest.default('harmonize'),
  input: InputReference,
  options: JobOptionsRequest.prefault({}),
  priority_class: PriorityRequest.default('interactive'),
  deadline_at: DeadlineRequest.optional(),
  /** This job alone is told of there. */
  webhook_url: WebhookUrl.optional(),
});
export type JobRequest = z.infer<typeof JobRequest>;

export const STAGES = ['inspect', 'plan', 'decode', 'transform', 'validate', 'check', 'publish'] as const satisfies readonly StageName[];
const Stage = openEnum(STAGES);
export const ERROR_CLASSES = [
  'caller',
  'transient',
  'resource',
  'data',
  'crash',
  'cancelled',
  'deadline',
] as const satisfies readonly ErrorClass[];

/** Why a job ended as failed. A failed job answers 200: it is no problem of HTTP. */
export const JobError = z.object({
  code: openEnum<ErrorCode>(['quarantine.limit', 'unprocessable_file', 'mapping_invalid', 'attempts_exhausted']),
  class: openEnum(ERROR_CLASSES),
  stage: Stage.nullable(),
  shard: Count.nullable(),
  retryable: z.boolean(),
  detail: z.string(),
});
export type JobError = z.infer<typeof JobError>;

/** The last error of a stage; null `detail` where only the code was kept. */
export const StageError = z.object({ code: z.string(), class: openEnum(ERROR_CLASSES), detail: z.string().nullable() });

export const StageBody = z.object({
  name: Stage,
  status: openEnum(STAGE_STATUSES),
  shards: z.object({ total: Count, done: Count }),
  /** The highest attempt of its shards; 0 before the first. */
  attempt: Count,
  started_at: Timestamp.nullable(),
  ended_at: Timestamp.nullable(),
  error: StageError.nullable(),
});
export type StageBody = z.infer<typeof StageBody>;

/** Why the job waits. Only the member that belongs to the reason is present. */
export const WaitingFor = z.object({
  reason: openEnum(['quota', 'backlog', 'dependency', 'review', 'retry']),
  /** Stages that go before; 1,000 means that many or more. */
  backlog_position: Count.optional(),
  dependency: z.string().optional(),
  retry_at: Timestamp.optional(),
});

/** Counts of source records; `total_records` is null until the whole file was read. */
export const StatusMetrics = z.object({ records_processed: Count, total_records: Count.nullable(), errors_found: Count });

export const JobMetrics = StatusMetrics.extend({ records_quarantined: Count, bytes_in: Count, bytes_out: Count });

/** in = out + quarantined + merged + dropped. */
export const RowLedgerBody = z.object({
  stage: Stage,
  /** What was counted, as in `record`. */
  unit: z.string(),
  records_in: Count,
  records_out: Count,
  records_quarantined: Count,
  records_merged: Count,
  records_dropped: Count,
  drop_reasons: z.record(z.string(), Count),
});
export type RowLedgerBody = z.infer<typeof RowLedgerBody>;

/** What a job with `load_warehouse` has done to the warehouse; of the generation whose result is shown. */
export const LoadBody = z.object({
  /** With its schema: `warehouse.person`. */
  table: z.string(),
  /** Rows of the result. */
  rows: Count,
  /** Rows that were not there, or otherwise. */
  rows_added: Count,
  /** Versions of rows that ended: replaced by another, or no longer in the result. */
  rows_closed: Count,
  /** True: a later job over the same dataset had been loaded before, and nothing was changed. */
  superseded: z.boolean(),
  loaded_at: Timestamp,
});

/** Paths, relative to the server. */
export const JobLinks = z.object({
  self: z.string(),
  events: z.string().optional(),
  result: z.string(),
  quality: z.string(),
  quarantine: z.string(),
  mapping: z.string(),
  logs: z.string(),
  timeline: z.string().optional(),
  artifacts: z.string().optional(),
});

/** A job as `GET /api/v1/jobs/{id}` answers it (api.md, section 3). Null means not known, or not yet. */
export const JobBody = z.object({
  job_id: z.string(),
  operation: openEnum(OPERATIONS),
  priority_class: openEnum(PRIORITY_CLASSES),
  /** Rises with every resubmission of quarantined records. */
  generation: Count,
  /** Rises with every change; the ETag. */
  version: Count,
  status: openEnum(JOB_STATUSES),
  /** True from a cancel until a terminal status. */
  cancel_requested: z.boolean(),
  stage: Stage.nullable(),
  attempt: Count,
  stages: z.array(StageBody),
  waiting_for: WaitingFor.nullable(),
  /** 0..100; never decreases within a generation. */
  progress: z.number().min(0).max(100),
  /** By the measured throughput of its stages and what is ahead of it; null until something was measured, and once it has ended. */
  estimated_completion: Timestamp.nullable(),
  created_at: Timestamp,
  started_at: Timestamp.nullable(),
  completed_at: Timestamp.nullable(),
  deadline_at: Timestamp.nullable(),
  metrics: JobMetrics,
  row_ledger: z.array(RowLedgerBody),
  /** Present once the job has loaded its result into the warehouse. */
  load: LoadBody.optional(),
  input: z.object({ dataset_id: z.string(), sha256: Sha256, bytes: Count, name: z.string().optional() }),
  options: JobOptionsBody,
  engine_version: z.string(),
  error: JobError.nullable(),
  /** The webhook that is told of this job alone: its log and its redeliveries. Present where the submission named a `webhook_url`. */
  webhook_id: z.string().optional(),
  /** The job that this one is a clone of. */
  cloned_from: z.string().optional(),
  /** Present while a legal hold lies on the job: nothing of it is removed. */
  legal_hold: z.boolean().optional(),
  links: JobLinks,
});
export type JobBody = z.infer<typeof JobBody>;

/** The short body of `/status`, for those who poll. */
export const JobStatusBody = z.object({
  job_id: z.string(),
  status: openEnum(JOB_STATUSES),
  stage: Stage.nullable(),
  progress: z.number().min(0).max(100),
  created_at: Timestamp,
  estimated_completion: Timestamp.nullable(),
  metrics: StatusMetrics,
  version: Count,
  cancel_requested: z.boolean(),
});
export type JobStatusBody = z.infer<typeof JobStatusBody>;

/** Newest first. */
export const JobList = pageOf(JobBody);
export type JobList = z.infer<typeof JobList>;

/** Query of `GET /api/v1/jobs`. Closed: an unknown parameter or status is refused. */
export const JobListQuery = PageQuery.extend({
  status: z.enum(JOB_STATUSES).optional(),
  operation: OperationRequest.optional(),
  created_after: Timestamp.optional(),
  created_before: Timestamp.optional(),
  /** Text in the name of the file, in any case of letters. */
  q: z.string().min(1).max(255).optional(),
});
export type JobListQuery = z.infer<typeof JobListQuery>;

/** Longest time that `/status?wait=` holds a request. */
export const LONGEST_WAIT_SECONDS = 60;

/** Query of `/status`: with `wait` the answer comes as soon as the version is above `since_version`, or after so many seconds. */
export const JobStatusQuery = z.strictObject({
  wait: z.coerce.number().min(0).max(LONGEST_WAIT_SECONDS).optional(),
  /** Absent: the version at the time of the request. */
  since_version: z.coerce.number().int().min(0).max(2_147_483_647).optional(),
});
export type JobStatusQuery = z.infer<typeof JobStatusQuery>;

/** Body of `/clone`: what the new job shall do otherwise; an option that is not named stays as it was. */
export const CloneRequest = z.strictObject({
  options: z.record(z.string(), z.unknown()).optional(),
  mapping: GivenMapping.optional(),
});
export type CloneRequest = z.infer<typeof CloneRequest>;

const TERMINAL: ReadonlySet<string> = new Set(['completed', 'failed', 'cancelled', 'expired']);

/** True when a job of this status will not change again by itself. */
export function isTerminal(status: string): boolean {
  return TERMINAL.has(status);
}

/** The routes of one job; the same for server, client and `links`. `id` is a prefixed or bare id. */
export function jobPaths(id: string) {
  const self = `/api/v1/jobs/${encodeURIComponent(id)}`;
  return {
    self,
    status: `${self}/status`,
    result: `${self}/result`,
    quality: `${self}/quality`,
    report: `${self}/report`,
    quarantine: `${self}/quarantine`,
    findings: `${self}/findings`,
    duplicates: `${self}/duplicates`,
    mapping: `${self}/mapping`,
    logs: `${self}/logs`,
    manifest: `${self}/artifacts/manifest`,
    events: `${self}/events`,
    timeline: `${self}/timeline`,
    attempts: `${self}/attempts`,
    artifacts: `${self}/artifacts`,
    quarantineDownload: `${self}/quarantine/download`,
    lineage: `${self}/lineage`,
    diff: `${self}/diff`,
  } as const;
}

/** What can be done to one job, with POST. */
export function jobActions(id: string) {
  const { self } = jobPaths(id);
  return { cancel: `${self}/cancel`, clone: `${self}/clone`, redrive: `${self}/redrive`, resubmit: `${self}/quarantine/resubmit` } as const;
}
