import type { Operation, StageName, WorkerService } from '@attune/core';
import type { Database } from './database.js';

/** An attempt that has done its stage over an input of so many bytes. */
export interface MeasuredAttempt {
  readonly operation: Operation;
  readonly stage: StageName;
  readonly bytes: number;
  readonly seconds: number;
}

/** How many jobs are looked at, newest first, found by the index of completed jobs: the cost stays the same however many there were. */
const JOBS = 200;

/** How fast stages were of late. Crosses tenants on purpose: it tells of machines, not of data. */
export class PaceRepository {
  constructor(private readonly database: Database) {}

  /**
   * Attempts of the jobs that were completed last, oldest first. Several workers had a hand in jobs that were cut, which say nothing of one;
   * nor does a stage whose result was taken over from another job.
   */
  async measured(): Promise<MeasuredAttempt[]> {
    return this.database.query<MeasuredAttempt>(
      `SELECT j.operation, a.stage, j.bytes_in::float8 AS bytes, extract(epoch from a.ended_at - a.started_at)::float8 AS seconds
       FROM (SELECT id, operation, bytes_in FROM attune.jobs WHERE deleted_at IS NULL AND completed_at IS NOT NULL AND status = 'completed'
             ORDER BY completed_at DESC LIMIT $1) j
       JOIN attune.attempts a ON a.job_id = j.id WHERE a.outcome = 'done' AND a.ended_at > a.started_at
         AND NOT EXISTS (SELECT 1 FROM attune.job_stages d WHERE d.job_id = j.id AND d.stage = 'decode')
         AND NOT EXISTS (SELECT 1 FROM attune.job_events e WHERE e.job_id = j.id AND e.data ? 'reused_from' AND e.data->>'stage' = a.stage)
       ORDER BY a.ended_at`,
      [JOBS],
    );
  }

  /** Stages that all workers of a service can work on at once. */
  async slots(): Promise<{ service: WorkerService; slots: number }[]> {
    return this.database.query(
      `SELECT service, sum(slots)::int AS slots FROM attune.workers WHERE seen_at > now() - interval '30 seconds' GROUP BY service`,
    );
  }
}
