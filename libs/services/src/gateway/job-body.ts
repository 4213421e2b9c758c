import { ENGINE_VERSION, ERROR_KINDS, type OutputFormat, prefixed } from '@attune/core';
import { type JobBody, jobPaths, type JobStatusBody } from '@attune/api';
import { createJob, jobProgress, PARALLEL_STAGES, stagesOf } from '@attune/pipeline';
import { type JobDetail, type JobRow, type Paces, type StageRow, UNMEASURED } from '@attune/platform';
import { measuredEnd } from './estimate.js';

export const iso = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());

/** A job as its clients read it (api.md, section 3). */
export function jobBody(detail: JobDetail, paces: Paces = UNMEASURED): JobBody {
  const { job, stages, ledger, load, now } = detail;
  const id = prefixed('job', job.id);
  const { self, events, result, quality, quarantine, mapping, logs, timeline, artifacts } = jobPaths(id);
  const current = stages.findLast((stage) => stage.stage === job.stage);
  return {
    job_id: id,
    operation: job.operation,
    priority_class: job.priority_class,
    generation: job.generation,
    version: job.version,
    status: job.status,
    cancel_requested: job.cancel_requested && job.completed_at === null,
    stage: job.stage,
    attempt: current?.attempt ?? 0,
    stages: latestShards(stages).map((stage) => ({
      name: stage.stage,
      status: stage.status,
      shards: shardsOf(stages, stage.stage),
      attempt: stage.attempt,
      started_at: iso(stage.started_at),
      ended_at: iso(stage.ended_at),
      error: stage.error,
    })),
    waiting_for: waitingFor(detail),
    progress: progressOf(detail),
    estimated_completion: iso(estimate(detail, paces)),
    created_at: iso(job.created_at)!,
    started_at: iso(job.started_at),
    completed_at: iso(job.completed_at),
    deadline_at: iso(job.deadline_at),
    metrics: {
      ...countsOf(detail),
      bytes_in: job.bytes_in,
      bytes_out: detail.bytesOut,
      records_quarantined: ledger.reduce((sum, row) => sum + row.records_quarantined, 0),
    },
    row_ledger: [...ledger],
    ...(load === null ? {} : { load: { ...load, loaded_at: iso(load.loaded_at)! } }),
    input: {
      dataset_id: prefixed('ds', job.dataset_id),
      sha256: job.input_sha256,
      bytes: job.bytes_in,
      ...(job.input_name === null ? {} : { name: job.input_name }),
    },
    options: { ...job.options, output_formats: [...job.options.output_formats] },
    engine_version: ENGINE_VERSION,
    error: job.error && {
      code: job.error.code,
      class: job.error.class,
      stage: job.error.stage,
      shard: stages.find((stage) => stage.status === 'failed')?.shard ?? 0,
      retryable: retryable(job.error.code),
      detail: job.error.detail,
    },
    ...(job.held_at === null ? {} : { legal_hold: true }),
    ...(job.webhook_id === null ? {} : { webhook_id: prefixed('wh', job.webhook_id) }),
    ...(job.cloned_from ? { cloned_from: prefixed('job', job.cloned_from) } : {}),
    links: { self, events, result, quality, quarantine, mapping, logs, timeline, artifacts },
  };

  function waitingFor({ stages: all }: JobDetail): JobBody['waiting_for'] {
    if (job.status === 'awaiting_review') return { reason: 'review' };
    const ready = all.find((stage) => stage.status === 'ready');
    if (!ready || job.completed_at !== null) return null;
    return ready.next_run_at > now
      ? { reason: 'retry', retry_at: iso(ready.next_run_at)! }
      : { reason: 'backlog', backlog_position: detail.backlogPosition };
  }
}

/**
 * One row per stage: what it is doing now is what its latest shard does, which a resubmission has added. Of shards that are worked on at the
 * same time it is one that is not done, and the stage began with the first of them.
 */
export function latestShards(stages: readonly StageRow[]): readonly StageRow[] {
  const latest = stages.filter((stage, i) => stages[i + 1]?.stage !== stage.stage);
  return latest.map((stage) => (PARALLEL_STAGES.has(stage.stage) ? ofAll(stages.filter((one) => one.stage === stage.stage)) : stage));
}

