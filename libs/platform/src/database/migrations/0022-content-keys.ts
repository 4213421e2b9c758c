import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What a stage has left is found again by what it was made of. Forward only. */
export class ContentKeys1700000000022 implements MigrationInterface {
  readonly name = 'ContentKeys1700000000022';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE attune.artifacts ADD COLUMN content_key text`);
    await runner.query(
      `CREATE INDEX idx_artifacts_content_key ON attune.artifacts (tenant_id, content_key) WHERE content_key IS NOT NULL AND kind = 'silver'`,
    );
  }

  down(): Promise<void> {
    return Promise.reject(new Error('migrations go forward only'));
  }
}
