import { AppError, type GivenMapping, type JobStatus, type Operation } from '@attune/core';
import { TERMINAL } from '@attune/pipeline';
import { type Database, prepared } from './database.js';
import { GatheredSubmits, type NewJob, submitTogether } from './gathered-submits.js';
import { detailOf, type DetailRow, detailsOf, type JobDetail } from './job-detail.js';
import { answerKeys, type AnsweredKey, type Held, hold } from './held-job.js';
import type { NewJobs, Submission } from './new-jobs.js';
import { removeLoaded } from './loaded-rows.js';
import { refuseDuringBackup } from './removal.js';
import { recordArtifacts, type StoredArtifact } from './stages.repository.js';
import { type Transition, transition, writeEffects } from './transition.js';

export interface JobFilter {
  readonly status?: JobStatus;
  readonly operation?: Operation;
  readonly createdAfter?: string;
  readonly createdBefore?: string;
  /** Text in the name of the file, in any case of letters. */
  readonly nameContains?: string;
}

/** Place of a job in the list: its time of creation as the database writes it, then its id. */
export interface ListPlace {
  readonly createdAt: string;
  readonly id: string;
}

export interface HistoryRow {
  seq: number;
  at: number;
  type: string;
  level: string;
  message: string;
  data: Record<string, string | number | null>;
}

/** One try at a stage; times in milliseconds of the database clock. */
export interface AttemptRow {
  stage: string;
  shard: number;
  epoch: number;
  worker: string;
  started_at: number;
  ended_at: number | null;
  outcome: string | null;
}

/** Mended records, stored as the artifact `fixed_records`. */
export interface Resubmission {
  readonly artifact: StoredArtifact;
  readonly records: number;
  /** The generation whose quarantine they were compared with. */
  readonly generation: number;
  readonly permits?: (version: number) => boolean;
  readonly idempotency?: AnsweredKey;
}

/** What a DELETE has done: an open job was asked to stop, or one that had ended is gone. */
export type Deletion =
  { readonly kind: 'cancelled'; readonly transition: Transition } | { readonly kind: 'deleted'; readonly version: number };

/** Removes the bytes of a deleted job: everything under its own prefix, and its input unless another job uses it. */
export type Erase = (prefix: string, input: string | undefined) => Promise<void>;

const ONE = prepared(detailsOf('WHERE tenant_id = $1 AND id = $2'));
/** Not prepared: a plan that was made while the tables were small reads them whole, job by job, when they are not any more. */
export const PAGE = detailsOf(
  `WHERE tenant_id = $1 AND deleted_at IS NULL AND ($2::text IS NULL OR status = $2) AND ($3::text IS NULL OR operation = $3)
     AND ($4::timestamptz IS NULL OR jobs.created_at > $4) AND ($5::timestamptz IS NULL OR jobs.created_at < $5)
     AND ($6::text IS NULL OR position(lower($6) IN lower(input_name)) > 0)
     AND ($7::timestamptz IS NULL OR (jobs.created_at, id) < ($7, $8::uuid))
   ORDER BY jobs.created_at DESC, id DESC LIMIT $9`,
);

/** Jobs as their clients see them. Everything is asked for with a tenant; another tenant's job does not exist. */
export class JobsRepository {
  readonly #submits: GatheredSubmits;

  constructor(private readonly database: Database) {
    this.#submits = new GatheredSubmits(database);
  }

  /**
   * A new job and the idempotency answer in one transaction. Answers the job's id and the services to ring.
   * @throws AppError overloaded when the bytes were removed with the last job over them a moment ago: send them again.
   */
  submit(submission: Submission): Promise<NewJob> {
    return this.#submits.submit(submission);
  }

  /**
   * New jobs of one tenant, all of them or none; the idempotency key is answered with the first. `placeOf`: where the request says the job.
   * @throws AppError overloaded, as above; validation_failed for a deadline that has passed.
   */
  submitAll(
    tenantId: string,
    [first, ...rest]: readonly Submission[],
    idempotency?: AnsweredKey,
    placeOf?: (at: number) => string,
  ): Promise<NewJobs> {
    const keyed = idempotency === undefined ? first! : { ...first!, idempotency };
    return submitTogether(this.database, tenantId, [keyed, ...rest], placeOf === undefined ? {} : { placeOf });
  }

  /** The jobs that came with this one in one request, itself among them, in their order. */
  async togetherWith(tenantId: string, jobId: string): Promise<readonly string[]> {
    const rows = await this.database.query<{ id: string }>(
      `SELECT j.id FROM attune.jobs j JOIN attune.jobs first ON first.tenant_id = $1 AND first.id = $2
       WHERE j.tenant_id = $1 AND j.created_at = first.created_at AND j.request_id IS NOT DISTINCT FROM first.request_id ORDER BY j.id`,
      [tenantId, jobId],
    );
    return rows.map(({ id }) => id);
  }

