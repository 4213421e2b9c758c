import { AppError } from '@attune/core';
import type { Database } from './database.js';
import { refuseDuringBackup } from './removal.js';
import { writeEffects } from './transition.js';

/** How long a tenant keeps what it has, in days; null is for ever. */
export interface RetentionDays {
  readonly rawDays: number | null;
  readonly resultsDays: number | null;
}

export interface RetentionPolicy extends RetentionDays {
  /** 0 while the tenant has what the settings say. */
  readonly version: number;
}

/** A job whose results, or a dataset whose received bytes, go at `dueAt` (milliseconds of the database clock). */
export interface Due {
  readonly kind: 'job' | 'dataset';
  readonly id: string;
  readonly tenantId: string;
  readonly dueAt: number;
  readonly bytes: number;
  /** Of a job. */
  readonly version: number;
}

type Query = Database['query'];

const OPEN = `('pending','processing','awaiting_review')`;
/** $1 and $2 are the days of the settings. */
const POLICY = `policy AS (
  SELECT t.id AS tenant_id, CASE WHEN p.tenant_id IS NULL THEN $1::int ELSE p.raw_days END AS raw_days,
    CASE WHEN p.tenant_id IS NULL THEN $2::int ELSE p.results_days END AS results_days
  FROM attune.tenants t LEFT JOIN attune.retention_policies p ON p.tenant_id = t.id)`;
const JOBS = `SELECT 'job' AS kind, j.id, j.tenant_id, j.version, j.completed_at + make_interval(days => policy.results_days) AS due_at
  FROM attune.jobs j JOIN policy USING (tenant_id) JOIN attune.datasets d ON d.id = j.dataset_id
  WHERE j.deleted_at IS NULL AND j.completed_at IS NOT NULL AND j.held_at IS NULL AND d.held_at IS NULL AND policy.results_days IS NOT NULL`;
/** Received bytes count from when they last came or a job over them was last made; an open or held job keeps them. */
const DATASETS = `SELECT 'dataset' AS kind, d.id, d.tenant_id, 0 AS version, greatest(b.verified_at, used.at) + make_interval(days => policy.raw_days) AS due_at
  FROM attune.datasets d JOIN policy USING (tenant_id) JOIN attune.blobs b ON b.tenant_id = d.tenant_id AND b.sha256 = d.sha256
  CROSS JOIN LATERAL (SELECT max(j.created_at) AS at, coalesce(bool_or(j.status IN ${OPEN} OR j.held_at IS NOT NULL), false) AS needed
    FROM attune.jobs j WHERE j.dataset_id = d.id AND j.deleted_at IS NULL) used
  WHERE b.removed_at IS NULL AND d.held_at IS NULL AND policy.raw_days IS NOT NULL AND NOT used.needed`;

/** How long things are kept, and what a legal hold keeps for longer. Everything but `due` is asked for with a tenant. */
export class RetentionRepository {
  constructor(
    private readonly database: Database,
    /** What holds for a tenant that has not said anything else. */
    readonly defaults: RetentionDays,
  ) {}

  async policy(tenantId: string): Promise<RetentionPolicy> {
    const [own] = await this.database.query<RetentionPolicy>(
      `SELECT version, raw_days AS "rawDays", results_days AS "resultsDays" FROM attune.retention_policies WHERE tenant_id = $1`,
      [tenantId],
    );
    return own ?? { version: 0, ...this.defaults };
  }

  /** @throws AppError precondition_failed when the policy has another version by now. */
  async decide(tenantId: string, version: number, { rawDays, resultsDays }: RetentionDays): Promise<RetentionPolicy> {
    const decided = await this.database.query<RetentionPolicy>(
      `INSERT INTO attune.retention_policies AS p (tenant_id, raw_days, results_days) SELECT $1, $3, $4
         WHERE $2 = 0 OR EXISTS (SELECT 1 FROM attune.retention_policies WHERE tenant_id = $1)
       ON CONFLICT (tenant_id) DO UPDATE SET version = p.version + 1, raw_days = excluded.raw_days, results_days = excluded.results_days, updated_at = now()
         WHERE p.version = $2
       RETURNING version, raw_days AS "rawDays", results_days AS "resultsDays"`,
      [tenantId, version, rawDays, resultsDays],
    );
    if (decided.length === 0) throw new AppError('precondition_failed', 'the policy has another version than the one that was read');
    return decided[0]!;
  }

  /** What goes within so many days from now, the first to go first; of one tenant, or of all for the chore. */
  async due(tenantId: string | null, withinDays: number, limit: number): Promise<{ due: Due[]; total: number }> {
    const found = await this.database.query<Due & { total: number }>(
      `WITH ${POLICY} SELECT kind, id, tenant_id AS "tenantId", version, (extract(epoch from due_at) * 1000)::float8 AS "dueAt", count(*) OVER ()::int AS total,
         CASE kind WHEN 'job' THEN (SELECT coalesce(sum(bytes), 0) FROM attune.artifacts a WHERE a.job_id = due.id)
           ELSE (SELECT bytes FROM attune.datasets d WHERE d.id = due.id) END::float8 AS bytes
       FROM (${JOBS} UNION ALL ${DATASETS}) due
       WHERE due_at <= now() + make_interval(days => $3) AND ($4::uuid IS NULL OR tenant_id = $4) ORDER BY due_at, id LIMIT $5`,
      [this.defaults.rawDays, this.defaults.resultsDays, withinDays, tenantId, limit],
    );
    return { due: found.map(({ total: _, ...due }) => due), total: found[0]?.total ?? 0 };
  }

