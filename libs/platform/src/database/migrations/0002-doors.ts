import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What the doors need: mappings and what was accepted of them, deletion, correlation, rate limits, and a doorbell for watchers. Forward only. */
export class Doors1700000000002 implements MigrationInterface {
  readonly name = 'Doors1700000000002';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('migrations go forward only'));
  }
}

const STATEMENTS = [
  `ALTER TABLE attune.jobs
    ADD COLUMN request_id text,
    ADD COLUMN cloned_from uuid,
    ADD COLUMN deleted_at timestamptz`,
  // The bytes were removed with the last job that used them; the row stays for the tombstones of those jobs.
  `ALTER TABLE attune.blobs ADD COLUMN removed_at timestamptz`,
  `UPDATE attune.jobs SET options = options || '{"review": "never"}'::jsonb WHERE options -> 'review' IS NULL`,
  `CREATE TABLE attune.mappings (
    tenant_id uuid NOT NULL REFERENCES attune.tenants (id),
    id uuid NOT NULL,
    version integer NOT NULL,
    name text NOT NULL,
    entity text NOT NULL,
    document jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (id, version)
  )`,
  `CREATE INDEX idx_mappings_tenant ON attune.mappings (tenant_id, created_at, id)`,
  `CREATE TABLE attune.accepted_mappings (
    tenant_id uuid NOT NULL REFERENCES attune.tenants (id),
    fingerprint text NOT NULL,
    document jsonb NOT NULL,
    accepted_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, fingerprint)
  )`,
  `CREATE UNLOGGED TABLE attune.rate_limits (
    key text PRIMARY KEY,
    points integer NOT NULL DEFAULT 0,
    expire bigint
  )`,
  // A hint for whoever watches a job; the rows are the truth, and a lost hint costs one tick of the watcher.
  `CREATE FUNCTION attune.ring_watchers() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    PERFORM pg_notify('attune_job_events', NEW.job_id::text);
    RETURN NULL;
  END $$`,
  `CREATE TRIGGER ring_watchers AFTER INSERT ON attune.job_events FOR EACH ROW EXECUTE FUNCTION attune.ring_watchers()`,
];