  /** A deleted job is found too: its `deleted_at` says so. */
  async find(tenantId: string, jobId: string): Promise<JobDetail | undefined> {
    const [found] = await this.database.query<DetailRow>(ONE, [tenantId, jobId]);
    return found && detailOf(found);
  }

  /** Newest first, without deleted jobs, in one query. Each comes with its place, from which the next page goes on. */
  async list(tenantId: string, page: JobFilter & { limit: number; after?: ListPlace }): Promise<(JobDetail & { place: ListPlace })[]> {
    const found = await this.database.query<DetailRow>(PAGE, [
      tenantId,
      page.status ?? null,
      page.operation ?? null,
      page.createdAfter ?? null,
      page.createdBefore ?? null,
      page.nameContains ?? null,
      page.after?.createdAt ?? null,
      page.after?.id ?? null,
      page.limit,
    ]);
    return found.map((row) => ({ ...detailOf(row), place: { createdAt: row.sort_at, id: row.id } }));
  }

  /** Lines after `afterSeq` in order; of the given levels only, if some are given. */
  async history(tenantId: string, jobId: string, afterSeq: number, limit: number, levels?: readonly string[]): Promise<HistoryRow[]> {
    return this.database.query<HistoryRow>(
      `SELECT seq, (extract(epoch from at) * 1000)::float8 AS at, type, level, message, data
       FROM attune.job_events WHERE tenant_id = $1 AND job_id = $2 AND seq > $3 AND ($5::text[] IS NULL OR level = ANY($5)) ORDER BY seq LIMIT $4`,
      [tenantId, jobId, afterSeq, limit, levels ?? null],
    );
  }

  /** Every try at every stage, in the order in which they began. */
  async attempts(tenantId: string, jobId: string): Promise<AttemptRow[]> {
    return this.database.query<AttemptRow>(
      `SELECT stage, shard, epoch::float8 AS epoch, worker, (extract(epoch from started_at) * 1000)::float8 AS started_at,
         (extract(epoch from ended_at) * 1000)::float8 AS ended_at, outcome
       FROM attune.attempts WHERE tenant_id = $1 AND job_id = $2 ORDER BY attempts.started_at, shard, epoch, stage`,
      [tenantId, jobId],
    );
  }

  /** The mapping that the job was given; null when Attune suggests. */
  async mappingOf(tenantId: string, jobId: string): Promise<GivenMapping | null> {
    const [row] = await this.database.query<{ mapping: GivenMapping | null }>(
      `SELECT mapping FROM attune.jobs WHERE tenant_id = $1 AND id = $2`,
      [tenantId, jobId],
    );
    return row?.mapping ?? null;
  }

  /** @throws AppError not_found, gone, precondition_failed, conflict_state when the job has ended. */
  async cancel(
    tenantId: string,
    jobId: string,
    asked: { readonly permits?: (version: number) => boolean; readonly idempotency?: AnsweredKey } = {},
  ): Promise<Transition> {
    return this.database.transaction(async (query) => {
      await hold(query, tenantId, jobId, asked.permits);
      if (asked.idempotency) await answerKeys(query, tenantId, [{ ...asked.idempotency, jobId }]);
      return transition(query, jobId, { type: 'cancel' });
    });
  }

  /**
   * Cancels a job that is open; of one that has ended removes bytes, artifacts, ledger, mapping, its own webhook with what that was to be
   * told, its rows in the warehouse and the file's name, and keeps the rest as a tombstone. The bytes go before the commit: a deletion that
   * fails can be asked for again, one that has succeeded left nothing.
   * @throws AppError not_found, gone, precondition_failed, legal_hold, overloaded while a backup is taken or another job loads the dataset
   */
  async delete(
    tenantId: string,
    jobId: string,
    erase: Erase,
    {
      permits,
      because = 'request',
    }: { readonly permits?: ((version: number) => boolean) | undefined; readonly because?: 'request' | 'retention' } = {},
  ): Promise<Deletion> {
    return this.database.transaction(async (query): Promise<Deletion> => {
      const job = await hold(query, tenantId, jobId, permits);
      if (!TERMINAL.has(job.status)) return { kind: 'cancelled', transition: await transition(query, jobId, { type: 'cancel' }) };
      await refuseHeld(query, job);
      await refuseDuringBackup(query);
      await removeLoaded(query, job);
      await query(`DELETE FROM attune.artifacts WHERE job_id = $1`, [jobId]);
      await query(`DELETE FROM attune.row_ledger WHERE job_id = $1`, [jobId]);
      await query(`DELETE FROM attune.webhooks WHERE job_id = $1`, [jobId]);
      await query(
        `UPDATE attune.jobs SET deleted_at = now(), version = version + 1, mapping = NULL, input_name = NULL, webhook_id = NULL,
           error = CASE WHEN error IS NULL THEN NULL ELSE error || '{"detail": "the job was deleted"}'::jsonb END WHERE id = $1`,
        [jobId],
      );
      const line = { type: 'job.deleted', level: 'info', message: 'The job was deleted.', data: { because } } as const;
      await writeEffects(query, { id: jobId, tenant_id: tenantId }, [{ type: 'history', line }]);
      await erase(`tenants/${tenantId}/jobs/${jobId}`, await releaseInput(query, job));
      return { kind: 'deleted', version: job.version + 1 };
    });
  }