  /** Removes the received bytes of a dataset whose time is over, if that is so under the locks of those who need them. True when they went. @throws AppError overloaded while a backup is taken */
  async expireDataset(datasetId: string, remove: (key: string) => Promise<void>): Promise<boolean> {
    return this.database.transaction(async (query) => {
      await refuseDuringBackup(query);
      const jobs = await query<{ id: string; tenant_id: string }>(
        `SELECT id, tenant_id FROM attune.jobs WHERE dataset_id = $1 AND deleted_at IS NULL ORDER BY id FOR UPDATE`,
        [datasetId],
      );
      const [blob] = await query<{ tenant_id: string; sha256: string; storage_key: string }>(
        `SELECT b.tenant_id, b.sha256, b.storage_key FROM attune.datasets d JOIN attune.blobs b ON b.tenant_id = d.tenant_id AND b.sha256 = d.sha256
         WHERE d.id = $1 FOR UPDATE`,
        [datasetId],
      );
      const due = await query(`WITH ${POLICY} SELECT 1 FROM (${DATASETS}) due WHERE id = $3 AND due_at <= now()`, [
        this.defaults.rawDays,
        this.defaults.resultsDays,
        datasetId,
      ]);
      if (blob === undefined || due.length === 0) return false;
      await query(`UPDATE attune.blobs SET removed_at = now() WHERE tenant_id = $1 AND sha256 = $2`, [blob.tenant_id, blob.sha256]);
      for (const job of jobs) await tell(query, job, 'job.input_removed', 'The received bytes were removed: their time was over.');
      await remove(blob.storage_key);
      return true;
    });
  }

  /** Lays a legal hold on a job, or lifts it; doing it twice changes nothing. @throws AppError not_found, gone */
  async holdJob(tenantId: string, jobId: string, held: boolean): Promise<void> {
    await this.database.transaction(async (query) => {
      const [job] = await query<{ id: string; tenant_id: string; deleted: boolean; held: boolean }>(
        `SELECT id, tenant_id, deleted_at IS NOT NULL AS deleted, held_at IS NOT NULL AS held FROM attune.jobs WHERE tenant_id = $1 AND id = $2 FOR UPDATE`,
        [tenantId, jobId],
      );
      if (!job) throw new AppError('not_found', 'there is no such job');
      if (job.deleted) throw new AppError('gone', 'the job was deleted');
      if (job.held === held) return;
      await query(`UPDATE attune.jobs SET held_at = CASE WHEN $2 THEN now() END, version = version + 1 WHERE id = $1`, [jobId, held]);
      await tellHold(query, job, held);
    });
  }

  /** As `holdJob`, for received bytes and with them all jobs over them. @throws AppError not_found, also for bytes that were removed */
  async holdDataset(tenantId: string, datasetId: string, held: boolean): Promise<void> {
    await this.database.transaction(async (query) => {
      const jobs = await query<{ id: string; tenant_id: string }>(
        `SELECT id, tenant_id FROM attune.jobs WHERE tenant_id = $1 AND dataset_id = $2 AND deleted_at IS NULL ORDER BY id FOR UPDATE`,
        [tenantId, datasetId],
      );
      const [dataset] = await query<{ removed: boolean; held: boolean }>(
        `SELECT b.removed_at IS NOT NULL AS removed, d.held_at IS NOT NULL AS held
         FROM attune.datasets d JOIN attune.blobs b ON b.tenant_id = d.tenant_id AND b.sha256 = d.sha256 WHERE d.tenant_id = $1 AND d.id = $2 FOR UPDATE`,
        [tenantId, datasetId],
      );
      if (!dataset || dataset.removed) throw new AppError('not_found', 'there is no such dataset, or its bytes were removed');
      if (dataset.held === held) return;
      await query(`UPDATE attune.datasets SET held_at = CASE WHEN $2 THEN now() END WHERE id = $1`, [datasetId, held]);
      for (const job of jobs) await tellHold(query, job, held);
    });
  }
}

type Told = Parameters<typeof writeEffects>[1];

function tellHold(query: Query, job: Told, held: boolean): Promise<void> {
  return held
    ? tell(query, job, 'job.held', 'A legal hold was laid on the job.')
    : tell(query, job, 'job.released', 'The legal hold on the job was lifted.');
}

function tell(query: Query, job: Told, type: string, message: string): Promise<void> {
  return writeEffects(query, job, [{ type: 'history', line: { type, level: 'info', message, data: {} } }]);
}
