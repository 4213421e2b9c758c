import { randomUUID } from 'node:crypto';
import pg from 'pg';

/** Database with the current schema and no rows, made when the servers of the tests start. */
const TEMPLATE = 'attune_template';

export interface FreshDatabase {
  readonly url: string;
  /** Ends every session of the database and removes it. */
  drop(): Promise<void>;
}

/** A migrated, empty database of its own for the caller, on the server that jest has started (TEST_POSTGRES_URL). */
export async function freshDatabase(): Promise<FreshDatabase> {
  const server = postgresUrl();
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await execute(server, `CREATE DATABASE ${name} TEMPLATE ${TEMPLATE}`);
  const url = new URL(server);
  url.pathname = name;
  return { url: url.href, drop: () => execute(server, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`) };
}

/** Address of the server of the tests; its own database is not for tests. */
export function postgresUrl(): string {
  const url = process.env['TEST_POSTGRES_URL'];
  if (url === undefined) throw new Error('TEST_POSTGRES_URL is not set: the jest configuration of this project lacks jest.servers.mjs.');
  return url;
}

async function execute(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
