import { v7 as uuidv7 } from 'uuid';
import type { Database } from './database.js';

/** A key as it may be shown: the characters by which it is told from others. */
export interface KeptKey {
  readonly start: string;
  readonly tenant: string;
  readonly created_at: string;
  readonly revoked_at: string | null;
}

const iso = (column: string): string => `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS ${column.split('.')[1]}`;
const KEPT = `k.start, t.name AS tenant, ${iso('k.created_at')}, ${iso('k.revoked_at')}`;

/** Tenants and the hashes of their API keys; a key itself is never stored. */
export class TenantsRepository {
  constructor(private readonly database: Database) {}

  async ensureTenant(name: string): Promise<string> {
    const [tenant] = await this.database.query<{ id: string }>(
      `INSERT INTO attune.tenants (id, name) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET name = excluded.name RETURNING id`,
      [uuidv7(), name],
    );
    return tenant!.id;
  }

  async addKey(tenantId: string, start: string, hash: Buffer): Promise<void> {
    await this.database.query(
      `INSERT INTO attune.api_keys (id, tenant_id, start, hash) VALUES ($1, $2, $3, $4) ON CONFLICT (hash) DO NOTHING`,
      [uuidv7(), tenantId, start, hash],
    );
  }

  /** In the order in which they were made. */
  async listKeys(tenant?: string): Promise<KeptKey[]> {
    return this.database.query<KeptKey>(
      `SELECT ${KEPT} FROM attune.api_keys k JOIN attune.tenants t ON t.id = k.tenant_id
       WHERE $1::text IS NULL OR t.name = $1 ORDER BY k.created_at, k.id`,
      [tenant ?? null],
    );
  }

  /** Answers the keys that begin so and were good until now. */
  async revokeKeys(start: string): Promise<KeptKey[]> {
    return this.database.query<KeptKey>(
      `UPDATE attune.api_keys k SET revoked_at = now() FROM attune.tenants t
       WHERE t.id = k.tenant_id AND k.start = $1 AND k.revoked_at IS NULL RETURNING ${KEPT}`,
      [start],
    );
  }

  /** A tenant whose id is known beforehand. Fails where another tenant has the name. */
  async reserveTenant(id: string, name: string): Promise<void> {
    await this.database.query(`INSERT INTO attune.tenants (id, name) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING`, [id, name]);
  }

  /** The tenant has this key and no other. */
  async replaceKeys(tenantId: string, start: string, hash: Buffer): Promise<void> {
    await this.database.query(
      `WITH old AS (DELETE FROM attune.api_keys WHERE tenant_id = $2)
       INSERT INTO attune.api_keys (id, tenant_id, start, hash) VALUES ($1, $2, $3, $4)`,
      [uuidv7(), tenantId, start, hash],
    );
  }

  async idOf(name: string): Promise<string | undefined> {
    const [tenant] = await this.database.query<{ id: string }>(`SELECT id FROM attune.tenants WHERE name = $1`, [name]);
    return tenant?.id;
  }

  /** Whether the tenant has one of the names. */
  async isNamed(tenantId: string, names: readonly string[]): Promise<boolean> {
    return (await this.database.query(`SELECT 1 FROM attune.tenants WHERE id = $1 AND name = ANY($2)`, [tenantId, names])).length > 0;
  }

  async tenantOfKey(hash: Buffer): Promise<string | undefined> {
    const [key] = await this.database.query<{ tenant_id: string }>(
      `SELECT tenant_id FROM attune.api_keys WHERE hash = $1 AND revoked_at IS NULL`,
      [hash],
    );
    return key?.tenant_id;
  }
}
