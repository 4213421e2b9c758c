import { v7 as uuidv7 } from 'uuid';
import type { Database } from './database.js';

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
