import type { ArtifactKind, RowLedger, StageName } from '@attune/core';
import { type Database, prepared } from './database.js';
import type { StoredArtifact } from './stages.repository.js';

/** An artifact with where it comes from; `createdAt` in milliseconds of the database clock. */
export interface ListedArtifact extends StoredArtifact {
  readonly stage: string;
  readonly generation: number;
  readonly createdAt: number;
}

const STORED = `kind, sha256, bytes::float8 AS bytes, records::float8 AS records, storage_key AS "storageKey"`;
/** What a resubmission leaves is shown when it is whole. */
const SHOWN = `(SELECT coalesce(kept_generation, generation) FROM attune.jobs WHERE id = $2)`;

/** Artifacts that a stage of one job has left together. */
export interface EarlierArtifacts {
  readonly jobId: string;
  readonly generation: number;
  readonly artifacts: readonly StoredArtifact[];
}

type ShardArtifact = StoredArtifact & { readonly generation: number; readonly shard: number };

/** What the stages before a stage have left; of one kind in the order of the shards. */
export class LeftArtifacts {
  constructor(private readonly artifacts: readonly ShardArtifact[]) {}

  ofShards(kind: ArtifactKind): readonly StoredArtifact[] {
    return this.artifacts.filter((artifact) => artifact.kind === kind);
  }

  /** That of the latest generation, which stands for all shards. */
  latest(kind: ArtifactKind): StoredArtifact | undefined {
    const found = this.artifacts.filter((artifact) => artifact.kind === kind);
    const generation = Math.max(...found.map((artifact) => artifact.generation));
    return found.findLast((artifact) => artifact.generation === generation);
  }
}

/** Committed artifacts of a job; what is not here does not exist. */
export class ArtifactsRepository {
  constructor(private readonly database: Database) {}

  /** The artifact as clients read it: of the generation that is kept, or of the first one while it is being made; else of the latest before. */
  async find(tenantId: string, jobId: string, kind: ArtifactKind): Promise<StoredArtifact | undefined> {
    const [found] = await this.database.query<StoredArtifact>(
      `SELECT ${STORED} FROM attune.artifacts WHERE tenant_id = $1 AND job_id = $2 AND kind = $3 AND generation <= ${SHOWN}
       ORDER BY generation DESC, shard DESC LIMIT 1`,
      [tenantId, jobId, kind],
    );
    return found;
  }

  /** Everything that a stage of this generation may read: of every kind and shard what its own generation left, or the latest before. */
  async left(jobId: string, generation: number): Promise<LeftArtifacts> {
    return new LeftArtifacts(
      await this.database.query<ShardArtifact>(
        prepared(`SELECT DISTINCT ON (kind, shard) generation, shard, ${STORED} FROM attune.artifacts WHERE job_id = $1 AND generation <= $2
         ORDER BY kind, shard, generation DESC`),
        [jobId, generation],
      ),
    );
  }

  /** What the first shard of a transform has left of the same content, in whatever job of the tenant that is still there. */
  async madeOf(tenantId: string, contentKey: string): Promise<EarlierArtifacts | undefined> {
    const [found] = await this.database.query<EarlierArtifacts>(
      `SELECT s.job_id AS "jobId", s.generation,
         (SELECT json_agg(json_build_object('kind', kind, 'sha256', sha256, 'bytes', bytes, 'records', records, 'storageKey', storage_key) ORDER BY kind)
          FROM attune.artifacts a WHERE a.job_id = s.job_id AND a.generation = s.generation AND a.stage = s.stage AND a.shard = s.shard) AS artifacts
       FROM attune.artifacts s JOIN attune.jobs j ON j.id = s.job_id AND j.deleted_at IS NULL
       WHERE s.tenant_id = $1 AND s.content_key = $2 AND s.kind = 'silver' AND s.shard = 0 ORDER BY s.created_at DESC LIMIT 1`,
      [tenantId, contentKey],
    );
    return found;
  }

  /** What the stage has committed in this generation, or in the latest before. */
  async ledger(jobId: string, generation: number, stage: StageName): Promise<RowLedger | undefined> {
    const [found] = await this.database.query<RowLedger>(
      `SELECT records_in::float8 AS "recordsIn", records_out::float8 AS "recordsOut", records_quarantined::float8 AS "recordsQuarantined",
         records_merged::float8 AS "recordsMerged", records_dropped::float8 AS "recordsDropped", drop_reasons AS "dropReasons"
       FROM attune.row_ledger WHERE job_id = $1 AND generation <= $2 AND stage = $3 ORDER BY generation DESC, shard DESC LIMIT 1`,
      [jobId, generation, stage],
    );
    return found;
  }

  /** In the order in which they were left. */
  async list(tenantId: string, jobId: string): Promise<ListedArtifact[]> {
    return this.database.query<ListedArtifact>(
      `SELECT stage, generation, kind, sha256, bytes::float8 AS bytes, records::float8 AS records, storage_key AS "storageKey",
         (extract(epoch from created_at) * 1000)::float8 AS "createdAt"
       FROM attune.artifacts WHERE tenant_id = $1 AND job_id = $2 AND generation <= ${SHOWN} ORDER BY created_at, kind`,
      [tenantId, jobId],
    );
  }
}
