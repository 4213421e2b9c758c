import { v7 as uuidv7 } from 'uuid';
import { Recent } from '../limits/recent.js';
import { type Database, prepared } from './database.js';

const RECENT_MS = 5_000;

export interface ReceivedBlob {
  readonly tenantId: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly storageKey: string;
}

/** Bytes that a job can work on. */
export interface StoredDataset {
  readonly datasetId: string;
  readonly sha256: string;
  readonly bytes: number;
}

/** Received bytes, stored once per tenant by sha256: the same bytes are the same dataset, with the time they first came. */
export class DatasetsRepository {
  readonly #recent = new Recent<StoredDataset | undefined>(RECENT_MS, async (asked) => {
    const [tenantId, member, name] = asked.split(' ') as [string, string, string];
    return this.named(tenantId, member === 'id' ? { id: name } : { sha256: name });
  });

  constructor(private readonly database: Database) {}

  /**
   * As `named`, of a few seconds ago: rows never change, and whether the bytes are still there is asked again by whoever makes a job over
   * them. Bytes that were not there are looked for anew.
   */
  recentlyNamed(tenantId: string, name: { readonly id: string } | { readonly sha256: string }): Promise<StoredDataset | undefined> {
    return this.#recent.get('id' in name ? `${tenantId} id ${name.id}` : `${tenantId} sha256 ${name.sha256}`);
  }

  /** What was named recently is looked for anew. */
  forgetNamed(): void {
    this.#recent.clear();
  }

  /** The stored bytes of a dataset; undefined when they were removed or never came. */
  async find(tenantId: string, sha256: string): Promise<ReceivedBlob | undefined> {
    const [found] = await this.database.query<ReceivedBlob>(
      `SELECT tenant_id AS "tenantId", sha256, bytes::float8 AS bytes, storage_key AS "storageKey"
       FROM attune.blobs WHERE tenant_id = $1 AND sha256 = $2 AND removed_at IS NULL`,
      [tenantId, sha256],
    );
    return found;
  }

  /** The dataset of this bare id or sha256; undefined when its bytes were removed or never came. */
  async named(tenantId: string, name: { readonly id: string } | { readonly sha256: string }): Promise<StoredDataset | undefined> {
    const [found] = await this.database.query<StoredDataset>(
      prepared(`SELECT d.id AS "datasetId", d.sha256, d.bytes::float8 AS bytes
       FROM attune.datasets d JOIN attune.blobs b ON b.tenant_id = d.tenant_id AND b.sha256 = d.sha256
       WHERE d.tenant_id = $1 AND (d.id = $2 OR d.sha256 = $3) AND b.removed_at IS NULL`),
      [tenantId, 'id' in name ? name.id : null, 'sha256' in name ? name.sha256 : null],
    );
    return found;
  }

  /**
   * `wasRemoved`: the bytes had been removed with their last job, or were to be collected as nobody's. That may have hit the very bytes
   * that were stored a moment ago, so the caller looks whether they are there.
   */
  async receive(blob: ReceivedBlob): Promise<{ datasetId: string; wasRemoved: boolean }> {
    return this.database.transaction(async (query) => {
      // The lock waits for a removal under way.
      const [before] = await query<{ removed: boolean }>(
        `SELECT removed_at IS NOT NULL AS removed FROM attune.blobs WHERE tenant_id = $1 AND sha256 = $2 FOR UPDATE`,
        [blob.tenantId, blob.sha256],
      );
      await query(
        `INSERT INTO attune.blobs (tenant_id, sha256, bytes, storage_key) VALUES ($1, $2, $3, $4)
         ON CONFLICT (tenant_id, sha256) DO UPDATE SET verified_at = now(), removed_at = NULL, storage_key = excluded.storage_key`,
        [blob.tenantId, blob.sha256, blob.bytes, blob.storageKey],
      );
      const [dataset] = await query<{ id: string }>(
        `INSERT INTO attune.datasets (tenant_id, id, sha256, bytes) VALUES ($1, $2, $3, $4)
         ON CONFLICT (tenant_id, sha256) DO UPDATE SET bytes = excluded.bytes RETURNING id`,
        [blob.tenantId, uuidv7(), blob.sha256, blob.bytes],
      );
      // Waits for a collector that is at it; after this commit the row names the bytes, and no collector takes them.
      const marked = await query(`DELETE FROM attune.gc_marks WHERE storage_key = $1 RETURNING 1`, [blob.storageKey]);
      return { datasetId: dataset!.id, wasRemoved: before?.removed === true || marked.length > 0 };
    });
  }
}
