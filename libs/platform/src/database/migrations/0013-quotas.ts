import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What a tenant may take of the installation, and what it has sent today. Forward only. */
export class Quotas1700000000013 implements MigrationInterface {
  readonly name = 'Quotas1700000000013';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('migrations go forward only'));
  }
}

const STATEMENTS = [
  // Null is no limit; a tenant without a row has what the settings say.
  `CREATE TABLE attune.tenant_quotas (
    tenant_id uuid PRIMARY KEY REFERENCES attune.tenants (id),
    version integer NOT NULL DEFAULT 1,
    queued_jobs integer,
    bytes_per_day bigint,
    concurrent_uploads integer,
    updated_at timestamptz NOT NULL DEFAULT now()
  )`,
  `CREATE TABLE attune.received_bytes (
    tenant_id uuid NOT NULL REFERENCES attune.tenants (id),
    day date NOT NULL,
    bytes bigint NOT NULL,
    PRIMARY KEY (tenant_id, day)
  )`,
];
