import { type StageName, WORKER_SERVICES, type WorkerService } from '@attune/core';
import type { Database } from './database.js';
import { moveFairBound } from './fair-place.js';
import { type Transition, transition } from './transition.js';

export interface Backlog {
  readonly stage: StageName;
  readonly class: string;
  readonly ready: number;
  readonly running: number;
  readonly ageSeconds: number;
}

/**
 * Ids of accepted jobs that nothing will ever move again. As a difference of sets: looked up job by job it takes the square of their number
 * while the statistics are from before the jobs came.
 */
export const LOST_JOBS = `SELECT id FROM attune.jobs WHERE status IN ('pending','processing')
  EXCEPT SELECT job_id FROM attune.job_stages WHERE status IN ('ready','running')`;

/** What only time brings about, and what is true about all jobs together. Crosses tenants on purpose. */
export class ReconcilerRepository {
  constructor(private readonly database: Database) {}

  /** Ends jobs whose deadline has passed and cancelled jobs whose worker is dead. */
  async tick(limit = 100): Promise<Transition[]> {
    const due = await this.database.query<{ id: string }>(
      `SELECT id FROM attune.jobs j WHERE status IN ('pending','processing','awaiting_review') AND (
         deadline_at <= now() OR (cancel_requested AND NOT EXISTS (
           SELECT 1 FROM attune.job_stages s WHERE s.job_id = j.id AND s.status = 'running' AND s.lease_until >= now())))
       LIMIT $1`,
      [limit],
    );
    const done: Transition[] = [];
    for (const { id } of due) done.push(await this.database.transaction((query) => transition(query, id, { type: 'tick' })));
    return done;
  }

  /** So that the first place in the queue is found at once, however much was done before it. */
  async moveFairBound(): Promise<void> {
    await moveFairBound(this.database.query.bind(this.database));
  }

  /** Services with work that nobody has taken for a while; a ring may have been lost. */
  async servicesWithReadyWork(): Promise<WorkerService[]> {
    const found = await this.database.query<{ service: WorkerService }>(
      `SELECT service FROM unnest($1::text[]) AS service WHERE EXISTS (
         SELECT 1 FROM attune.job_stages s WHERE s.service = service.service AND status IN ('ready','running') AND next_run_at <= now()
           AND (status = 'ready' OR lease_until < now()))`,
      [WORKER_SERVICES],
    );
    return found.map(({ service }) => service);
  }

  async backlog(): Promise<Backlog[]> {
    return this.database.query<Backlog>(
      `SELECT s.stage, j.priority_class AS class, count(*) FILTER (WHERE s.status = 'ready')::int AS ready, count(*) FILTER (WHERE s.status = 'running')::int AS running,
         coalesce(extract(epoch from now() - min(s.ready_at) FILTER (WHERE s.status = 'ready')), 0)::float8 AS "ageSeconds"
       FROM attune.job_stages s JOIN attune.jobs j ON j.id = s.job_id WHERE s.status IN ('ready','running') GROUP BY 1, 2`,
    );
  }

  /** Accepted jobs that nothing will ever move again; must be 0. */
  async lostJobs(): Promise<number> {
    const [row] = await this.database.query<{ lost: number }>(`SELECT count(*)::int AS lost FROM (${LOST_JOBS}) lost`);
    return row!.lost;
  }

  /** Failed jobs by the class of their error. */
  async failedJobs(): Promise<{ errorClass: string; jobs: number }[]> {
    return this.database.query(
      `SELECT coalesce(error->>'class', 'unknown') AS "errorClass", count(*)::int AS jobs
       FROM attune.jobs WHERE status = 'failed' AND deleted_at IS NULL GROUP BY 1`,
    );
  }

  /** Stored objects by layer: received bytes are bronze, silver is silver, results are output. */
  async storage(): Promise<{ layer: string; bytes: number; objects: number }[]> {
    return this.database.query(
      `SELECT layer, sum(bytes)::float8 AS bytes, count(*)::int AS objects FROM (
         SELECT 'bronze' AS layer, bytes FROM attune.blobs
         UNION ALL
         SELECT CASE WHEN kind = 'silver' THEN 'silver' WHEN kind LIKE 'result\\_%' THEN 'output' ELSE 'other' END, bytes FROM attune.artifacts
       ) stored GROUP BY layer`,
    );
  }

  /** When `attune backup` last ended well, in seconds since 1970. */
  async backupTaken(): Promise<number | undefined> {
    const [row] = await this.database.query<{ at: number }>(
      `SELECT extract(epoch from began_at)::float8 AS at FROM attune.chores WHERE name = 'backup'`,
    );
    return row?.at;
  }

  /** How the database itself is doing. */
  async vitals(): Promise<{ connections: number; xminAge: number; deadTuples: { table: string; dead: number }[] }> {
    const [server] = await this.database.query<{ connections: number; xmin_age: number }>(
      `SELECT (SELECT count(*) FROM pg_stat_activity)::float8 / current_setting('max_connections')::int AS connections,
         coalesce((SELECT extract(epoch from max(now() - xact_start)) FROM pg_stat_activity WHERE backend_xmin IS NOT NULL), 0)::float8 AS xmin_age`,
    );
    const deadTuples = await this.database.query<{ table: string; dead: number }>(
      `SELECT relname AS table, n_dead_tup::float8 AS dead FROM pg_stat_user_tables WHERE schemaname IN ('attune', 'bullmq')`,
    );
    return { connections: server!.connections, xminAge: server!.xmin_age, deadTuples };
  }

  /** Announces a worker process; presence is a hint, never a lock. */
  async seen(worker: { id: string; service: string; host: string; version: string; slots: number; busy: number }): Promise<void> {
    await this.database.query(
      `INSERT INTO attune.workers (id, service, host, version, slots, busy) VALUES ($1, $2, $3, $4, $5, $6)
       ON CONFLICT (id) DO UPDATE SET busy = excluded.busy, seen_at = now()`,
      [worker.id, worker.service, worker.host, worker.version, worker.slots, worker.busy],
    );
    await this.database.query(`DELETE FROM attune.workers WHERE seen_at < now() - interval '5 minutes'`);
  }
}
