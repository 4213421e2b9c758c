import { v7 as uuidv7 } from 'uuid';
import type { Database } from './database.js';

export interface ReceivedBlob {
  readonly tenantId: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly storageKey: string;
}

/** Received bytes, stored once per tenant by sha256: the same bytes are the same dataset, with the time they first came. */
export class DatasetsRepository {
  constructor(private readonly database: Database) {}

  async receive(blob: ReceivedBlob): Promise<{ datasetId: string }> {
    return this.database.transaction(async (query) => {
      await query(
        `INSERT INTO attune.blobs (tenant_id, sha256, bytes, storage_key) VALUES ($1, $2, $3, $4) ON CONFLICT (tenant_id, sha256) DO UPDATE SET verified_at = now()`,
        [blob.tenantId, blob.sha256, blob.bytes, blob.storageKey],
      );
      const [dataset] = await query<{ id: string }>(
        `INSERT INTO attune.datasets (tenant_id, id, sha256, bytes) VALUES ($1, $2, $3, $4)
         ON CONFLICT (tenant_id, sha256) DO UPDATE SET bytes = excluded.bytes RETURNING id`,
        [blob.tenantId, uuidv7(), blob.sha256, blob.bytes],
      );
      return { datasetId: dataset!.id };
    });
  }
}
