import type { ErrorClass, ErrorCode, JobStatus, Severity, StageName, StageStatus, WorkerService } from '@attune/core';

/**
 * One shard of a stage. A stage has shard 0; each resubmission of quarantined records adds one to the stage that reads records, and `decode`
 * has as many as the plan has cut the input into. Times are milliseconds of the database clock.
 */
export interface StageState {
  readonly name: StageName;
  readonly shard: number;
  readonly service: WorkerService;
  readonly status: StageStatus;
  /** Fencing token: rises with every claim; only its holder can commit. */
  readonly epoch: number;
  /** Attempts charged; a hand-back takes its charge away. */
  readonly attempt: number;
  /** Times the engine died or failed without an explanation. */
  readonly crashCount: number;
  /** Times a lease ran out: the worker died, stalled, or lost the database. */
  readonly lostCount: number;
  readonly leaseOwner: string | null;
  readonly leaseUntil: number | null;
  readonly nextRunAt: number;
  readonly error: StageError | null;
}

export interface StageError {
  readonly class: ErrorClass;
  readonly code: ErrorCode;
  readonly detail: string;
}

export interface JobState {
  readonly status: JobStatus;
  readonly generation: number;
  /** The latest generation whose result is whole: it was completed, or ended by `quarantine.limit` with all that it found. */
  readonly keptGeneration: number | null;
  readonly cancelRequested: boolean;
  readonly deadlineAt: number | null;
  readonly error: (StageError & { readonly stage: StageName }) | null;
  readonly stages: readonly StageState[];
}

interface OfShard {
  readonly stage: StageName;
  /** 0 where nothing is said. */
  readonly shard?: number;
}

/** What can happen to a job. */
export type JobEvent =
  | (OfShard & { readonly type: 'claim'; readonly worker: string })
  | (OfShard & {
      readonly type: 'commit';
      readonly epoch: number;
      readonly failure?: { readonly code: ErrorCode; readonly detail: string };
      /** A person has to look at what the stage left before the next one may start. */
      readonly review?: boolean;
      /** The plan has cut the input into so many pieces: each is decoded on its own before the transform. */
      readonly shards?: number;
      /** What it would have made was there: another job of the tenant has made it of the same bytes. */
      readonly reusedFrom?: string;
    })
  /** `jitter` is a random number in [0, 1): full jitter on the backoff. `notBeforeMs`: how long the budget of retries holds this one back. */
  | (OfShard & {
      readonly type: 'fail';
      readonly epoch: number;
      readonly error: StageError;
      readonly jitter: number;
      readonly notBeforeMs?: number;
    })
  /** A dependency as a whole is out of reach: the attempt is not charged, and the stage waits for better times. */
  | (OfShard & { readonly type: 'park'; readonly epoch: number; readonly error: StageError; readonly jitter: number })
  | (OfShard & { readonly type: 'release'; readonly epoch: number })
  | (OfShard & { readonly type: 'stop'; readonly epoch: number })
  /** What was asked in the review is answered: the stage that asked starts again with the answer. */
  | { readonly type: 'answer' }
  /** So many quarantined records came back mended: the next generation works on them and adds them to the result that is kept. */
  | { readonly type: 'resubmit'; readonly records: number }
  /** What failed or expired shall go on: from this stage, or from the one that stopped it; not before `delayMs` are over. */
  | { readonly type: 'redrive'; readonly fromStage?: StageName; readonly delayMs?: number }
  | { readonly type: 'cancel' }
  | { readonly type: 'tick' };

/** A line of the job's history; `data` holds ids, counts and codes only. */
export interface HistoryLine {
  readonly type: string;
  readonly level: Exclude<Severity, 'fatal'>;
  readonly message: string;
  readonly data: Readonly<Record<string, string | number | null>>;
}

/** What the shell must do in the same transaction (ring: after it). */
export type Effect =
  | { readonly type: 'history'; readonly line: HistoryLine }
  | { readonly type: 'ready'; readonly stage: StageName; readonly shard: number; readonly service: WorkerService }
  | {
      readonly type: 'attempt_started';
      readonly stage: StageName;
      readonly shard: number;
      readonly epoch: number;
      readonly worker: string;
    }
  | {
      readonly type: 'attempt_ended';
      readonly stage: StageName;
      readonly shard: number;
      readonly epoch: number;
      readonly outcome: AttemptOutcome;
    }
  | { readonly type: 'terminal'; readonly status: JobStatus };

/** What an event has made of a job, and what follows from it. */
export interface Decision {
  readonly state: JobState;
  readonly effects: readonly Effect[];
}

export type AttemptOutcome = 'done' | 'failed' | 'parked' | 'released' | 'cancelled' | 'lost' | 'expired';

export const TERMINAL: ReadonlySet<JobStatus> = new Set(['completed', 'failed', 'cancelled', 'expired']);

export const LEASE_MS = 8_000;
export const MAX_TRANSIENT_TRIES = 8;
export const MAX_RESOURCE_TRIES = 3;
/** Strikes of the engine on one stage before the input is taken for poison. */
export const MAX_CRASHES = 2;
/** One strike more for stages that read every record: at their last try they set aside the records that crash the engine. */
export const MAX_CRASHES_OF_PASS = MAX_CRASHES + 1;
/** Leases one stage may lose before its job is given up: whole machines die more often than inputs kill them. */
export const MAX_LOST_LEASES = 20;
const BACKOFF_MIN_MS = 1_000;
const BACKOFF_MAX_MS = 300_000;

const PARK_MIN_MS = 5_000;
const PARK_MAX_MS = 15_000;

/** How long a stage stays parked: spread, so that not all come back at once; never long, because the next claim waits for the store anyway. */
export function parkMs(jitter: number): number {
  return Math.floor(PARK_MIN_MS + jitter * (PARK_MAX_MS - PARK_MIN_MS));
}

/** Full jitter between 0 and the doubled bound of the attempt, 1 s to 5 min. */
export function backoffMs(attempt: number, jitter: number): number {
  return Math.floor(jitter * Math.min(BACKOFF_MAX_MS, BACKOFF_MIN_MS * 2 ** Math.max(0, attempt - 1)));
}

/** The stages whose first shard is the pass over all records. */
const PASS_STAGES: ReadonlySet<StageName> = new Set(['transform', 'validate']);

/** Whether the next try of the stage is to set aside the records that crash the engine. */
export function isToIsolate({ name, shard, crashCount, error }: StageState): boolean {
  return crashCount >= MAX_CRASHES && shard === 0 && PASS_STAGES.has(name) && error?.class === 'crash' && error.code === 'engine.failed';
}

/** The stages that read every record; a resubmission adds a shard to them. Those after them start from all shards again. */
export const RECORD_STAGES: ReadonlySet<StageName> = new Set(['transform']);

/**
 * The stages whose shards are worked on at the same time. What such a shard leaves only saves work to the stage after it: one that cannot be
 * done leaves nothing, and is no reason for the job to end.
 */
export const PARALLEL_STAGES: ReadonlySet<StageName> = new Set(['decode']);
