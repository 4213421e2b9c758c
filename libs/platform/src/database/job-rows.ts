import type {
  ErrorClass,
  ErrorCode,
  JobOptions,
  JobStatus,
  Operation,
  PriorityClass,
  StageName,
  StageStatus,
  WorkerService,
} from '@attune/core';
import type { JobState, StageState } from '@attune/pipeline';

/** A job as its table holds it; times are milliseconds of the database clock. */
export interface JobRow {
  tenant_id: string;
  id: string;
  operation: Operation;
  options: JobOptions;
  priority_class: PriorityClass;
  status: JobStatus;
  stage: StageName | null;
  generation: number;
  /** The latest generation whose result is whole; what clients read is of it. */
  kept_generation: number | null;
  version: number;
  dataset_id: string;
  input_sha256: string;
  input_name: string | null;
  bytes_in: number;
  cancel_requested: boolean;
  cancel_requested_at: number | null;
  deadline_at: number | null;
  traceparent: string | null;
  error: JobState['error'];
  created_at: number;
  started_at: number | null;
  completed_at: number | null;
  cloned_from: string | null;
  request_id: string | null;
  deleted_at: number | null;
  /** Since when nothing of the job may be removed; null where it may. */
  held_at: number | null;
  /** The webhook that is told of this job alone. */
  webhook_id: string | null;
}

export interface StageRow {
  stage: StageName;
  shard: number;
  service: WorkerService;
  status: StageStatus;
  epoch: number;
  attempt: number;
  crash_count: number;
  lost_count: number;
  lease_owner: string | null;
  lease_until: number | null;
  next_run_at: number;
  progress: number;
  error: { class: ErrorClass; code: ErrorCode; detail: string } | null;
  ready_at: number | null;
  started_at: number | null;
  ended_at: number | null;
}

const ms = (column: string): string => `(extract(epoch from ${column}) * 1000)::float8 AS ${column.split('.').pop()}`;

export const JOB_COLUMNS = `tenant_id, id, operation, options, priority_class, status, stage, generation, kept_generation, version, dataset_id, input_sha256, input_name,
  bytes_in::float8 AS bytes_in, cancel_requested, ${ms('cancel_requested_at')}, ${ms('deadline_at')}, traceparent, error, ${ms('created_at')}, ${ms('started_at')}, ${ms('completed_at')},
  cloned_from, request_id, ${ms('deleted_at')}, ${ms('held_at')}, webhook_id`;

export const STAGE_COLUMNS = `stage, shard, service, status, epoch::float8 AS epoch, attempt, crash_count, lost_count, lease_owner,
  ${ms('lease_until')}, ${ms('next_run_at')}, progress, error, ${ms('ready_at')}, ${ms('started_at')}, ${ms('ended_at')}`;

/** The shards of a job in the order in which they are done; `decode` has the position of `transform`, and comes before it. */
export const STAGE_ORDER = 'position, stage, shard';

export function stateOf(job: JobRow, stages: readonly StageRow[]): JobState {
  return {
    status: job.status,
    generation: job.generation,
    keptGeneration: job.kept_generation,
    cancelRequested: job.cancel_requested,
    deadlineAt: job.deadline_at,
    error: job.error,
    stages: stages.map(stageState),
  };
}

function stageState(row: StageRow): StageState {
  return {
    name: row.stage,
    shard: row.shard,
    service: row.service,
    status: row.status,
    epoch: row.epoch,
    attempt: row.attempt,
    crashCount: row.crash_count,
    lostCount: row.lost_count,
    leaseOwner: row.lease_owner,
    leaseUntil: row.lease_until,
    nextRunAt: row.next_run_at,
    error: row.error,
  };
}
