import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What is to be removed and when, what must not be, and when the chores of the whole installation were last done. Forward only. */
export class Housekeeping1700000000009 implements MigrationInterface {
  readonly name = 'Housekeeping1700000000009';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('migrations go forward only'));
  }
}

const STATEMENTS = [
  // Of the store, not of a tenant: whose an unnamed object is nobody may be able to say.
  `CREATE TABLE attune.gc_marks (
    storage_key text PRIMARY KEY,
    bytes bigint NOT NULL,
    modified_at timestamptz NOT NULL,
    marked_at timestamptz NOT NULL DEFAULT now(),
    swept_at timestamptz
  )`,
  `CREATE TABLE attune.chores (
    name text PRIMARY KEY,
    began_at timestamptz NOT NULL DEFAULT now()
  )`,
  // Days of null are for ever; a tenant without a row has what the settings say.
  `CREATE TABLE attune.retention_policies (
    tenant_id uuid PRIMARY KEY REFERENCES attune.tenants (id),
    version integer NOT NULL DEFAULT 1,
    raw_days integer,
    results_days integer,
    updated_at timestamptz NOT NULL DEFAULT now()
  )`,
  `ALTER TABLE attune.jobs ADD COLUMN held_at timestamptz`,
  `ALTER TABLE attune.datasets ADD COLUMN held_at timestamptz`,
  `CREATE INDEX idx_jobs_dataset ON attune.jobs (dataset_id)`,
  `CREATE INDEX idx_jobs_kept ON attune.jobs (completed_at) WHERE deleted_at IS NULL`,
  // By these the collector finds out what names an object.
  `CREATE INDEX idx_artifacts_storage_key ON attune.artifacts (storage_key)`,
  `CREATE INDEX idx_blobs_storage_key ON attune.blobs (storage_key)`,
];
