import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Generations: which one's result is whole, and that a job goes on with mended records whatever became of an earlier resubmission. Forward only. */
export class Resubmit1700000000004 implements MigrationInterface {
  readonly name = 'Resubmit1700000000004';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('migrations go forward only'));
  }
}

const STATEMENTS = [
  `ALTER TABLE attune.jobs
    ADD COLUMN kept_generation integer,
    ADD COLUMN kept_errors_found bigint NOT NULL DEFAULT 0`,
  `UPDATE attune.jobs SET kept_generation = generation WHERE status = 'completed' OR error->>'code' = 'quarantine.limit'`,
  // A cancelled job stays so, unless an earlier generation of it is whole: then only the resubmission was cancelled.
  `CREATE OR REPLACE FUNCTION attune.guard_job_status() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    IF NEW.status <> OLD.status AND NOT (
      (OLD.status = 'pending' AND NEW.status IN ('processing','failed','cancelled','expired')) OR
      (OLD.status = 'processing' AND NEW.status IN ('awaiting_review','completed','failed','cancelled','expired')) OR
      (OLD.status = 'awaiting_review' AND NEW.status IN ('processing','failed','cancelled','expired')) OR
      (OLD.status IN ('failed','expired','completed') AND NEW.status = 'processing' AND NEW.generation = OLD.generation + 1) OR
      (OLD.status = 'cancelled' AND coalesce(OLD.kept_generation < OLD.generation, false) AND NEW.status = 'processing' AND NEW.generation = OLD.generation + 1)
    ) THEN
      RAISE EXCEPTION 'illegal transition of a job from % to %', OLD.status, NEW.status USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
  END $$`,
];
