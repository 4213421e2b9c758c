import { entities, type Entity } from '@attune/core';
import { loadedColumns, PROVENANCE_COLUMNS, warehouseColumns } from '@attune/pipeline';
import { type FreshDatabase, freshDatabase } from '@attune/testing';
import { Database } from './database.js';
import { JobsRepository } from './jobs.repository.js';
import type { Loaded } from './stages.repository.js';
import { TenantsRepository } from './tenants.repository.js';
import { type GivenRow, Loads, person } from './warehouse.fixture.js';
import { StagingLost, WarehouseRepository } from './warehouse.repository.js';

let fresh: FreshDatabase;
let database: Database;
let loads: Loads;

beforeEach(async () => {
  fresh = await freshDatabase();
  database = await Database.open(fresh.url, 8);
  loads = new Loads(database);
});

afterEach(async () => {
  await loads.remove();
  await database.close();
  await fresh.drop();
});

const named = (record: number, name: string): GivenRow => ({ record, values: { first_name: name } });
const { signal } = new AbortController();

/** Every version of every row: record, name, and how it ended. */
async function versions(): Promise<string[]> {
  const rows = await database.query<{ record: number; name: string; open: boolean; deleted: boolean }>(
    `SELECT source_record_id::int AS record, first_name AS name, valid_to IS NULL AS open, is_deleted AS deleted
     FROM warehouse.person ORDER BY source_record_id, valid_from`,
  );
  return rows.map(({ record, name, open, deleted }) => `${record} ${name} ${open ? 'open' : deleted ? 'deleted' : 'replaced'}`);
}

const staged = async (): Promise<number> => (await database.query(`SELECT 1 FROM pg_tables WHERE schemaname = 'warehouse_staging'`)).length;

const columnsOf = async (table: string): Promise<readonly { name: string; type: string }[]> =>
  database.query(
    `SELECT a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type FROM pg_attribute a
     WHERE a.attrelid = $1::regclass AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum`,
    [`warehouse.${table}`],
  );

/** What the migrated tables are not as the entities say. */
async function differences(model: readonly Entity[]): Promise<string[]> {
  const found = await database.query<{ name: string }>(`SELECT tablename AS name FROM pg_tables WHERE schemaname = 'warehouse'`);
  const tables = found.map(({ name }) => name).filter((name) => !model.some((entity) => entity.name === name));
  const columns = await Promise.all(
    model.map(async (entity) => {
      const migrated = await columnsOf(entity.name);
      const line = ({ name, type }: { name: string; type: string }): string => `${entity.name}.${name} ${type}`;
      const [wanted, there] = [warehouseColumns(entity).map(line), migrated.map(line)];
      return [...wanted.filter((column) => !there.includes(column)), ...there.filter((column) => !wanted.includes(column))];
    }),
  );
  return [...tables, ...columns.flat()];
}

test('every entity has its table with a column of the right type for each field, and no table has more', async () => {
  expect(await differences(entities)).toEqual([]);
});

test('a field or an entity without a migration, and a column without a field, are found', async () => {
  const grown = { ...person, fields: [...person.fields, { ...person.fields[0]!, name: 'shoe_size', type: 'integer' as const }] };
  await database.query('ALTER TABLE warehouse.payer ADD COLUMN planted text');
  const others = entities.filter(({ name }) => name !== 'person' && name !== 'claim');
  expect(await differences([grown, ...others])).toEqual(['claim', 'person.shoe_size bigint', 'payer.planted text']);
});

test('no field of an entity has the name of a column that every table has', () => {
  const common = [...PROVENANCE_COLUMNS.map(({ name }) => name), 'carried'];
  expect(entities.flatMap(({ fields }) => fields.filter(({ name }) => common.includes(name)))).toEqual([]);
});