  /**
   * Answers the review of a job with a mapping: the stage that asked starts again with it.
   * @throws AppError not_found, gone, conflict_state when the job awaits no review.
   */
  async answerReview(tenantId: string, jobId: string, mapping: GivenMapping): Promise<Transition> {
    return this.database.transaction(async (query) => {
      const job = await hold(query, tenantId, jobId);
      if (job.status !== 'awaiting_review')
        throw new AppError('conflict_state', `the job is ${job.status}; clone it with the mapping instead`);
      await query(`UPDATE attune.jobs SET mapping = $2::jsonb WHERE id = $1`, [jobId, JSON.stringify(mapping)]);
      return transition(query, jobId, { type: 'answer' });
    });
  }

  /**
   * The next generation of a job that has ended, over mended records: they become an artifact of it, and what an earlier resubmission has
   * left that came to nothing is forgotten; `swept` are the keys of its files.
   * @throws AppError not_found, gone, precondition_failed, conflict_state when the job has not ended, has kept nothing, or has changed.
   */
  async resubmit(tenantId: string, jobId: string, mended: Resubmission): Promise<Transition & { readonly swept: readonly string[] }> {
    return this.database.transaction(async (query) => {
      const job = await hold(query, tenantId, jobId, mended.permits);
      if (job.generation !== mended.generation)
        throw new AppError('conflict_state', 'the job was resubmitted meanwhile; read its quarantine again');
      const left = await query<{ storage_key: string }>(
        `DELETE FROM attune.artifacts WHERE job_id = $1 AND generation > $2 RETURNING storage_key`,
        [jobId, job.kept_generation],
      );
      await query(`DELETE FROM attune.row_ledger WHERE job_id = $1 AND generation > $2`, [jobId, job.kept_generation]);
      if (mended.idempotency) await answerKeys(query, tenantId, [{ ...mended.idempotency, jobId }]);
      const done = await transition(query, jobId, { type: 'resubmit', records: mended.records });
      const { generation } = done.after;
      await recordArtifacts(query, { tenantId, jobId, generation, stage: 'resubmit', shard: generation - 1, epoch: 0 }, [mended.artifact]);
      return { ...done, swept: left.map(({ storage_key: key }) => key) };
    });
  }

  /** Answers an idempotency key of a request that has nothing to do. @throws AppError not_found, gone, precondition_failed */
  async leave(
    tenantId: string,
    jobId: string,
    idempotency: AnsweredKey | undefined,
    permits?: (version: number) => boolean,
  ): Promise<void> {
    await this.database.transaction(async (query) => {
      await hold(query, tenantId, jobId, permits);
      if (idempotency) await answerKeys(query, tenantId, [{ ...idempotency, jobId }]);
    });
  }
}

/** @throws AppError legal_hold while one lies on the job or its dataset; one that comes later waits for this transaction. */
async function refuseHeld(query: Database['query'], { id, dataset_id }: Held): Promise<void> {
  const [found] = await query<{ held: boolean }>(
    `SELECT (j.held_at IS NOT NULL OR d.held_at IS NOT NULL) AS held FROM attune.datasets d, attune.jobs j WHERE d.id = $2 AND j.id = $1 FOR SHARE OF d`,
    [id, dataset_id],
  );
  if (found?.held) throw new AppError('legal_hold', 'a legal hold lies on the job or its dataset; release it first');
}

/** Where the job's input is stored, if no other job is left that uses it; then it counts as removed. */
async function releaseInput(query: Database['query'], job: Held): Promise<string | undefined> {
  const [input] = await query<{ storage_key: string; sha256: string }>(
    `SELECT b.storage_key, b.sha256 FROM attune.datasets d JOIN attune.blobs b ON b.tenant_id = d.tenant_id AND b.sha256 = d.sha256
     WHERE d.id = $1 FOR UPDATE OF b`,
    [job.dataset_id],
  );
  const others = await query(`SELECT 1 FROM attune.jobs WHERE dataset_id = $1 AND deleted_at IS NULL AND id <> $2 LIMIT 1`, [
    job.dataset_id,
    job.id,
  ]);
  if (!input || others.length > 0) return undefined;
  await query(`UPDATE attune.blobs SET removed_at = now() WHERE tenant_id = $1 AND sha256 = $2`, [job.tenant_id, input.sha256]);
  return input.storage_key;
}
