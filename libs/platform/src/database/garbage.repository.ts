import type { ListedBlob } from '../blobs/blob-store.js';
import type { Database } from './database.js';
import { mayRemove, refuseDuringBackup } from './removal.js';
import { writeEffects } from './transition.js';

/** Where an object without a row lies: among the received bytes, under a job, or elsewhere. */
export type GarbageKind = 'input' | 'job' | 'other';

export interface Garbage {
  readonly key: string;
  readonly kind: GarbageKind;
  readonly bytes: number;
}

/** Rows past their time. */
export interface ExpiredRows {
  readonly idempotencyKeys: number;
  readonly rateLimits: number;
  /** Lines of the log of webhooks. */
  readonly deliveries: number;
}

/** An object is left alone for so long after it was written, and once more after it was found without a row. */
const GRACE = `interval '24 hours'`;
/** How long the answer to an idempotency key is kept (api.md, section 1). */
const KEY_HORIZON = `interval '30 days'`;

const KIND = `CASE WHEN storage_key ~ '^tenants/[^/]+/blobs/' THEN 'input' WHEN storage_key ~ '^tenants/[^/]+/jobs/' THEN 'job' ELSE 'other' END AS kind`;
const FOUND = `storage_key AS key, ${KIND}, bytes::float8 AS bytes`;
/** Whether a row names the object `storage_key` of the relation `o`, or a legal hold lies on its job. */
const NAMED = `(EXISTS (SELECT 1 FROM attune.artifacts a WHERE a.storage_key = o.storage_key)
  OR EXISTS (SELECT 1 FROM attune.blobs b WHERE b.storage_key = o.storage_key AND b.removed_at IS NULL)
  OR EXISTS (SELECT 1 FROM attune.jobs j JOIN attune.datasets d ON d.id = j.dataset_id
     WHERE j.id = CASE WHEN o.storage_key ~ '^tenants/[^/]+/jobs/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/' THEN split_part(o.storage_key, '/', 4)::uuid END
       AND (j.held_at IS NOT NULL OR d.held_at IS NOT NULL)))`;
/** Whether an attempt that is at work may still commit the object. */
const IN_FLIGHT = `EXISTS (SELECT 1 FROM attune.job_stages s WHERE s.job_id = $2 AND s.status = 'running'
  AND starts_with(o.storage_key, 'tenants/' || s.tenant_id || '/jobs/' || s.job_id || '/' || s.stage || '/' || s.shard || '/' || s.epoch || '/'))`;
const LISTED = `SELECT key AS storage_key, bytes, to_timestamp(modified / 1000) AS modified_at
  FROM unnest($1::text[], $2::bigint[], $3::float8[]) AS listed(key, bytes, modified)`;
const DUE = `swept_at IS NULL AND marked_at < now() - ${GRACE}`;
const EXPIRED_KEYS = `created_at < now() - ${KEY_HORIZON} OR (state = 'reserved' AND lease_until < now() - ${GRACE})`;
/** What is still to be sent stays, however old it is. */
const EXPIRED_DELIVERIES = `outcome <> 'pending' AND created_at < now() - interval '30 days'`;
const EXPIRED_LIMITS = `expire < extract(epoch from now()) * 1000`;

/** What may be removed for ever: objects that no row names, and rows that nobody will ask for. Crosses tenants on purpose. */
export class GarbageRepository {
  constructor(private readonly database: Database) {}

  /** True for the one who is to do the chore now, so many seconds or more after it was last begun. */
  async beginChore(name: string, everySeconds: number): Promise<boolean> {
    const begun = await this.database.query(
      `INSERT INTO attune.chores AS c (name) VALUES ($1) ON CONFLICT (name) DO UPDATE SET began_at = now()
         WHERE c.began_at <= now() - make_interval(secs => $2) RETURNING 1`,
      [name, everySeconds],
    );
    return begun.length > 0;
  }

  /** Marks those of the listed objects that are old enough and have no row; answers the ones that were not marked before. */
  async mark(listed: readonly ListedBlob[]): Promise<Garbage[]> {
    return this.database.query<Garbage>(
      `INSERT INTO attune.gc_marks AS m (storage_key, bytes, modified_at)
       SELECT storage_key, bytes, modified_at FROM (${LISTED}) o WHERE modified_at < now() - ${GRACE} AND NOT ${NAMED}
       ON CONFLICT (storage_key) DO UPDATE SET bytes = excluded.bytes, modified_at = excluded.modified_at, marked_at = now(), swept_at = NULL
         WHERE m.modified_at <> excluded.modified_at
       RETURNING ${FOUND}`,
      columnsOf(listed),
    );
  }

