import { AppError } from '@attune/core';
import type { Database } from './database.js';
import { NAMED } from './verification.repository.js';

/** An object that a backup needs. */
export interface BackedUpObject {
  readonly key: string;
  readonly sha256: string;
  readonly bytes: number;
}

const PAGE = 1_000;
/** Whoever writes waits for the lock for so long, with us before them. */
const STILL_TRIES = 20;

/** What a backup asks, and what a restored database has to forget. Crosses tenants on purpose. */
export class BackupRepository {
  constructor(private readonly database: Database) {}

  /** RFC 3339 time of the database. */
  async now(): Promise<string> {
    const [row] = await this.database.query<{ now: Date }>('SELECT now() AS now');
    return row!.now.toISOString();
  }

  /**
   * Does `during` while nothing that names an object changes, and then tells every object that rows named in that moment,
   * page by page: what is committed later is in none of them. Writers wait as long as `during` lasts.
   */
  async namedDuring(during: () => Promise<void>, tell: (page: readonly BackedUpObject[]) => Promise<void>): Promise<void> {
    let told: Promise<void> | undefined;
    await this.#still(async (snapshot) => {
      await during();
      await new Promise<void>((seen, failed) => {
        told = this.#tell(snapshot, tell, seen);
        told.catch(failed);
      });
    });
    await told;
  }

  /** A transaction in which nobody else writes to what names objects, and the snapshot of it. */
  async #still(work: (snapshot: string) => Promise<void>): Promise<void> {
    for (let tries = 1; ; tries++) {
      let begun = false;
      try {
        return await this.database.transaction(async (query) => {
          await query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ');
          await query('LOCK TABLE attune.artifacts, attune.blobs IN SHARE MODE');
          begun = true;
          const [row] = await query<{ snapshot: string }>('SELECT pg_export_snapshot() AS snapshot');
          await work(row!.snapshot);
        });
      } catch (error) {
        // A writer that took long: it is asked for again behind the next one.
        if (begun || tries === STILL_TRIES || !(error instanceof AppError) || error.code !== 'dependency_unavailable') throw error;
      }
    }
  }

  async #tell(snapshot: string, tell: (page: readonly BackedUpObject[]) => Promise<void>, seen: () => void): Promise<void> {
    if (!/^[0-9A-F-]+$/.test(snapshot)) throw new AppError('internal', 'a snapshot has a name of another form');
    await this.database.transaction(async (query) => {
      await query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY');
      await query(`SET TRANSACTION SNAPSHOT '${snapshot}'`);
      await query('SET LOCAL statement_timeout = 0');
      seen();
      await query(`DECLARE named NO SCROLL CURSOR FOR SELECT DISTINCT storage_key AS key, sha256, bytes::float8 AS bytes FROM ${NAMED}`);
      for (;;) {
        const page = await query<BackedUpObject>(`FETCH ${PAGE} FROM named`);
        if (page.length === 0) return;
        await tell(page);
      }
    });
  }

  /** A backup is whole: when, for those who watch. */
  async noteTaken(): Promise<void> {
    await this.database.query(`INSERT INTO attune.chores (name) VALUES ('backup') ON CONFLICT (name) DO UPDATE SET began_at = now()`);
  }

  /**
   * What a restored database has to forget: leases of workers that are no more, which any claim takes then, uploads whose parts are not
   * in a backup, and marks of objects that are not there. Answers how many stages and uploads there were.
   */
  async forgetThePast(): Promise<{ leases: number; uploads: number }> {
    return this.database.transaction(async (query) => {
      const leases = await query(
        `UPDATE attune.job_stages SET lease_until = least(lease_until, now()) WHERE status = 'running' RETURNING 1`,
      );
      await query(`DELETE FROM attune.upload_parts`);
      const uploads = await query(`DELETE FROM attune.uploads WHERE sha256 IS NULL RETURNING 1`);
      await query(`DELETE FROM attune.gc_marks`);
      return { leases: leases.length, uploads: uploads.length };
    });
  }
}
