import { type FreshDatabase, freshDatabase } from '@attune/testing';
import type { DataSource } from 'typeorm';
import { dataSource } from './data-source.js';
import { Database } from './database.js';
import { tables } from './schema/tables.js';

/** What an EntitySchema cannot say. Each line is checked against the catalog below; everything else has to be equal. */
const BEYOND_DECLARATION = {
  tables: ['migrations'],
  unlogged: ['fair_floor', 'rate_limits', 'retry_budgets', 'workers'],
  descending: { idx_jobs_created_at: 'CREATE INDEX idx_jobs_created_at ON attune.jobs USING btree (tenant_id, created_at DESC, id DESC)' },
  options: Object.fromEntries(
    ['attempts', 'idempotency_keys', 'job_stages', 'jobs', 'tenant_flow'].map((table) => [table, ['autovacuum_vacuum_scale_factor=0.01']]),
  ),
  triggers: {
    ring_watchers: 'AFTER INSERT ON attune.job_events FOR EACH ROW EXECUTE FUNCTION ring_watchers()',
    guard_job_status: 'BEFORE UPDATE OF status ON attune.jobs FOR EACH ROW EXECUTE FUNCTION guard_job_status()',
    guard_stage_status: 'BEFORE UPDATE ON attune.job_stages FOR EACH ROW EXECUTE FUNCTION guard_stage_status()',
  },
};

let fresh: FreshDatabase;
let source: DataSource;

beforeEach(async () => {
  fresh = await freshDatabase();
  source = await dataSource(fresh.url, 2).initialize();
});

afterEach(async () => {
  await source.destroy();
  await fresh.drop();
});

/** Columns, constraints and indexes as Postgres itself writes them down. */
async function catalog(): Promise<string[]> {
  const rows = await source.query<{ line: string }[]>(
    `SELECT 'column ' || c.relname || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod) || CASE WHEN a.attnotnull THEN ' not null' ELSE '' END
         || coalesce(' default ' || regexp_replace(pg_get_expr(d.adbin, d.adrelid), '^''(-?\\d+)''::.*', '\\1'), '') AS line
       FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
       WHERE c.relnamespace = 'attune'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped AND c.relname <> ALL($1)
     UNION ALL
     SELECT 'constraint ' || c.relname || '.' || n.conname || ' ' || pg_get_constraintdef(n.oid)
       FROM pg_constraint n JOIN pg_class c ON c.oid = n.conrelid WHERE n.connamespace = 'attune'::regnamespace AND n.contype <> 'n' AND c.relname <> ALL($1)
     UNION ALL
     SELECT 'index ' || indexdef FROM pg_indexes WHERE schemaname = 'attune' AND tablename <> ALL($1) AND indexname <> ALL($2)
     ORDER BY 1`,
    [BEYOND_DECLARATION.tables, Object.keys(BEYOND_DECLARATION.descending)],
  );
  return rows.map(({ line }) => line);
}

async function pendingChanges(): Promise<string[]> {
  return (await source.driver.createSchemaBuilder().log()).upQueries.map(({ query }) => query);
}

test('a migrated database needs no change to be the declared schema', async () => {
  expect(await pendingChanges()).toEqual([]);
});

test('the declared schema built from nothing and a migrated database are the same to Postgres', async () => {
  const migrated = await catalog();
  await source.query('DROP SCHEMA attune CASCADE');
  await source.query('CREATE SCHEMA attune');
  await source.synchronize();
  expect(await catalog()).toEqual(migrated);
  expect(migrated.length).toBeGreaterThan(100);
});

test('every table of a migrated database is declared', async () => {
  const found = await source.query<{ name: string }[]>(
    `SELECT tablename AS name FROM pg_tables WHERE schemaname = 'attune' AND tablename <> ALL($1) ORDER BY 1`,
    [BEYOND_DECLARATION.tables],
  );
  expect(found.map(({ name }) => name)).toEqual(tables.map(({ options }) => options.name).sort());
});

test('what a declaration cannot say is in the database all the same', async () => {
  const relations = await source.query<{ name: string; unlogged: boolean; options: string[] | null }[]>(
    `SELECT relname AS name, relpersistence = 'u' AS unlogged, reloptions AS options FROM pg_class WHERE relnamespace = 'attune'::regnamespace AND relkind = 'r'`,
  );
  expect(
    relations
      .filter(({ unlogged }) => unlogged)
      .map(({ name }) => name)
      .sort(),
  ).toEqual(BEYOND_DECLARATION.unlogged);
  expect(Object.fromEntries(relations.filter(({ options }) => options).map(({ name, options }) => [name, options]))).toEqual(
    BEYOND_DECLARATION.options,
  );
  const indexes = await source.query<{ name: string; definition: string }[]>(
    `SELECT indexname AS name, indexdef AS definition FROM pg_indexes WHERE schemaname = 'attune' AND indexdef LIKE '%DESC%'`,
  );
  expect(Object.fromEntries(indexes.map(({ name, definition }) => [name, definition]))).toEqual(BEYOND_DECLARATION.descending);
  const triggers = await source.query<{ name: string; definition: string }[]>(
    `SELECT tgname AS name, pg_get_triggerdef(t.oid) AS definition FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
     WHERE c.relnamespace = 'attune'::regnamespace AND NOT tgisinternal`,
  );
  expect(Object.fromEntries(triggers.map(({ name, definition }) => [name, definition.replace(/^CREATE TRIGGER \w+ /, '')]))).toEqual(
    BEYOND_DECLARATION.triggers,
  );
});

test('a column, an index or a check that only one side knows is found', async () => {
  await source.query('ALTER TABLE attune.jobs ADD COLUMN planted text');
  await source.query('CREATE INDEX planted ON attune.attempts (worker)');
  await source.query('ALTER TABLE attune.row_ledger DROP CONSTRAINT row_ledger_reconciles');
  const changes = (await pendingChanges()).join('\n');
  expect(changes).toContain('DROP COLUMN "planted"');
  expect(changes).toContain('DROP INDEX "attune"."planted"');
  expect(changes).toContain('ADD CONSTRAINT "row_ledger_reconciles"');
});

test('the database opens with the declared schema and answers', async () => {
  const database = await Database.open(fresh.url);
  expect(await database.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  await database.close();
});
