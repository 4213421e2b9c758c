import {
  AppError,
  type GivenMapping,
  type JobOptions,
  ledgerGap,
  type Operation,
  type PriorityClass,
  type RowLedger,
  type StageName,
  type StageOutcome,
  type StageStatus,
  type WorkerService,
} from '@attune/core';
import { isToIsolate, type JobEvent, type StageError } from '@attune/pipeline';
import { v7 as uuidv7 } from 'uuid';
import { type Database, prepared } from './database.js';
import { FAIR_BOUND } from './fair-place.js';
import { takeRetry } from './retry-budget.js';
import { type Transition, transition } from './transition.js';

/** What a worker holds after it has claimed a stage. */
export interface Claim {
  readonly tenantId: string;
  readonly jobId: string;
  readonly stage: StageName;
  /** 0, or which of the resubmissions: each is a shard of the stage that reads records. */
  readonly shard: number;
  readonly epoch: number;
  readonly attempt: number;
  readonly generation: number;
  readonly operation: Operation;
  readonly priorityClass: PriorityClass;
  readonly options: JobOptions;
  readonly mapping: GivenMapping | null;
  /** Name of the file as the client gave it; it says something of what the records are. */
  readonly inputName: string | null;
  readonly dataset: {
    readonly id: string;
    readonly sha256: string;
    readonly bytes: number;
    readonly storageKey: string;
    readonly receivedAt: string;
  };
  readonly traceparent: string | null;
  /** Of the request that made the job. */
  readonly requestId: string | null;
  /** Milliseconds between ready and claimed. */
  readonly waitedMs: number;
  /** The claim took over from a worker that was lost. */
  readonly takenOver: boolean;
  /** The try before ran out of memory or space: this one is to make do with less. */
  readonly frugal: boolean;
  /** The tries before crashed the engine: this one is to set aside the records over which it does. */
  readonly careful: boolean;
}

/** How a stage stands, for whoever keeps something of its attempts. */
export interface StageStanding {
  readonly jobId: string;
  readonly stage: StageName;
  readonly shard: number;
  readonly epoch: number;
  readonly status: StageStatus;
  /** It may still be worked on. */
  readonly open: boolean;
}

export interface StoredArtifact {
  readonly kind: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly records: number | null;
  readonly storageKey: string;
}

/** What a load into the warehouse has done. */
export interface Loaded {
  readonly entity: string;
  readonly rows: number;
  readonly added: number;
  readonly closed: number;
  /** A later job over the same dataset was loaded before, and nothing was changed. */
  readonly superseded: boolean;
}

/** What a stage leaves, as its commit takes it. */
export interface Left extends Pick<
  StageOutcome,
  'ledger' | 'errorsFound' | 'sweep' | 'failure' | 'review' | 'shards' | 'contentKey' | 'reusedFrom'
> {
  readonly artifacts: readonly StoredArtifact[];
  /** Changes rows of the warehouse in the same transaction; so what is loaded is the result of a job that has it. */
  readonly load?: ((query: Database['query']) => Promise<Loaded>) | undefined;
}

/** What a commit has done; `swept` are the keys of files that are of no use any more. */
export interface Committed extends Transition {
  readonly swept: readonly string[];
  readonly loaded?: Loaded | undefined;
}

interface ClaimRow {
  tenant_id: string;
  generation: number;
  operation: Operation;
  priority_class: PriorityClass;
  options: JobOptions;
  mapping: GivenMapping | null;
  input_name: string | null;
  dataset_id: string;
  sha256: string;
  bytes: number;
  storage_key: string;
  received_at: Date;
  traceparent: string | null;
  request_id: string | null;
  waited_ms: number | null;
}

/**
 * The first in line that may be worked on, with its job. Open jobs are told by `completed_at`: by their status Postgres would find them in the
 * index of open jobs, and go through all of them for every stage while its statistics are from before they came.
 */
export const NEXT = prepared(
  `SELECT s.job_id, s.stage, s.shard FROM attune.job_stages s JOIN attune.jobs j ON j.id = s.job_id
   WHERE s.service = $1 AND s.status IN ('ready', 'running') AND (s.status = 'ready' OR ($2 AND s.lease_until < now())) AND s.next_run_at <= now()
     AND s.fair_at >= ${FAIR_BOUND} AND NOT j.cancel_requested AND j.completed_at IS NULL AND j.status <> 'awaiting_review'
   ORDER BY s.fair_at, s.job_id LIMIT 1 FOR UPDATE OF s, j SKIP LOCKED`,
);

