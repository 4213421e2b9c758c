import { DataSource } from 'typeorm';
import { SESSION_SETTINGS } from './database.js';
import { Spine1700000000001 } from './migrations/0001-spine.js';
import { Doors1700000000002 } from './migrations/0002-doors.js';
import { Rules1700000000003 } from './migrations/0003-rules.js';
import { Resubmit1700000000004 } from './migrations/0004-resubmit.js';
import { Webhooks1700000000005 } from './migrations/0005-webhooks.js';
import { Fairness1700000000008 } from './migrations/0008-fairness.js';
import { Housekeeping1700000000009 } from './migrations/0009-housekeeping.js';
import { Schedules1700000000011 } from './migrations/0011-schedules.js';
import { Uploads1700000000010 } from './migrations/0010-uploads.js';
import { Quotas1700000000013 } from './migrations/0013-quotas.js';
import { Retries1700000000020 } from './migrations/0020-retries.js';
import { tables } from './schema/tables.js';

/** The schema as TypeORM sees it, for migrations and for the proof that tables are what the code expects. */
export function dataSource(url: string, poolSize: number): DataSource {
  return new DataSource({
    type: 'postgres',
    url,
    schema: 'attune',
    entities: tables,
    migrations: [
      Spine1700000000001,
      Doors1700000000002,
      Rules1700000000003,
      Resubmit1700000000004,
      Webhooks1700000000005,
      Fairness1700000000008,
      Housekeeping1700000000009,
      Uploads1700000000010,
      Schedules1700000000011,
      Quotas1700000000013,
      Retries1700000000020,
    ],
    migrationsTableName: 'migrations',
    logging: false,
    poolSize,
    extra: { options: SESSION_SETTINGS, connectionTimeoutMillis: 5_000, keepAlive: true },
  });
}
