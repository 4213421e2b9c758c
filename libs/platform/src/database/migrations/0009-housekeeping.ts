import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What is to be removed, and when it was found; when the chores of the whole installation were last done. Forward only. */
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
  // By these the collector finds out what names an object.
  `CREATE INDEX idx_artifacts_storage_key ON attune.artifacts (storage_key)`,
  `CREATE INDEX idx_blobs_storage_key ON attune.blobs (storage_key)`,
];