/** The step protocol on the database: claim, heartbeat, commit (jobs.md, sections 4.4 to 4.7). Crosses tenants on purpose. */
export class StagesRepository {
  constructor(private readonly database: Database) {}

  /** The next ready stage of a service in fair order, or undefined. Both rows are locked without waiting, so claims never deadlock with commits. */
  async claim(service: WorkerService, worker: string): Promise<Claim | undefined> {
    // After the database comes back, workers that live get the time to renew their leases.
    const takeOver = performance.now() - this.database.reconnectedAt > 8_000;
    return this.database.transaction(async (query) => {
      const [next] = await query<{ job_id: string; stage: StageName; shard: number }>(NEXT, [service, takeOver]);
      if (!next) return undefined;
      const { after, before } = await transition(query, next.job_id, { type: 'claim', stage: next.stage, shard: next.shard, worker });
      const isClaimed = ({ name, shard }: { name: string; shard: number }): boolean => name === next.stage && shard === next.shard;
      const stage = after.stages.find(isClaimed)!;
      if (stage.status !== 'running') return undefined;
      const [row] = await query<ClaimRow>(
        prepared(`SELECT j.tenant_id, j.generation, j.operation, j.priority_class, j.options, j.mapping, j.input_name, j.dataset_id, d.sha256, d.bytes::float8 AS bytes, b.storage_key, d.received_at, j.traceparent, j.request_id,
           (extract(epoch from now() - s.ready_at) * 1000)::float8 AS waited_ms
         FROM attune.jobs j JOIN attune.datasets d ON d.id = j.dataset_id JOIN attune.blobs b ON b.tenant_id = d.tenant_id AND b.sha256 = d.sha256
           JOIN attune.job_stages s ON s.job_id = j.id AND s.stage = $2 AND s.shard = $3
         WHERE j.id = $1`),
        [next.job_id, next.stage, next.shard],
      );
      if (!row) throw new AppError('internal', 'a claimed job has no dataset');
      return {
        tenantId: row.tenant_id,
        jobId: next.job_id,
        stage: next.stage,
        shard: next.shard,
        epoch: stage.epoch,
        attempt: stage.attempt,
        generation: row.generation,
        operation: row.operation,
        priorityClass: row.priority_class,
        options: row.options,
        mapping: row.mapping,
        inputName: row.input_name,
        dataset: {
          id: row.dataset_id,
          sha256: row.sha256,
          bytes: row.bytes,
          storageKey: row.storage_key,
          receivedAt: row.received_at.toISOString(),
        },
        traceparent: row.traceparent,
        requestId: row.request_id,
        waitedMs: row.waited_ms ?? 0,
        takenOver: before.stages.find(isClaimed)!.status === 'running',
        frugal: stage.error?.class === 'resource',
        careful: isToIsolate(stage),
      };
    });
  }

  /**
   * Renews the lease and notes progress (0..1, never falling).
   * @throws AppError stage.fenced when the stage belongs to somebody else by now.
   */
  async heartbeat(claim: Claim, worker: string, progress: number): Promise<{ cancelRequested: boolean }> {
    const [row] = await this.database.query<{ cancel_requested: boolean }>(
      prepared(`UPDATE attune.job_stages s SET lease_until = now() + interval '8 seconds', heartbeat_at = now(), progress = greatest(s.progress, $6)
       FROM attune.jobs j WHERE j.id = s.job_id AND s.job_id = $1 AND s.stage = $2 AND s.shard = $7 AND s.epoch = $3 AND s.lease_owner = $4 AND s.status = $5
       RETURNING j.cancel_requested`),
      [claim.jobId, claim.stage, claim.epoch, worker, 'running', Math.min(0.999, progress), claim.shard],
    );
    if (!row) throw new AppError('stage.fenced', `epoch ${claim.epoch} of stage ${claim.stage} is over`);
    return { cancelRequested: row.cancel_requested };
  }