function ofAll(shards: readonly StageRow[]): StageRow {
  const standing = shards.find(({ status }) => status === 'running') ?? shards.find(({ status }) => status !== 'done') ?? shards.at(-1)!;
  const times = (member: 'started_at' | 'ended_at'): number[] => shards.flatMap((shard) => shard[member] ?? []);
  const began = times('started_at');
  return {
    ...standing,
    attempt: Math.max(...shards.map(({ attempt }) => attempt)),
    started_at: began.length === 0 ? null : Math.min(...began),
    ended_at: standing.status === 'done' ? Math.max(...times('ended_at')) : standing.ended_at,
  };
}

/** 0..1; undefined where the job has no such stage. */
export function stageProgress(stages: readonly StageRow[], name: string): number | undefined {
  const shards = stages.filter(({ stage }) => stage === name);
  const last = shards.at(-1);
  if (last === undefined || !PARALLEL_STAGES.has(last.stage)) return last?.progress;
  return shards.reduce((sum, { progress }) => sum + progress, 0) / shards.length;
}

function shardsOf(stages: readonly StageRow[], name: string): { total: number; done: number } {
  const shards = stages.filter(({ stage }) => stage === name);
  return { total: shards.length, done: shards.filter(({ status }) => status === 'done').length };
}

/** The body right after the submit: the same bytes for the first answer and for every replay of it. */
export function createdBody(row: JobRow): JobBody {
  const { created_at: createdAt } = row;
  const { state } = createJob(row.operation, null, createdAt);
  const stages = stagesOf(row.operation).map(({ name, service }, position) => ({
    stage: name,
    service,
    status: state.stages[position]!.status,
    shard: 0,
    ...{ epoch: 0, attempt: 0, crash_count: 0, lost_count: 0, progress: 0 },
    ...{ lease_owner: null, lease_until: null, error: null, ready_at: null, started_at: null, ended_at: null },
    next_run_at: createdAt,
  }));
  const job = {
    ...row,
    status: state.status,
    stage: stages[0]!.stage,
    version: 1,
    generation: 1,
    kept_generation: null,
    cancel_requested: false,
    error: null,
    started_at: null,
    completed_at: null,
    held_at: null,
  };
  const nothing = { ledger: [], load: null, errorsFound: 0, bytesOut: 0, backlogPosition: 0 };
  return { ...jobBody({ job, stages, now: createdAt, ...nothing }), waiting_for: null };
}

/** The short body for those who poll. */
export function statusBody(detail: JobDetail, paces: Paces = UNMEASURED): JobStatusBody {
  const { job } = detail;
  return {
    job_id: prefixed('job', job.id),
    status: job.status,
    stage: job.stage,
    progress: progressOf(detail),
    created_at: iso(job.created_at)!,
    estimated_completion: iso(estimate(detail, paces)),
    metrics: countsOf(detail),
    version: job.version,
    cancel_requested: job.cancel_requested && job.completed_at === null,
  };
}

/** Formats that the job publishes, in the order they were asked for. */
export function outputFormats(detail: JobDetail): readonly OutputFormat[] {
  return detail.job.options.output_formats;
}

function countsOf({ ledger, errorsFound }: JobDetail): { records_processed: number; total_records: number | null; errors_found: number } {
  const pass = ledger.find(({ stage }) => stage === 'transform' || stage === 'validate');
  return { records_processed: pass?.records_in ?? 0, total_records: pass?.records_in ?? null, errors_found: errorsFound };
}

function progressOf({ job, stages }: JobDetail): number {
  if (job.status === 'completed') return 100;
  return Math.min(
    99,
    jobProgress(job.operation, (name) => stageProgress(stages, name)),
  );
}

/** By what was measured of late, else from the pace of the job so far; null until there is one, and once the job has ended. */
function estimate(detail: JobDetail, paces: Paces): number | null {
  const { job, now } = detail;
  if (job.completed_at !== null || job.status === 'awaiting_review') return null;
  const measured = measuredEnd(detail, paces);
  if (measured !== undefined) return Math.round(measured);
  const progress = progressOf(detail);
  if (job.started_at === null || progress === 0) return null;
  return Math.round(now + (Math.max(0, now - job.started_at) * (100 - progress)) / progress);
}

function retryable(code: keyof typeof ERROR_KINDS): boolean {
  return ERROR_KINDS[code].class === 'transient' || ERROR_KINDS[code].class === 'resource';
}