test('values come back from the warehouse as they were, typed, with where they are from', async () => {
  const { claim, tenantId, jobId } = await loads.job();
  const hostile = 'O\'Hara, "Zoë"\r\n\\.\n\\N\t名前 🩺 $1';
  const values = {
    first_name: hostile,
    last_name: '',
    birth_date: '1987-03-09',
    death_flag: 'false',
    latitude: '42.3600',
    city: '\\.',
  };
  const carried = { 'Favourite "colour"': 'a\nb', empty: '', none: null };
  await loads.publish(claim, [{ record: 7, hash: 'h', values, carried }]);
  const [row] = await database.query<Record<string, unknown>>(
    `SELECT w.*, birth_date::text AS birth_date, w.ingest_datetime = date_trunc('milliseconds', d.received_at) AS received FROM warehouse.person w JOIN attune.datasets d ON d.id = w.dataset_id`,
  );
  expect(row).toMatchObject({ ...values, death_flag: false, middle_name: null });
  expect(row!['carried']).toEqual({ 'Favourite "colour"': 'a\nb', empty: '' });
  expect(row).toMatchObject({
    tenant_id: tenantId,
    job_id: jobId,
    batch_id: 1,
    source_record_id: '7',
    data_source: 'upload',
    row_hash: 'h',
  });
  expect(row).toMatchObject({ dataset_id: claim.dataset.id, file_name: null, received: true, valid_to: null, is_deleted: false });
});

test('every column of every entity is loaded from its place in the file', async () => {
  for (const entity of entities) {
    const { claim } = await loads.job();
    const sample: Readonly<Record<string, (i: number) => string>> = {
      date: (i) => `2001-01-${String((i % 28) + 1).padStart(2, '0')}`,
      boolean: (i) => (i % 2 === 0 ? 'true' : 'false'),
    };
    const values = Object.fromEntries(entity.fields.map(({ name, type }, i) => [name, sample[type]?.(i) ?? String(i)]));
    const rows = await loads.rows([{ record: 1, values }], entity);
    await loads.warehouse.copy(claim, rows, signal);
    await database.transaction((query) => loads.warehouse.load(query, claim, rows));
    const shown = entity.fields.map(({ name }) => `'${name}', "${name}"::text`);
    const [row] = await database.query<{ found: unknown }>(
      `SELECT ${shown.map((pair) => `jsonb_build_object(${pair})`).join(' || ')} AS found FROM warehouse.${entity.name}`,
    );
    expect([entity.name, row?.found]).toEqual([entity.name, values]);
  }
});

test('a later job over the same dataset replaces what is different, closes what is gone and leaves the rest as it is', async () => {
  const blob = loads.dataset();
  const first = await loads.job({ blob });
  expect(await loads.publish(first.claim, [named(1, 'Ada'), named(2, 'Ben'), named(3, 'Cleo')])).toMatchObject({ added: 3, closed: 0 });
  const second = await loads.job({ blob });
  const done = await loads.publish(second.claim, [named(1, 'Ada'), named(2, 'Benno'), named(4, 'Dan')]);
  expect(done).toEqual({ entity: 'person', rows: 3, added: 2, closed: 2, superseded: false });
  expect(await versions()).toEqual(['1 Ada open', '2 Ben replaced', '2 Benno open', '3 Cleo deleted', '4 Dan open']);
  const owners = await database.query(
    `SELECT job_id, count(*)::int AS n FROM warehouse.person WHERE valid_to IS NULL GROUP BY 1 ORDER BY 2`,
  );
  expect(owners).toEqual([
    { job_id: first.jobId, n: 1 },
    { job_id: second.jobId, n: 2 },
  ]);
  const third = await loads.job({ blob });
  expect(await loads.publish(third.claim, [named(3, 'Cleo')])).toMatchObject({ added: 1, closed: 3 });
  expect((await versions()).filter((version) => version.endsWith('open'))).toEqual(['3 Cleo open']);
  const overlaps = await database.query(
    `SELECT 1 FROM warehouse.person a JOIN warehouse.person b USING (tenant_id, dataset_id, source_record_id)
     WHERE a.valid_from < b.valid_from AND coalesce(a.valid_to, 'infinity') > b.valid_from`,
  );
  expect(overlaps).toEqual([]);
});

