import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The budget of retries, and the index that says how many first tries it is a share of. Forward only. */
export class Retries1700000000020 implements MigrationInterface {
  readonly name = 'Retries1700000000020';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('migrations go forward only'));
  }
}

const STATEMENTS = [
  `CREATE UNLOGGED TABLE attune.retry_budgets (
    dependency text PRIMARY KEY,
    next_at timestamptz NOT NULL
  )`,
  `CREATE INDEX idx_attempts_first ON attune.attempts (started_at) WHERE epoch = 1`,
];
