import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The index has the order in which jobs are listed, so that a page of many jobs is read and not sorted. Forward only. */
export class NewestJobs1700000000032 implements MigrationInterface {
  readonly name = 'NewestJobs1700000000032';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('migrations go forward only'));
  }
}

const STATEMENTS = [
  `DROP INDEX attune.idx_jobs_created_at`,
  `CREATE INDEX idx_jobs_created_at ON attune.jobs (tenant_id, created_at DESC, id DESC)`,
];
