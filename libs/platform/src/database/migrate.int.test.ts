import { type FreshDatabase, freshDatabase } from '@attune/testing';
import { Database } from './database.js';
import { migrate } from './migrate.js';

let fresh: FreshDatabase;
let database: Database;

beforeEach(async () => {
  fresh = await freshDatabase();
  database = await Database.open(fresh.url, 2);
});

afterEach(async () => {
  await database.close();
  await fresh.drop();
});

const applied = () => database.query<{ name: string }>('SELECT name FROM attune.migrations ORDER BY id');
const relations = () =>
  database.query(
    `SELECT relnamespace::regnamespace::text AS space, relname AS name FROM pg_class WHERE relnamespace IN ('attune'::regnamespace, 'bullmq'::regnamespace, 'warehouse'::regnamespace) ORDER BY 1, 2`,
  );

test('migrating a current database changes nothing', async () => {
  const before = [await applied(), await relations()];
  await migrate(fresh.url);
  await migrate(fresh.url);
  expect([await applied(), await relations()]).toEqual(before);
});

test('five that start together on an empty database migrate it once', async () => {
  const before = [await applied(), await relations()];
  for (const schema of ['attune', 'bullmq', 'warehouse', 'warehouse_staging']) await database.query(`DROP SCHEMA ${schema} CASCADE`);
  await Promise.all(Array.from({ length: 5 }, () => migrate(fresh.url)));
  expect([await applied(), await relations()]).toEqual(before);
});
