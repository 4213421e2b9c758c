import type { ArtifactKind } from '@attune/core';
import type { Database } from './database.js';
import type { StoredArtifact } from './stages.repository.js';

/** An artifact with where it comes from; `createdAt` in milliseconds of the database clock. */
export interface ListedArtifact extends StoredArtifact {
  readonly stage: string;
  readonly generation: number;
  readonly createdAt: number;
}

/** Committed artifacts of a job; what is not here does not exist. */
export class ArtifactsRepository {
  constructor(private readonly database: Database) {}

  /** The artifact of the job's current generation, or of the latest that left it. */
  async find(tenantId: string, jobId: string, kind: ArtifactKind): Promise<StoredArtifact | undefined> {
    const [found] = await this.database.query<StoredArtifact>(
      `SELECT kind, sha256, bytes::float8 AS bytes, records::float8 AS records, storage_key AS "storageKey"
       FROM attune.artifacts WHERE tenant_id = $1 AND job_id = $2 AND kind = $3 ORDER BY generation DESC LIMIT 1`,
      [tenantId, jobId, kind],
    );
    return found;
  }

  /** In the order in which they were left. */
  async list(tenantId: string, jobId: string): Promise<ListedArtifact[]> {
    return this.database.query<ListedArtifact>(
      `SELECT stage, generation, kind, sha256, bytes::float8 AS bytes, records::float8 AS records, storage_key AS "storageKey",
         (extract(epoch from created_at) * 1000)::float8 AS "createdAt"
       FROM attune.artifacts WHERE tenant_id = $1 AND job_id = $2 ORDER BY created_at, kind`,
      [tenantId, jobId],
    );
  }
}