  /** Processes that work on the stages of a service; 1 where some of them are of another version. */
  async workers(service: WorkerService, version: string): Promise<number> {
    const [found] = await this.database.query<{ same: number; others: number }>(
      `SELECT (count(*) FILTER (WHERE version = $2))::int AS same, (count(*) FILTER (WHERE version <> $2))::int AS others
       FROM attune.workers WHERE service = $1 AND seen_at > now() - interval '30 seconds'`,
      [service, version],
    );
    return found!.others > 0 ? 1 : Math.max(1, found!.same);
  }

  /** How the stages of these jobs stand; nothing of jobs that are gone. */
  async standing(jobIds: readonly string[]): Promise<readonly StageStanding[]> {
    const rows = await this.database.query<Omit<StageStanding, 'jobId'> & { job_id: string }>(
      `SELECT s.job_id, s.stage, s.shard, s.epoch::float8 AS epoch, s.status,
         s.status IN ('waiting', 'ready', 'running') AND j.status IN ('pending', 'processing', 'awaiting_review') AS open
       FROM attune.job_stages s JOIN attune.jobs j ON j.id = s.job_id WHERE s.job_id = ANY($1)`,
      [jobIds],
    );
    return rows.map(({ job_id: jobId, ...standing }) => ({ jobId, ...standing }));
  }

  /**
   * The commit point: stage, artifacts, row ledger, loaded rows, next stage and history in one transaction, guarded by the epoch. A signal
   * that is aborted stops a load and commits nothing.
   * @throws AppError stage.cancelled when rows were to be loaded and the job was cancelled meanwhile: nothing is committed.
   */
  async commit(claim: Claim, left: Left, signal?: AbortSignal): Promise<Committed> {
    if (left.ledger && ledgerGap(left.ledger) !== 0)
      throw new AppError('engine.failed', `the row ledger of stage ${claim.stage} does not reconcile`);
    const work = async (query: Database['query']): Promise<Committed> => {
      // Before the job's row is locked: it may take long, and whoever asks for the job or cancels it does not wait.
      const loaded = await left.load?.(query);
      const done = await transition(query, claim.jobId, {
        type: 'commit',
        stage: claim.stage,
        shard: claim.shard,
        epoch: claim.epoch,
        ...(left.failure ? { failure: left.failure } : {}),
        // Who has given a mapping has been asked already.
        review: left.review === true && claim.mapping === null,
        ...(left.shards === undefined ? {} : { shards: left.shards }),
        ...(left.reusedFrom === undefined ? {} : { reusedFrom: left.reusedFrom }),
      });
      if (done.after.status === 'cancelled') {
        if (loaded) throw new AppError('stage.cancelled', 'the job was cancelled while its rows were loaded');
        return { ...done, swept: [] };
      }
      // The first epoch has nothing before it.
      const replaced = claim.epoch > 1 ? await forgetEarlier(query, claim) : [];
      await recordArtifacts(query, claim, left.artifacts, left.contentKey);
      if (left.ledger) await recordLedger(query, claim, left.ledger);
      if (left.errorsFound !== undefined)
        await query(`UPDATE attune.jobs SET errors_found = $2 WHERE id = $1`, [claim.jobId, left.errorsFound]);
      const swept = left.sweep === undefined ? [] : await sweep(query, claim, left.sweep);
      const superseded = claim.generation > 1 && done.after.keptGeneration === claim.generation ? await forgetSuperseded(query, claim) : [];
      return { ...done, loaded, swept: [...replaced, ...swept, ...superseded].map(({ storage_key: key }) => key) };
    };
    return this.database.transaction(work, left.load ? { signal } : {});
  }

  /** What waits for a dependency is tried again within the budget of all retries; others are few. */
  async fail(claim: Claim, error: StageError, jitter: number): Promise<Transition> {
    const { stage, shard, epoch } = claim;
    return this.database.transaction(async (query) => {
      const notBeforeMs = error.class === 'transient' ? await takeRetry(query, error.code, jitter) : 0;
      return transition(query, claim.jobId, { type: 'fail', stage, shard, epoch, error, jitter, notBeforeMs });
    });
  }

  /** What every job needs is out of reach: the attempt is not charged. */
  async park(claim: Claim, error: StageError, jitter: number): Promise<Transition> {
    return this.#end(claim, { type: 'park', stage: claim.stage, shard: claim.shard, epoch: claim.epoch, error, jitter });
  }

