import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Below which no place in the queue is looked for. Forward only. */
export class FairFloor1700000000031 implements MigrationInterface {
  readonly name = 'FairFloor1700000000031';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('migrations go forward only'));
  }
}

const STATEMENTS = [
  `CREATE UNLOGGED TABLE attune.fair_floor (
    only_row boolean PRIMARY KEY DEFAULT true,
    at bigint NOT NULL,
    seen bigint NOT NULL,
    seen_at timestamptz NOT NULL,
    CONSTRAINT fair_floor_only_row CHECK (only_row)
  )`,
];