test('a result without a row closes all rows of its dataset', async () => {
  const blob = loads.dataset();
  await loads.publish((await loads.job({ blob })).claim, [named(1, 'Ada')]);
  expect(await loads.publish((await loads.job({ blob })).claim, [])).toMatchObject({ rows: 0, added: 0, closed: 1 });
  expect(await versions()).toEqual(['1 Ada deleted']);
});

test('the job that was submitted first never wins, in whatever order the two come to their end', async () => {
  const blob = loads.dataset();
  const [earlier, later] = [await loads.job({ blob }), await loads.job({ blob })];
  await loads.publish(later.claim, [named(1, 'Later')]);
  expect(await loads.publish(earlier.claim, [named(1, 'Earlier'), named(2, 'Gone')])).toEqual({
    ...{ entity: 'person', rows: 2, added: 0, closed: 0 },
    superseded: true,
  });
  expect(await versions()).toEqual(['1 Later open']);
  const detail = await new JobsRepository(database).find(earlier.tenantId, earlier.jobId);
  expect(detail?.load).toMatchObject({ table: 'warehouse.person', rows: 2, rows_added: 0, rows_closed: 0, superseded: true });
});

test('the next generation of a job wins over a job that was submitted between the two', async () => {
  const blob = loads.dataset();
  const first = await loads.job({ blob });
  await loads.publish(first.claim, [named(1, 'Ada')]);
  await loads.publish((await loads.job({ blob })).claim, [named(1, 'Between')]);
  const artifact = { kind: 'fixed_records', sha256: 'a'.repeat(64), bytes: 1, records: 1, storageKey: 'mended' };
  await new JobsRepository(database).resubmit(first.tenantId, first.jobId, { artifact, records: 1, generation: 1 });
  const claim = await loads.toPublish('transform');
  expect(claim).toMatchObject({ jobId: first.jobId, generation: 2 });
  expect(await loads.publish(claim, [named(1, 'Ada'), named(2, 'Mended')])).toMatchObject({ added: 2, closed: 1, superseded: false });
  expect(await versions()).toEqual(['1 Ada replaced', '1 Between replaced', '1 Ada open', '2 Mended open']);
  expect((await database.query(`SELECT DISTINCT batch_id FROM warehouse.person WHERE valid_to IS NULL`))[0]).toEqual({ batch_id: 2 });
});

test('what a stage has loaded is not loaded again, whatever is asked of the ledger', async () => {
  const { claim } = await loads.job();
  const rows = await loads.rows([named(1, 'Ada'), named(2, 'Ben')]);
  await loads.warehouse.copy(claim, rows, signal);
  const load = (): Promise<Loaded> => database.transaction((query) => loads.warehouse.load(query, claim, rows));
  const done = await load();
  // A redo finds nothing to do, also where somebody else has changed the rows since.
  await database.query(`UPDATE warehouse.person SET row_hash = 'other'`);
  await loads.warehouse.copy(claim, rows, signal);
  expect(await load()).toEqual(done);
  expect(await versions()).toEqual(['1 Ada open', '2 Ben open']);
  expect(await database.query(`SELECT rows::int AS rows, rows_added::int AS added FROM attune.load_ledger`)).toEqual([
    { rows: 2, added: 2 },
  ]);
});

test('rows, ledger and the end of the stage are there together or not at all', async () => {
  const { claim, tenantId, jobId } = await loads.job();
  const rows = await loads.rows([named(1, 'Ada')]);
  await loads.warehouse.copy(claim, rows, signal);
  const load = async (query: Database['query']): Promise<Loaded> => {
    await loads.warehouse.load(query, claim, rows);
    throw new Error('planted');
  };
  await expect(loads.stages.commit(claim, { artifacts: [], load }, signal)).rejects.toThrow('planted');
  expect([await versions(), await database.query(`SELECT 1 FROM attune.load_ledger`)]).toEqual([[], []]);
  expect((await new JobsRepository(database).find(tenantId, jobId))?.job.status).toBe('processing');
  expect(await loads.publish(claim, [named(1, 'Ada')])).toMatchObject({ added: 1 });
  expect((await new JobsRepository(database).find(tenantId, jobId))?.job.status).toBe('completed');
});

