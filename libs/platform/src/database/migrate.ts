import { runMigrations } from 'bullmq';
import pg from 'pg';
import { failpoint } from '../failpoints/failpoint.js';
import { isRedisUrl, QUEUE_SCHEMA } from '../queue/backend.js';

/** One migration at a time, however many processes start together. */
const LOCK = 0x617474756e65;

/** Brings the databases to the current schema: ours (`attune`), and BullMQ's (`bullmq`) where the queue is a Postgres. Doing it twice changes nothing. */
export async function migrate(databaseUrl: string, queueUrl = databaseUrl): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query('SELECT pg_advisory_lock($1)', [LOCK]);
    await client.query('CREATE SCHEMA IF NOT EXISTS attune');
    // TypeORM is for migrations alone: whoever only checks that they were made starts without it.
    const { dataSource } = await import('./data-source.js');
    const source = dataSource(databaseUrl, 2);
    await source.initialize();
    try {
      await source.runMigrations({ transaction: 'each' });
    } finally {
      await source.destroy();
    }
    await failpoint('migrate.mid');
    if (!isRedisUrl(queueUrl)) await migrateQueue(queueUrl);
  } finally {
    await client.end();
  }
}

async function migrateQueue(queueUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: queueUrl });
  await client.connect();
  try {
    await runMigrations(client, QUEUE_SCHEMA);
  } finally {
    await client.end();
  }
}
