import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Uploads whose parts clients send to the object store themselves. Forward only. */
export class DirectUploads1700000000021 implements MigrationInterface {
  readonly name = 'DirectUploads1700000000021';

  async up(runner: QueryRunner): Promise<void> {
    for (const column of ['direct_key text', 'direct_upload_id text', 'part_bytes bigint'])
      await runner.query(`ALTER TABLE attune.uploads ADD COLUMN ${column}`);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('migrations go forward only'));
  }
}
