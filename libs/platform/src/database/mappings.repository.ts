import { AppError, type GivenMapping, type Mapping } from '@attune/core';
import { v7 as uuidv7 } from 'uuid';
import type { Database } from './database.js';

/** A mapping document at one of its versions. */
export interface StoredMapping {
  readonly id: string;
  readonly version: number;
  readonly name: string;
  readonly entity: string;
  readonly document: GivenMapping;
  /** Milliseconds of the database clock. */
  readonly createdAt: number;
}

/** Where a page of mappings ends. */
export interface MappingKey {
  readonly createdAt: number;
  readonly id: string;
}

const COLUMNS = `m.id, m.version, m.name, m.entity, m.document, (extract(epoch from m.created_at) * 1000)::float8 AS "createdAt"`;

/** Mapping documents and what was accepted of them. Everything is asked for with a tenant; another tenant's mapping does not exist. */
export class MappingsRepository {
  constructor(private readonly database: Database) {}

  /** Keeps a document as version 1 under a new id. */
  async create(tenantId: string, { name, document }: { name: string; document: GivenMapping }): Promise<StoredMapping> {
    const [created] = await this.database.query<StoredMapping>(
      `INSERT INTO attune.mappings AS m (tenant_id, id, version, name, entity, document) VALUES ($1, $2, 1, $3, $4, $5::jsonb) RETURNING ${COLUMNS}`,
      [tenantId, uuidv7(), name, document.entity, JSON.stringify(document)],
    );
    return created!;
  }

  /**
   * Adds a version after `expected`; versions that exist never change.
   * @throws AppError not_found; precondition_failed when the latest version is another.
   */
  async revise(
    tenantId: string,
    id: string,
    expected: number,
    { name, document }: { name: string; document: GivenMapping },
  ): Promise<StoredMapping> {
    return this.database.transaction(async (query) => {
      // The first version stands for the mapping: who holds its lock is the only one to add a version.
      const [own] = await query(`SELECT 1 FROM attune.mappings WHERE tenant_id = $1 AND id = $2 AND version = 1 FOR UPDATE`, [
        tenantId,
        id,
      ]);
      if (!own) throw notFound();
      const [latest] = await query<{ version: number }>(`SELECT max(version) AS version FROM attune.mappings WHERE id = $1`, [id]);
      if (latest!.version !== expected)
        throw new AppError('precondition_failed', 'the mapping has a later version than the one that was read');
      const [added] = await query<StoredMapping>(
        `INSERT INTO attune.mappings AS m (tenant_id, id, version, name, entity, document) VALUES ($1, $2, $3, $4, $5, $6::jsonb) RETURNING ${COLUMNS}`,
        [tenantId, id, expected + 1, name, document.entity, JSON.stringify(document)],
      );
      return added!;
    });
  }

  /** The version asked for, or the latest. @throws AppError not_found. */
  async find(tenantId: string, id: string, version?: number): Promise<StoredMapping> {
    const [found] = await this.database.query<StoredMapping>(
      `SELECT ${COLUMNS} FROM attune.mappings m WHERE m.tenant_id = $1 AND m.id = $2 AND ($3::integer IS NULL OR m.version = $3)
       ORDER BY m.version DESC LIMIT 1`,
      [tenantId, id, version ?? null],
    );
    if (!found) throw notFound();
    return found;
  }

  /** Each mapping at its latest version, the newest mapping first; `after` is the last key of the page before. */
  async list(
    tenantId: string,
    { limit, after }: { limit: number; after?: MappingKey },
  ): Promise<(StoredMapping & { readonly key: MappingKey })[]> {
    const rows = await this.database.query<StoredMapping & { firstAt: number }>(
      `SELECT ${COLUMNS}, (extract(epoch from f.created_at) * 1000)::float8 AS "firstAt"
       FROM attune.mappings f
       JOIN LATERAL (SELECT * FROM attune.mappings v WHERE v.id = f.id ORDER BY v.version DESC LIMIT 1) m ON true
       WHERE f.tenant_id = $1 AND f.version = 1
         AND ($2::float8 IS NULL OR ((extract(epoch from f.created_at) * 1000)::float8, f.id) < ($2, $3::uuid))
       ORDER BY f.created_at DESC, f.id DESC LIMIT $4`,
      [tenantId, after?.createdAt ?? null, after?.id ?? null, limit],
    );
    return rows.map(({ firstAt, ...stored }) => ({ ...stored, key: { createdAt: firstAt, id: stored.id } }));
  }

  /** Versions of one mapping, the latest first; `before` is the last version of the page before. @throws AppError not_found. */
  async versions(tenantId: string, id: string, { limit, before }: { limit: number; before?: number }): Promise<StoredMapping[]> {
    const found = await this.database.query<StoredMapping>(
      `SELECT ${COLUMNS} FROM attune.mappings m WHERE m.tenant_id = $1 AND m.id = $2 AND ($3::integer IS NULL OR m.version < $3)
       ORDER BY m.version DESC LIMIT $4`,
      [tenantId, id, before ?? null, limit],
    );
    if (found.length === 0 && before === undefined) throw notFound();
    return found;
  }

  /** Notes that a person of the tenant has accepted the mapping for files with these columns; the latest acceptance counts. */
  async remember(tenantId: string, fingerprint: string, mapping: Mapping | GivenMapping): Promise<void> {
    await this.database.query(
      `INSERT INTO attune.accepted_mappings (tenant_id, fingerprint, document) VALUES ($1, $2, $3::jsonb)
       ON CONFLICT (tenant_id, fingerprint) DO UPDATE SET document = excluded.document, accepted_at = now()`,
      [tenantId, fingerprint, JSON.stringify(mapping)],
    );
  }

  /** What the tenant has accepted for files with these columns. */
  async remembered(tenantId: string, fingerprint: string): Promise<GivenMapping | undefined> {
    const [found] = await this.database.query<{ document: GivenMapping }>(
      `SELECT document FROM attune.accepted_mappings WHERE tenant_id = $1 AND fingerprint = $2`,
      [tenantId, fingerprint],
    );
    return found?.document;
  }
}

function notFound(): AppError {
  return new AppError('not_found', 'there is no such mapping');
}