  async release(claim: Claim): Promise<Transition> {
    return this.#end(claim, { type: 'release', stage: claim.stage, shard: claim.shard, epoch: claim.epoch });
  }

  /** The worker has stopped because cancellation was requested. */
  async stop(claim: Claim): Promise<Transition> {
    return this.#end(claim, { type: 'stop', stage: claim.stage, shard: claim.shard, epoch: claim.epoch });
  }

  async #end(claim: Claim, event: JobEvent): Promise<Transition> {
    return this.database.transaction((query) => transition(query, claim.jobId, event));
  }
}

/** Also what an earlier generation has left that came to nothing. */
async function sweep(query: Database['query'], claim: Claim, kinds: readonly string[]): Promise<{ storage_key: string }[]> {
  return query<{ storage_key: string }>(
    `DELETE FROM attune.artifacts WHERE job_id = $1 AND generation <= $2 AND kind = ANY($3) RETURNING storage_key`,
    [claim.jobId, claim.generation, kinds],
  );
}

/** A stage that starts again after a review replaces what it has left before. */
async function forgetEarlier(query: Database['query'], claim: Claim): Promise<{ storage_key: string }[]> {
  const key = [claim.jobId, claim.generation, claim.stage, claim.shard];
  await query(`DELETE FROM attune.row_ledger WHERE job_id = $1 AND generation = $2 AND stage = $3 AND shard = $4`, key);
  return query<{ storage_key: string }>(
    `DELETE FROM attune.artifacts WHERE job_id = $1 AND generation = $2 AND stage = $3 AND shard = $4 AND epoch < $5 RETURNING storage_key`,
    [...key, claim.epoch],
  );
}

/**
 * A generation that is whole takes the place of those before: its reports and results stand for all shards. The rows of earlier shards
 * stay where they are.
 */
async function forgetSuperseded(query: Database['query'], claim: Claim): Promise<{ storage_key: string }[]> {
  return query<{ storage_key: string }>(
    `DELETE FROM attune.artifacts old WHERE job_id = $1 AND generation < $2 AND kind <> 'silver'
       AND EXISTS (SELECT 1 FROM attune.artifacts a WHERE a.job_id = $1 AND a.generation = $2 AND a.kind = old.kind) RETURNING storage_key`,
    [claim.jobId, claim.generation],
  );
}

/** Writes the rows of artifacts that are stored already; the transaction of their stage makes them exist. */
export async function recordArtifacts(
  query: Database['query'],
  claim: Pick<Claim, 'tenantId' | 'jobId' | 'generation' | 'shard' | 'epoch'> & { readonly stage: string },
  artifacts: readonly StoredArtifact[],
  contentKey: string | null = null,
): Promise<void> {
  if (artifacts.length === 0) return;
  const rows = artifacts.map((artifact) => ({ id: uuidv7(), ...artifact }));
  await query(
    `INSERT INTO attune.artifacts (tenant_id, id, job_id, generation, stage, kind, sha256, bytes, records, storage_key, epoch, shard, content_key)
     SELECT $1, a.id, $2, $3, $4, a.kind, a.sha256, a.bytes, a.records, a."storageKey", $5, $6, $8
     FROM jsonb_to_recordset($7::jsonb) AS a(id uuid, kind text, sha256 text, bytes bigint, records bigint, "storageKey" text)`,
    [claim.tenantId, claim.jobId, claim.generation, claim.stage, claim.epoch, claim.shard, JSON.stringify(rows), contentKey],
  );
}

async function recordLedger(query: Database['query'], claim: Claim, ledger: RowLedger): Promise<void> {
  await query(
    `INSERT INTO attune.row_ledger (tenant_id, job_id, generation, stage, records_in, records_out, records_quarantined, records_merged, records_dropped, drop_reasons, shard)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10::jsonb, $11)`,
    [
      claim.tenantId,
      claim.jobId,
      claim.generation,
      claim.stage,
      ledger.recordsIn,
      ledger.recordsOut,
      ledger.recordsQuarantined,
      ledger.recordsMerged,
      ledger.recordsDropped,
      JSON.stringify(ledger.dropReasons),
      claim.shard,
    ],
  );
}