test('a worker whose stage somebody else has by now loads nothing', async () => {
  const { claim } = await loads.job();
  await database.query(`UPDATE attune.job_stages SET lease_until = now() - interval '1 second' WHERE stage = 'publish'`);
  const successor = (await loads.stages.claim('generator', 'w2'))!;
  await expect(loads.publish(claim, [named(1, 'Late')])).rejects.toMatchObject({ code: 'stage.fenced' });
  await loads.publish(successor, [named(1, 'Ada')]);
  await expect(loads.publish(claim, [named(1, 'Late')])).rejects.toMatchObject({ code: 'stage.fenced' });
  expect(await versions()).toEqual(['1 Ada open']);
});

test('a job that was cancelled while its rows were loaded has loaded none', async () => {
  const { claim, tenantId, jobId } = await loads.job();
  await new JobsRepository(database).cancel(tenantId, jobId);
  await expect(loads.publish(claim, [named(1, 'Ada')])).rejects.toMatchObject({ code: 'stage.cancelled' });
  expect([await versions(), await database.query(`SELECT 1 FROM attune.load_ledger`)]).toEqual([[], []]);
});

test('rows that a crash of the database took from their staging table are not taken for the result', async () => {
  const { claim } = await loads.job();
  const rows = await loads.rows([named(1, 'Ada'), named(2, 'Ben')]);
  const load = (): Promise<Loaded> => database.transaction((query) => loads.warehouse.load(query, claim, rows));
  await loads.warehouse.copy(claim, rows, signal);
  const [table] = await database.query<{ name: string }>(`SELECT tablename AS name FROM pg_tables WHERE schemaname = 'warehouse_staging'`);
  await database.query(`TRUNCATE warehouse_staging.${table!.name}`);
  await expect(load()).rejects.toThrow(StagingLost);
  await database.query(`DROP TABLE warehouse_staging.${table!.name}`);
  await expect(load()).rejects.toThrow(StagingLost);
  expect(await versions()).toEqual([]);
  await loads.warehouse.copy(claim, rows, signal);
  expect(await load()).toMatchObject({ added: 2 });
});

test('a file that has not as many rows as the result is refused', async () => {
  const { claim } = await loads.job();
  const rows = await loads.rows([named(1, 'Ada')]);
  await expect(loads.warehouse.copy(claim, { ...rows, records: 2 }, signal)).rejects.toMatchObject({ code: 'engine.failed' });
});

test('a record is never in the result twice: the database refuses a second open row', async () => {
  const { claim } = await loads.job();
  await expect(loads.publish(claim, [named(1, 'Ada'), named(1, 'Eve')])).rejects.toMatchObject({ constraint: 'person_versions' });
  expect(await versions()).toEqual([]);
});

test('the same bytes of two tenants are two datasets, and neither load touches the rows of the other', async () => {
  const blob = loads.dataset();
  const [north, south] = [await loads.job({ tenant: 'north', blob }), await loads.job({ tenant: 'south', blob })];
  await loads.publish(north.claim, [named(1, 'Nora'), named(2, 'Nils')]);
  await loads.publish(south.claim, [named(1, 'Sven')]);
  const of = async (name: string): Promise<unknown> =>
    database.query(`SELECT first_name FROM warehouse.person WHERE tenant_id = $1 AND valid_to IS NULL ORDER BY source_record_id`, [
      await new TenantsRepository(database).ensureTenant(name),
    ]);
  expect([await of('north'), await of('south')]).toEqual([[{ first_name: 'Nora' }, { first_name: 'Nils' }], [{ first_name: 'Sven' }]]);
});

