import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Uploads that come in parts, through any gateway. Forward only. */
export class Uploads1700000000010 implements MigrationInterface {
  readonly name = 'Uploads1700000000010';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('migrations go forward only'));
  }
}

const STATEMENTS = [
  `CREATE TABLE attune.uploads (
    tenant_id uuid NOT NULL REFERENCES attune.tenants (id),
    id uuid PRIMARY KEY,
    length bigint NOT NULL,
    received bigint NOT NULL DEFAULT 0,
    name text,
    declared_sha256 text,
    metadata text NOT NULL,
    sha256 text,
    holder uuid,
    lease_until timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    CONSTRAINT uploads_received CHECK (received >= 0 AND received <= length)
  )`,
  `CREATE INDEX idx_uploads_expiry ON attune.uploads (expires_at)`,
  `CREATE TABLE attune.upload_parts (
    tenant_id uuid NOT NULL REFERENCES attune.tenants (id),
    upload_id uuid NOT NULL REFERENCES attune.uploads (id),
    start bigint NOT NULL,
    bytes bigint NOT NULL,
    sha256 text NOT NULL,
    storage_key text NOT NULL,
    PRIMARY KEY (upload_id, start)
  )`,
];
