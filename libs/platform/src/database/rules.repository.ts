import { AppError } from '@attune/core';
import type { RuleSet } from '@attune/rules';
import { v7 as uuidv7 } from 'uuid';
import type { Database } from './database.js';
import type { StoredArtifact } from './stages.repository.js';

/** A document of rules that a tenant keeps. */
export interface StoredRuleSet {
  readonly id: string;
  readonly version: number;
  readonly name: string;
  readonly entity: string | null;
  readonly document: RuleSet;
  /** Milliseconds of the database clock. */
  readonly updatedAt: number;
}

/** Where a page of documents ends. */
export interface RuleSetKey {
  readonly createdAt: number;
  readonly id: string;
}

/** A dataset that is being checked: which columns it had and what its records are. */
export interface CheckedDataset {
  readonly tenantId: string;
  readonly jobId: string;
  readonly fingerprint: string;
  readonly entity: string;
}

interface Given {
  readonly name: string;
  readonly document: RuleSet;
}

const COLUMNS = `id, version, name, entity, document, (extract(epoch from updated_at) * 1000)::float8 AS "updatedAt"`;

/** Documents of rules, and the reports that a dataset is compared with. Another tenant's do not exist. */
export class RulesRepository {
  constructor(private readonly database: Database) {}

  /** Keeps a document as version 1 under a new id. */
  async create(tenantId: string, { name, document }: Given): Promise<StoredRuleSet> {
    const [created] = await this.database.query<StoredRuleSet>(
      `INSERT INTO attune.rule_sets (tenant_id, id, version, name, entity, document) VALUES ($1, $2, 1, $3, $4, $5::jsonb) RETURNING ${COLUMNS}`,
      [tenantId, uuidv7(), name, document.entity ?? null, JSON.stringify(document)],
    );
    return created!;
  }

  /** Replaces the document of version `expected`. @throws AppError not_found; precondition_failed when the version is another. */
  async revise(tenantId: string, id: string, expected: number, { name, document }: Given): Promise<StoredRuleSet> {
    const [revised] = await this.database.query<StoredRuleSet>(
      `UPDATE attune.rule_sets SET version = version + 1, name = $4, entity = $5, document = $6::jsonb, updated_at = now()
       WHERE tenant_id = $1 AND id = $2 AND version = $3 RETURNING ${COLUMNS}`,
      [tenantId, id, expected, name, document.entity ?? null, JSON.stringify(document)],
    );
    if (revised) return revised;
    await this.find(tenantId, id);
    throw new AppError('precondition_failed', 'the rules have a later version than the one that was read');
  }

  /** @throws AppError not_found. */
  async find(tenantId: string, id: string): Promise<StoredRuleSet> {
    const [found] = await this.database.query<StoredRuleSet>(`SELECT ${COLUMNS} FROM attune.rule_sets WHERE tenant_id = $1 AND id = $2`, [
      tenantId,
      id,
    ]);
    if (!found) throw notFound();
    return found;
  }

  /** @throws AppError not_found. */
  async remove(tenantId: string, id: string): Promise<void> {
    const removed = await this.database.query(`DELETE FROM attune.rule_sets WHERE tenant_id = $1 AND id = $2 RETURNING id`, [tenantId, id]);
    if (removed.length === 0) throw notFound();
  }

  /** Newest first; `after` is the last key of the page before. */
  async list(
    tenantId: string,
    { limit, after }: { limit: number; after?: RuleSetKey },
  ): Promise<(StoredRuleSet & { readonly key: RuleSetKey })[]> {
    const rows = await this.database.query<StoredRuleSet & { createdAt: number }>(
      `SELECT ${COLUMNS}, (extract(epoch from created_at) * 1000)::float8 AS "createdAt" FROM attune.rule_sets
       WHERE tenant_id = $1 AND ($2::float8 IS NULL OR ((extract(epoch from created_at) * 1000)::float8, id) < ($2, $3::uuid))
       ORDER BY created_at DESC, id DESC LIMIT $4`,
      [tenantId, after?.createdAt ?? null, after?.id ?? null, limit],
    );
    return rows.map(({ createdAt, ...stored }) => ({ ...stored, key: { createdAt, id: stored.id } }));
  }

  /**
   * Notes that the dataset is being checked, and returns the report of the job of the same tenant before it over a dataset with the same
   * columns and entity. Asked again it answers the same, unless that job was deleted meanwhile.
   */
  async reportBefore({ tenantId, jobId, fingerprint, entity }: CheckedDataset): Promise<(StoredArtifact & { jobId: string }) | undefined> {
    await this.database.query(
      `INSERT INTO attune.checked_datasets (job_id, tenant_id, fingerprint, entity) VALUES ($1, $2, $3, $4) ON CONFLICT (job_id) DO NOTHING`,
      [jobId, tenantId, fingerprint, entity],
    );
    // From the last one backwards, however many there were: none that was deleted has left a report.
    const [found] = await this.database.query<StoredArtifact & { jobId: string }>(
      `SELECT c.job_id AS "jobId", a.kind, a.sha256, a.bytes::float8 AS bytes, a.records::float8 AS records, a.storage_key AS "storageKey"
       FROM attune.checked_datasets c CROSS JOIN LATERAL (
         SELECT * FROM attune.artifacts WHERE artifacts.job_id = c.job_id AND kind = 'quality' ORDER BY generation DESC LIMIT 1) a
       WHERE c.tenant_id = $2 AND c.fingerprint = $3 AND c.entity = $4
         AND c.checked_at < (SELECT checked_at FROM attune.checked_datasets WHERE job_id = $1)
       ORDER BY c.checked_at DESC LIMIT 1`,
      [jobId, tenantId, fingerprint, entity],
    );
    return found;
  }
}

function notFound(): AppError {
  return new AppError('not_found', 'there is no such document of rules');
}
