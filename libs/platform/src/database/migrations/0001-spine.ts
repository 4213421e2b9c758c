import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Tables of the job system (jobs.md, section 3). Forward only. */
export class Spine1700000000001 implements MigrationInterface {
  readonly name = 'Spine1700000000001';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('migrations go forward only'));
  }
}

const STATEMENTS = [
  `CREATE TABLE attune.tenants (
    id uuid PRIMARY KEY,
    name text NOT NULL UNIQUE,
    created_at timestamptz NOT NULL DEFAULT now()
  )`,
  `CREATE TABLE attune.api_keys (
    id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL REFERENCES attune.tenants (id),
    start text NOT NULL,
    hash bytea NOT NULL UNIQUE,
    created_at timestamptz NOT NULL DEFAULT now(),
    revoked_at timestamptz
  )`,
  `CREATE TABLE attune.blobs (
    tenant_id uuid NOT NULL REFERENCES attune.tenants (id),
    sha256 text NOT NULL,
    bytes bigint NOT NULL,
    storage_key text NOT NULL,
    verified_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, sha256)
  )`,
  `CREATE TABLE attune.datasets (
    tenant_id uuid NOT NULL,
    id uuid PRIMARY KEY,
    sha256 text NOT NULL,
    bytes bigint NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT datasets_once UNIQUE (tenant_id, sha256),
    FOREIGN KEY (tenant_id, sha256) REFERENCES attune.blobs (tenant_id, sha256)
  )`,
  `CREATE TABLE attune.jobs (
    tenant_id uuid NOT NULL REFERENCES attune.tenants (id),
    id uuid PRIMARY KEY,
    operation text NOT NULL,
    options jsonb NOT NULL,
    mapping jsonb,
    status text NOT NULL DEFAULT 'pending',
    stage text,
    generation integer NOT NULL DEFAULT 1,
    version integer NOT NULL DEFAULT 1,
    dataset_id uuid NOT NULL REFERENCES attune.datasets (id),
    input_sha256 text NOT NULL,
    input_name text,
    bytes_in bigint NOT NULL,
    cancel_requested boolean NOT NULL DEFAULT false,
    cancel_requested_at timestamptz,
    deadline_at timestamptz,
    priority_class text NOT NULL DEFAULT 'interactive',
    traceparent text,
    error jsonb,
    errors_found bigint NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(),
    started_at timestamptz,
    completed_at timestamptz,
    CONSTRAINT jobs_status CHECK (status IN ('pending','processing','awaiting_review','completed','failed','cancelled','expired'))
  )`,
  `CREATE INDEX idx_jobs_status ON attune.jobs (tenant_id, status)`,
  `CREATE INDEX idx_jobs_created_at ON attune.jobs (tenant_id, created_at DESC, id)`,
  `CREATE INDEX idx_jobs_open ON attune.jobs (deadline_at) WHERE status IN ('pending','processing','awaiting_review')`,
  `CREATE TABLE attune.job_stages (
    tenant_id uuid NOT NULL,
    job_id uuid NOT NULL REFERENCES attune.jobs (id),
    stage text NOT NULL,
    shard integer NOT NULL DEFAULT 0,
    position integer NOT NULL,
    service text NOT NULL,
    status text NOT NULL DEFAULT 'waiting',
    epoch bigint NOT NULL DEFAULT 0,
    attempt integer NOT NULL DEFAULT 0,
    crash_count integer NOT NULL DEFAULT 0,
    lost_count integer NOT NULL DEFAULT 0,
    lease_owner text,
    lease_until timestamptz,
    heartbeat_at timestamptz,
    next_run_at timestamptz NOT NULL DEFAULT now(),
    fair_at bigint NOT NULL DEFAULT 0,
    progress double precision NOT NULL DEFAULT 0,
    checkpoint jsonb,
    error jsonb,
    ready_at timestamptz,
    started_at timestamptz,
    ended_at timestamptz,
    PRIMARY KEY (job_id, stage, shard),
    CONSTRAINT job_stages_status CHECK (status IN ('waiting','ready','running','done','failed','cancelled'))
  )`,
  `CREATE INDEX idx_job_stages_claim ON attune.job_stages (service, fair_at) WHERE status IN ('ready','running')`,
  `CREATE TABLE attune.tenant_flow (
    tenant_id uuid NOT NULL,
    priority_class text NOT NULL,
    virtual_time bigint NOT NULL DEFAULT 0,
    weight integer NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, priority_class)
  )`,
  `CREATE TABLE attune.attempts (
    tenant_id uuid NOT NULL,
    job_id uuid NOT NULL REFERENCES attune.jobs (id),
    stage text NOT NULL,
    shard integer NOT NULL DEFAULT 0,
    epoch bigint NOT NULL,
    worker text NOT NULL,
    started_at timestamptz NOT NULL DEFAULT now(),
    ended_at timestamptz,
    outcome text,
    PRIMARY KEY (job_id, stage, shard, epoch)
  )`,
  `CREATE TABLE attune.artifacts (
    tenant_id uuid NOT NULL,
    id uuid PRIMARY KEY,
    job_id uuid NOT NULL REFERENCES attune.jobs (id),
    generation integer NOT NULL,
    stage text NOT NULL,
    shard integer NOT NULL DEFAULT 0,
    kind text NOT NULL,
    sha256 text NOT NULL,
    bytes bigint NOT NULL,
    records bigint,
    storage_key text NOT NULL,
    epoch bigint NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT artifacts_once UNIQUE (job_id, generation, stage, shard, kind)
  )`,
  `CREATE TABLE attune.job_events (
    tenant_id uuid NOT NULL,
    job_id uuid NOT NULL REFERENCES attune.jobs (id),
    seq integer NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    type text NOT NULL,
    level text NOT NULL,
    message text NOT NULL,
    data jsonb NOT NULL,
    PRIMARY KEY (job_id, seq)
  )`,
  `CREATE TABLE attune.row_ledger (
    tenant_id uuid NOT NULL,
    job_id uuid NOT NULL REFERENCES attune.jobs (id),
    generation integer NOT NULL,
    stage text NOT NULL,
    shard integer NOT NULL DEFAULT 0,
    unit text NOT NULL DEFAULT 'record',
    records_in bigint NOT NULL,
    records_out bigint NOT NULL,
    records_quarantined bigint NOT NULL,
    records_merged bigint NOT NULL,
    records_dropped bigint NOT NULL,
    drop_reasons jsonb NOT NULL,
    PRIMARY KEY (job_id, generation, stage, shard),
    CONSTRAINT row_ledger_reconciles CHECK (records_in = records_out + records_quarantined + records_merged + records_dropped),
    CONSTRAINT row_ledger_counts CHECK (least(records_in, records_out, records_quarantined, records_merged, records_dropped) >= 0)
  )`,
  `CREATE TABLE attune.idempotency_keys (
    tenant_id uuid NOT NULL,
    route text NOT NULL,
    key text NOT NULL,
    fingerprint text,
    state text NOT NULL,
    holder uuid NOT NULL,
    job_id uuid,
    lease_until timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, route, key),
    CONSTRAINT idempotency_keys_state CHECK (state IN ('reserved','answered'))
  )`,
  `CREATE UNLOGGED TABLE attune.workers (
    id text PRIMARY KEY,
    service text NOT NULL,
    host text NOT NULL,
    version text NOT NULL,
    slots integer NOT NULL,
    busy integer NOT NULL,
    started_at timestamptz NOT NULL DEFAULT now(),
    seen_at timestamptz NOT NULL DEFAULT now()
  )`,
  // The machine decides; the database refuses what no machine of ours would ask for.
  `CREATE FUNCTION attune.guard_job_status() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    IF NEW.status <> OLD.status AND NOT (
      (OLD.status = 'pending' AND NEW.status IN ('processing','failed','cancelled','expired')) OR
      (OLD.status = 'processing' AND NEW.status IN ('awaiting_review','completed','failed','cancelled','expired')) OR
      (OLD.status = 'awaiting_review' AND NEW.status IN ('processing','failed','cancelled','expired')) OR
      (OLD.status IN ('failed','expired','completed') AND NEW.status = 'processing' AND NEW.generation = OLD.generation + 1)
    ) THEN
      RAISE EXCEPTION 'illegal transition of a job from % to %', OLD.status, NEW.status USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
  END $$`,
  `CREATE TRIGGER guard_job_status BEFORE UPDATE OF status ON attune.jobs FOR EACH ROW EXECUTE FUNCTION attune.guard_job_status()`,
  `CREATE FUNCTION attune.guard_stage_status() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    IF NEW.epoch < OLD.epoch THEN
      RAISE EXCEPTION 'the epoch of a stage never falls' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.status <> OLD.status AND NOT (
      (OLD.status = 'waiting' AND NEW.status IN ('ready','cancelled')) OR
      (OLD.status = 'ready' AND NEW.status IN ('running','cancelled')) OR
      (OLD.status = 'running' AND NEW.status IN ('ready','done','failed','cancelled')) OR
      (OLD.status IN ('done','failed','cancelled') AND NEW.status IN ('ready','waiting'))
    ) THEN
      RAISE EXCEPTION 'illegal transition of a stage from % to %', OLD.status, NEW.status USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
  END $$`,
  `CREATE TRIGGER guard_stage_status BEFORE UPDATE ON attune.job_stages FOR EACH ROW EXECUTE FUNCTION attune.guard_stage_status()`,
  `ALTER TABLE attune.job_stages SET (autovacuum_vacuum_scale_factor = 0.01)`,
  `ALTER TABLE attune.jobs SET (autovacuum_vacuum_scale_factor = 0.01)`,
];