  /** What `mark` would mark. */
  async markable(listed: readonly ListedBlob[]): Promise<Garbage[]> {
    return this.database.query<Garbage>(
      `SELECT ${FOUND} FROM (${LISTED}) o WHERE modified_at < now() - ${GRACE} AND NOT ${NAMED}
         AND NOT EXISTS (SELECT 1 FROM attune.gc_marks m WHERE m.storage_key = o.storage_key AND m.modified_at = o.modified_at)`,
      columnsOf(listed),
    );
  }

  /** Marked objects whose time has come and that still have no row, in the order of their keys, after `after`. */
  async due(after: string, limit: number): Promise<Garbage[]> {
    return this.database.query<Garbage>(
      `SELECT ${FOUND} FROM attune.gc_marks o WHERE ${DUE} AND storage_key > $1 AND NOT ${NAMED} ORDER BY storage_key LIMIT $2`,
      [after, limit],
    );
  }

  /** Removes objects that no row names any more. While a backup copies it does nothing: they are garbage then, which `sweep` takes one day. */
  async discard(keys: readonly string[], remove: (key: string) => Promise<void>): Promise<void> {
    if (keys.length === 0) return;
    await this.database.transaction(async (query) => {
      if (await mayRemove(query)) for (const key of keys) await remove(key);
    });
  }

  /**
   * Removes objects that are due: of one job, or of none. Everything is asked again under the locks that whoever commits a row for them
   * has to take: the job's row, or the mark (DatasetsRepository.receive). The bytes go before the commit: a mark outlives its object,
   * never the other way round. @throws AppError overloaded while a backup is taken
   */
  async sweep(keys: readonly string[], jobId: string | null, remove: (key: string) => Promise<void>): Promise<Garbage[]> {
    return this.database.transaction(async (query) => {
      await refuseDuringBackup(query);
      const [job] = await query<{ id: string; tenant_id: string }>(`SELECT id, tenant_id FROM attune.jobs WHERE id = $1 FOR UPDATE`, [
        jobId,
      ]);
      await query(`SELECT 1 FROM attune.gc_marks WHERE storage_key = ANY($1) ORDER BY storage_key FOR UPDATE`, [keys]);
      await query(`DELETE FROM attune.gc_marks o WHERE storage_key = ANY($1) AND ${NAMED}`, [keys]);
      const found = await query<Garbage>(
        `UPDATE attune.gc_marks o SET swept_at = now() WHERE storage_key = ANY($1) AND ${DUE} AND NOT ${IN_FLIGHT} RETURNING ${FOUND}`,
        [keys, jobId],
      );
      for (const { key } of found) await remove(key);
      if (job && found.length > 0) {
        const data = { objects: found.length, bytes: found.reduce((sum, { bytes }) => sum + bytes, 0) };
        const line = { type: 'job.swept', level: 'info', message: 'Stored objects that nothing names were removed.', data } as const;
        await writeEffects(query, job, [{ type: 'history', line }]);
      }
      return found;
    });
  }

  /** Removes rows past their time, at most `limit` of each kind, and marks that have served. */
  async clear(limit: number): Promise<ExpiredRows> {
    const removed = async (table: string, which: string): Promise<number> =>
      (
        await this.database.query(
          `DELETE FROM attune.${table} WHERE ctid IN (SELECT ctid FROM attune.${table} WHERE ${which} LIMIT $1) RETURNING 1`,
          [limit],
        )
      ).length;
    await removed('gc_marks', `swept_at < now() - ${GRACE}`);
    return {
      idempotencyKeys: await removed('idempotency_keys', EXPIRED_KEYS),
      rateLimits: await removed('rate_limits', EXPIRED_LIMITS),
      deliveries: await removed('webhook_deliveries', EXPIRED_DELIVERIES),
    };
  }

  /** What `clear` would remove. */
  async clearable(): Promise<ExpiredRows> {
    const [rows] = await this.database.query<ExpiredRows>(
      `SELECT (SELECT count(*) FROM attune.idempotency_keys WHERE ${EXPIRED_KEYS})::int AS "idempotencyKeys",
         (SELECT count(*) FROM attune.rate_limits WHERE ${EXPIRED_LIMITS})::int AS "rateLimits",
         (SELECT count(*) FROM attune.webhook_deliveries WHERE ${EXPIRED_DELIVERIES})::int AS deliveries`,
    );
    return rows!;
  }
}

function columnsOf(listed: readonly ListedBlob[]): unknown[] {
  return [listed.map(({ key }) => key), listed.map(({ bytes }) => bytes), listed.map(({ modifiedAt }) => modifiedAt)];
}
