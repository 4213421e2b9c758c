import type { JobStatus, Operation } from '@attune/core';
import type { Database } from './database.js';
import type { HistoryRow } from './jobs.repository.js';

/** Lines of one job's history that one look brings at most; the next look brings more. */
export const LOOK_LINES = 200;

/** What a look at a watched job brings. */
export interface Look {
  readonly id: string;
  readonly tenant_id: string;
  readonly operation: Operation;
  readonly status: JobStatus;
  readonly stage: string | null;
  readonly version: number;
  readonly deleted: boolean;
  /** Progress of each stage, 0..1. */
  readonly progress: Readonly<Record<string, number>>;
  readonly events: readonly HistoryRow[];
}

/** Looks at many jobs with one query, however many they are. Crosses tenants on purpose: the watch asks who may see what. */
export class WatchRepository {
  constructor(private readonly database: Database) {}

  /** Every job that exists, with the lines of its history after the given one. */
  async look(jobs: readonly { readonly id: string; readonly seq: number }[]): Promise<Look[]> {
    return this.database.query<Look>(
      `SELECT j.id, j.tenant_id, j.operation, j.status, j.stage, j.version, j.deleted_at IS NOT NULL AS deleted,
         (SELECT coalesce(json_object_agg(s.stage, s.progress), '{}') FROM (
            SELECT DISTINCT ON (stage) stage, CASE stage WHEN 'decode' THEN avg(progress) OVER (PARTITION BY stage) ELSE progress END AS progress
            FROM attune.job_stages WHERE job_id = j.id ORDER BY stage, shard DESC) s) AS progress,
         (SELECT coalesce(json_agg(e ORDER BY e.seq), '[]') FROM (
            SELECT seq, (extract(epoch from at) * 1000)::float8 AS at, type, level, message, data
            FROM attune.job_events WHERE job_id = j.id AND seq > w.seq ORDER BY seq LIMIT ${LOOK_LINES}) e) AS events
       FROM unnest($1::uuid[], $2::int[]) AS w(id, seq) JOIN attune.jobs j ON j.id = w.id`,
      [jobs.map(({ id }) => id), jobs.map(({ seq }) => seq)],
    );
  }

  /** Lines of the history of one job, for a watcher who starts further back than what is remembered. */
  async history(jobId: string, afterSeq: number): Promise<HistoryRow[]> {
    return this.database.query<HistoryRow>(
      `SELECT seq, (extract(epoch from at) * 1000)::float8 AS at, type, level, message, data
       FROM attune.job_events WHERE job_id = $1 AND seq > $2 ORDER BY seq LIMIT ${LOOK_LINES}`,
      [jobId, afterSeq],
    );
  }
}
