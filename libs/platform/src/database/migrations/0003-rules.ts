import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Documents of rules that tenants keep, and which columns a job's dataset had, so that the job before it is found. Forward only. */
export class Rules1700000000003 implements MigrationInterface {
  readonly name = 'Rules1700000000003';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('migrations go forward only'));
  }
}

const STATEMENTS = [
  `CREATE TABLE attune.rule_sets (
    tenant_id uuid NOT NULL REFERENCES attune.tenants (id),
    id uuid PRIMARY KEY,
    version integer NOT NULL,
    name text NOT NULL,
    entity text,
    document jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
  )`,
  `CREATE INDEX idx_rule_sets_tenant ON attune.rule_sets (tenant_id, created_at, id)`,
  // Written before the quality report is; a job without one is passed over, and a deleted job has none.
  `CREATE TABLE attune.checked_datasets (
    job_id uuid PRIMARY KEY REFERENCES attune.jobs (id),
    tenant_id uuid NOT NULL REFERENCES attune.tenants (id),
    fingerprint text NOT NULL,
    entity text NOT NULL,
    checked_at timestamptz NOT NULL DEFAULT now()
  )`,
  `CREATE INDEX idx_checked_datasets_like ON attune.checked_datasets (tenant_id, fingerprint, entity, checked_at)`,
];