test('two jobs over one dataset that load at the same time leave the rows of the later one, once each', async () => {
  const blob = loads.dataset();
  const jobs = [await loads.job({ blob }), await loads.job({ blob }), await loads.job({ blob })];
  await Promise.all(jobs.map(({ claim }, i) => loads.publish(claim, [named(1, `of ${i}`), named(10 + i, 'own')])));
  expect((await versions()).filter((version) => version.endsWith('open'))).toEqual(['1 of 2 open', '12 own open']);
});

test('a load that is told to stop ends at once, and has changed nothing', async () => {
  const { claim } = await loads.job();
  const rows = await loads.rows([named(1, 'Ada')]);
  await loads.warehouse.copy(claim, rows, signal);
  const stop = new AbortController();
  const load = (query: Database['query']): Promise<Loaded> => loads.warehouse.load(query, claim, rows);
  await database.transaction(async (query) => {
    await query(`LOCK TABLE warehouse.person IN ACCESS EXCLUSIVE MODE`);
    const loading = loads.stages.commit(claim, { artifacts: [], load }, stop.signal);
    const waits = (): Promise<unknown[]> => database.query(`SELECT 1 FROM pg_locks WHERE NOT granted`);
    while ((await waits()).length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    const told = performance.now();
    stop.abort();
    await expect(loading).rejects.toThrow(/abort/i);
    expect(performance.now() - told).toBeLessThan(5_000);
  });
  expect([await versions(), await database.query(`SELECT 1 FROM attune.load_ledger`)]).toEqual([[], []]);
});

test('staging tables that no attempt at work has made are removed, others are not', async () => {
  const [first, second] = [await loads.job(), await loads.job()];
  for (const { claim } of [first, second]) await loads.warehouse.copy(claim, await loads.rows([named(1, 'Ada')]), signal);
  await loads.stages.release(first.claim);
  expect([await staged(), await loads.warehouse.sweepStaging(), await staged()]).toEqual([2, 1, 1]);
  await loads.publish(second.claim, [named(1, 'Ada')]);
  expect(await staged()).toBe(0);
});

test('whoever loads needs no right but to the rows, the ledger and the schema of staging tables', async () => {
  const { claim } = await loads.job();
  const role = `loader_${process.pid}_${Date.now()}`;
  for (const statement of [
    `CREATE ROLE ${role} LOGIN PASSWORD 'invented'`,
    `GRANT USAGE ON SCHEMA attune, warehouse, warehouse_staging TO ${role}`,
    `GRANT CREATE ON SCHEMA warehouse_staging TO ${role}`,
    `GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA warehouse TO ${role}`,
    `GRANT SELECT, INSERT, UPDATE ON attune.load_ledger TO ${role}`,
    `GRANT SELECT ON attune.jobs, attune.job_stages TO ${role}`,
  ])
    await database.query(statement);
  const url = new URL(fresh.url);
  [url.username, url.password] = [role, 'invented'];
  const limited = await Database.open(url.href, 2);
  try {
    const warehouse = new WarehouseRepository(limited);
    const rows = await loads.rows([named(1, 'Ada')]);
    await warehouse.copy(claim, rows, signal);
    expect(await limited.transaction((query) => warehouse.load(query, claim, rows))).toMatchObject({ added: 1 });
    expect(await warehouse.sweepStaging()).toBe(0);
    await expect(limited.query(`CREATE TABLE warehouse.planted ()`)).rejects.toMatchObject({ code: '42501' });
  } finally {
    await limited.close();
    await database.query(`DROP OWNED BY ${role}`);
    await database.query(`DROP ROLE ${role}`);
  }
});

test('the file of rows has its columns in the order in which they are copied', () => {
  expect(loadedColumns(person).slice(0, 3)).toEqual(['source_record_id', 'row_hash', 'person_id']);
  expect(loadedColumns(person).at(-1)).toBe('carried');
});
