import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The end of the queue is found at once however long it is, and tables that change all the time are swept often. Forward only. */
export class Fairness1700000000008 implements MigrationInterface {
  readonly name = 'Fairness1700000000008';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('migrations go forward only'));
  }
}

const STATEMENTS = [
  `CREATE INDEX idx_job_stages_fair_at ON attune.job_stages (fair_at) WHERE status IN ('ready','running')`,
  `CREATE INDEX idx_job_stages_ready ON attune.job_stages (service, fair_at) WHERE status = 'ready'`,
  // Flows that are there keep the weight they had: the classes had none so far.
  `UPDATE attune.tenant_flow SET weight = 4 WHERE priority_class = 'interactive' AND weight = 1`,
  `ALTER TABLE attune.tenant_flow ADD CONSTRAINT tenant_flow_weight CHECK (weight BETWEEN 1 AND 1000)`,
  `ALTER TABLE attune.tenant_flow SET (autovacuum_vacuum_scale_factor = 0.01)`,
  `ALTER TABLE attune.attempts SET (autovacuum_vacuum_scale_factor = 0.01)`,
  `ALTER TABLE attune.idempotency_keys SET (autovacuum_vacuum_scale_factor = 0.01)`,
];
