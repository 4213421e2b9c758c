import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Webhooks of tenants, and what is still to be sent to them. Forward only. */
export class Webhooks1700000000005 implements MigrationInterface {
  readonly name = 'Webhooks1700000000005';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('migrations go forward only'));
  }
}

const STATEMENTS = [
  // Secrets are derived from the pepper, the id and this version: a stolen table signs nothing.
  `CREATE TABLE attune.webhooks (
    tenant_id uuid NOT NULL REFERENCES attune.tenants (id),
    id uuid PRIMARY KEY,
    version integer NOT NULL DEFAULT 1,
    url text NOT NULL,
    types text[] NOT NULL,
    description text,
    secret_version integer NOT NULL DEFAULT 1,
    previous_secret_until timestamptz,
    disabled_at timestamptz,
    disabled_reason text,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT webhooks_disabled CHECK ((disabled_at IS NULL) = (disabled_reason IS NULL))
  )`,
  `CREATE INDEX idx_webhooks_tenant ON attune.webhooks (tenant_id, created_at, id)`,
  // A claim moves next_try_at to the end of its lease: a row whose gateway died is due again by itself.
  `CREATE TABLE attune.webhook_deliveries (
    tenant_id uuid NOT NULL REFERENCES attune.tenants (id),
    id uuid PRIMARY KEY,
    endpoint_id uuid NOT NULL REFERENCES attune.webhooks (id) ON DELETE CASCADE,
    job_id uuid NOT NULL REFERENCES attune.jobs (id),
    seq integer NOT NULL,
    type text NOT NULL,
    job_status text NOT NULL,
    job_version integer NOT NULL,
    outcome text NOT NULL DEFAULT 'pending',
    tries integer NOT NULL DEFAULT 0,
    claims integer NOT NULL DEFAULT 0,
    next_try_at timestamptz NOT NULL DEFAULT now(),
    last_try_at timestamptz,
    last_status integer,
    last_error text,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT webhook_deliveries_once UNIQUE (endpoint_id, job_id, seq),
    CONSTRAINT webhook_deliveries_outcome CHECK (outcome IN ('pending','delivered','failed'))
  )`,
  `CREATE INDEX idx_webhook_deliveries_due ON attune.webhook_deliveries (endpoint_id, next_try_at) WHERE outcome = 'pending'`,
  `CREATE INDEX idx_webhook_deliveries_log ON attune.webhook_deliveries (tenant_id, endpoint_id, created_at, id)`,
];
