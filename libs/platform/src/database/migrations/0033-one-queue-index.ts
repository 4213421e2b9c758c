import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * One index has the order in which stages are claimed, and every look into a queue goes by it: of several Postgres takes a wrong one while its
 * statistics are from before the jobs came. Forward only.
 */
export class OneQueueIndex1700000000033 implements MigrationInterface {
  readonly name = 'OneQueueIndex1700000000033';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('migrations go forward only'));
  }
}

const STATEMENTS = [
  `DROP INDEX attune.idx_job_stages_claim`,
  `DROP INDEX attune.idx_job_stages_fair_at`,
  `DROP INDEX attune.idx_job_stages_ready`,
  `CREATE INDEX idx_job_stages_claim ON attune.job_stages (service, fair_at, job_id) WHERE status IN ('ready','running')`,
];
