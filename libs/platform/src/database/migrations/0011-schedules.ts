import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Schedules of tenants, and what became of their due times. Forward only. */
export class Schedules1700000000011 implements MigrationInterface {
  readonly name = 'Schedules1700000000011';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('migrations go forward only'));
  }
}

const STATEMENTS = [
  `CREATE TABLE attune.schedules (
    tenant_id uuid NOT NULL REFERENCES attune.tenants (id),
    id uuid PRIMARY KEY,
    version integer NOT NULL DEFAULT 1,
    name text NOT NULL,
    cron text NOT NULL,
    time_zone text NOT NULL,
    request jsonb NOT NULL,
    catch_up text NOT NULL,
    paused boolean NOT NULL DEFAULT false,
    next_due_at timestamptz,
    fired_through timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT schedules_catch_up CHECK (catch_up IN ('none','last','all')),
    CONSTRAINT schedules_paused CHECK (NOT paused OR next_due_at IS NULL)
  )`,
  `CREATE INDEX idx_schedules_tenant ON attune.schedules (tenant_id, created_at, id)`,
  `CREATE INDEX idx_schedules_due ON attune.schedules (next_due_at) WHERE next_due_at IS NOT NULL`,
  // The unique key is the last word: whoever believes to lead, a due time is decided once.
  `CREATE TABLE attune.schedule_fires (
    tenant_id uuid NOT NULL REFERENCES attune.tenants (id),
    schedule_id uuid NOT NULL REFERENCES attune.schedules (id) ON DELETE CASCADE,
    due_at timestamptz NOT NULL,
    skipped_through timestamptz,
    cause text NOT NULL,
    outcome text NOT NULL,
    job_id uuid REFERENCES attune.jobs (id),
    problem_code text,
    decided_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (schedule_id, due_at),
    CONSTRAINT schedule_fires_cause CHECK (cause IN ('due','trigger')),
    CONSTRAINT schedule_fires_outcome CHECK (outcome IN ('fired','failed','skipped')),
    CONSTRAINT schedule_fires_job CHECK ((outcome = 'fired') = (job_id IS NOT NULL)),
    CONSTRAINT schedule_fires_problem CHECK ((outcome = 'failed') = (problem_code IS NOT NULL))
  )`,
  `CREATE INDEX idx_schedule_fires_tenant ON attune.schedule_fires (tenant_id, schedule_id, due_at)`,
];
