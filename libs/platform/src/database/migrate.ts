import { runMigrations } from 'bullmq';
import pg from 'pg';
import { dataSource } from './database.js';

/** BullMQ's schema in a Postgres database. */
export const QUEUE_SCHEMA = 'bullmq';

/** One migration at a time, however many processes start together. */
const LOCK = 0x617474756e65;

/** Brings the database to the current schema: ours (`attune`) and BullMQ's (`bullmq`). Doing it twice changes nothing. */
export async function migrate(databaseUrl: string, options: { queue?: boolean } = {}): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query('SELECT pg_advisory_lock($1)', [LOCK]);
    await client.query('CREATE SCHEMA IF NOT EXISTS attune');
    const source = dataSource(databaseUrl, 2);
    await source.initialize();
    try {
      await source.runMigrations({ transaction: 'each' });
    } finally {
      await source.destroy();
    }
    if (options.queue ?? true) await migrateQueue(databaseUrl);
  } finally {
    await client.end();
  }
}

/** BullMQ's own tables, where its backend is Postgres. */
export async function migrateQueue(queueUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: queueUrl });
  await client.connect();
  try {
    await runMigrations(client, QUEUE_SCHEMA);
  } finally {
    await client.end();
  }
}
