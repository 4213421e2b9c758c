import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Webhooks that are told of one job alone, and the secret that signs for all of those of a tenant. Forward only. */
export class JobWebhooks1700000000025 implements MigrationInterface {
  readonly name = 'JobWebhooks1700000000025';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('migrations go forward only'));
  }
}

const STATEMENTS = [
  `ALTER TABLE attune.webhooks ADD COLUMN job_id uuid REFERENCES attune.jobs (id)`,
  `CREATE UNIQUE INDEX idx_webhooks_job ON attune.webhooks (job_id) WHERE job_id IS NOT NULL`,
  // There is one per job, so whoever looks for those of the tenant must not have to pass them.
  `CREATE INDEX idx_webhooks_listed ON attune.webhooks (tenant_id, created_at, id) WHERE job_id IS NULL`,
  `DROP INDEX attune.idx_webhooks_tenant`,
  `ALTER TABLE attune.jobs ADD COLUMN webhook_id uuid`,
  `ALTER TABLE attune.webhook_deliveries ADD COLUMN of_job boolean NOT NULL DEFAULT false`,
  `CREATE INDEX idx_webhook_deliveries_of_job ON attune.webhook_deliveries (tenant_id, next_try_at) WHERE outcome = 'pending' AND of_job`,
  // Derived like those of webhooks; 0 is one that nobody was ever shown.
  `ALTER TABLE attune.tenants ADD COLUMN job_secret_version integer NOT NULL DEFAULT 0`,
  `ALTER TABLE attune.tenants ADD COLUMN previous_job_secret_until timestamptz`,
];
