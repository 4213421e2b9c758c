import type { Database } from './database.js';
import { LOST_JOBS } from './reconciler.repository.js';

/** Something that must never be: which invariant (jobs.md, section 7), and where. */
export interface Fault {
  readonly invariant: 'I1' | 'I2' | 'I3' | 'I4' | 'I5';
  readonly code: string;
  /** Null for received bytes, which belong to no job alone. */
  readonly jobId: string | null;
  /** Where in the job or the store; ids, stages and counts only. */
  readonly place: string;
}

/** An object that a row names. */
export interface NamedObject {
  readonly key: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly jobId: string | null;
  /** Written in the last 24 hours by the clock of the database. */
  readonly recent: boolean;
}

interface Check {
  readonly invariant: Fault['invariant'];
  readonly code: string;
  /** Answers job_id and place of every fault. */
  readonly sql: string;
}

const ENDED = `('completed','failed','cancelled','expired')`;
/** Of one kind so many are told. */
const MOST = 1_000;

const CHECKS: readonly Check[] = [
  {
    invariant: 'I1',
    code: 'job.lost',
    sql: `SELECT id AS job_id, status AS place FROM attune.jobs WHERE id IN (${LOST_JOBS})`,
  },
  {
    invariant: 'I1',
    code: 'job.terminal_status',
    sql: `SELECT j.id AS job_id, 'generation ' || j.generation || ', ' || count(e.seq) || ' terminal events' AS place
      FROM attune.jobs j LEFT JOIN attune.job_events e ON e.job_id = j.id AND e.type = 'job.status_changed' AND e.data->>'status' IN ${ENDED}
      GROUP BY j.id HAVING count(e.seq) <> j.generation - CASE WHEN j.status IN ${ENDED} THEN 0 ELSE 1 END`,
  },
  {
    invariant: 'I3',
    code: 'ledger.unbalanced',
    sql: `SELECT job_id, 'generation ' || generation || ', ' || stage || ' ' || shard AS place FROM attune.row_ledger
      WHERE records_in <> records_out + records_quarantined + records_merged + records_dropped`,
  },
  {
    invariant: 'I4',
    code: 'artifact.epoch',
    sql: `SELECT a.job_id, a.stage || ' ' || a.shard || ', epoch ' || a.epoch || ' above ' || s.epoch AS place
      FROM attune.artifacts a JOIN attune.job_stages s USING (job_id, stage, shard) WHERE a.epoch > s.epoch`,
  },
  {
    invariant: 'I4',
    code: 'stage.without_lease',
    sql: `SELECT job_id, stage || ' ' || shard AS place FROM attune.job_stages WHERE status = 'running' AND (lease_owner IS NULL OR lease_until IS NULL)`,
  },
  {
    invariant: 'I5',
    code: 'events.gap',
    sql: `SELECT j.id AS job_id, count(e.seq) || ' events up to ' || coalesce(max(e.seq), 0) AS place
      FROM attune.jobs j LEFT JOIN attune.job_events e ON e.job_id = j.id GROUP BY j.id
      HAVING count(e.seq) = 0 OR min(e.seq) <> 1 OR max(e.seq) <> count(e.seq)`,
  },
  {
    invariant: 'I5',
    code: 'stage.open_after_end',
    sql: `SELECT j.id AS job_id, s.stage || ' ' || s.shard || ' is ' || s.status AS place FROM attune.jobs j JOIN attune.job_stages s ON s.job_id = j.id
      WHERE j.status IN ${ENDED} AND s.status IN ('ready','running')`,
  },
];

/** Artifacts of jobs that are not deleted, and received bytes that were not removed. */
export const NAMED = `(SELECT a.storage_key, a.sha256, a.bytes, a.job_id, a.created_at AS at FROM attune.artifacts a JOIN attune.jobs j ON j.id = a.job_id WHERE j.deleted_at IS NULL
  UNION ALL SELECT storage_key, sha256, bytes, NULL, verified_at FROM attune.blobs WHERE removed_at IS NULL) named`;

/** Whether the rows are as they must be, asked by SQL past the code that wrote them. Crosses tenants on purpose. */
export class VerificationRepository {
  constructor(private readonly database: Database) {}

  /** Every fault of the rows, all as of one moment. */
  async faults(): Promise<Fault[]> {
    return this.database.transaction(async (query) => {
      await query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY');
      await query(`SET LOCAL statement_timeout = '10min'`);
      const faults: Fault[] = [];
      for (const { invariant, code, sql } of CHECKS) {
        const found = await query<{ job_id: string; place: string }>(`${sql} LIMIT ${MOST}`);
        for (const { job_id: jobId, place } of found) faults.push({ invariant, code, jobId, place });
      }
      return faults;
    });
  }

  /** Objects that rows name, in the order of their keys. */
  async named(after: string, limit: number): Promise<NamedObject[]> {
    return this.database.query<NamedObject>(
      `SELECT storage_key AS key, sha256, bytes::float8 AS bytes, job_id AS "jobId", at > now() - interval '24 hours' AS recent
       FROM ${NAMED} WHERE storage_key > $1 ORDER BY storage_key LIMIT $2`,
      [after, limit],
    );
  }

  /** Whether a row names the object still. */
  async isNamed(key: string): Promise<boolean> {
    return (await this.database.query(`SELECT 1 FROM ${NAMED} WHERE storage_key = $1`, [key])).length > 0;
  }
}
