import { type FreshDatabase, freshDatabase } from '@attune/testing';
import { Database } from './database.js';
import { JobsRepository } from './jobs.repository.js';
import { RetentionRepository } from './retention.repository.js';
import { type GivenRow, Loads } from './warehouse.fixture.js';

let fresh: FreshDatabase;
let database: Database;
let loads: Loads;
let jobs: JobsRepository;

beforeEach(async () => {
  fresh = await freshDatabase();
  database = await Database.open(fresh.url, 4);
  loads = new Loads(database);
  jobs = new JobsRepository(database);
});

afterEach(async () => {
  await loads.remove();
  await database.close();
  await fresh.drop();
});

const named = (record: number, name: string): GivenRow => ({ record, values: { first_name: name } });

interface Loaded {
  readonly tenantId: string;
  readonly jobId: string;
}

/** A job over the dataset that has loaded these rows. */
async function loaded(blob: ReturnType<Loads['dataset']>, rows: readonly GivenRow[], tenant = 'sample'): Promise<Loaded> {
  const { claim, tenantId, jobId } = await loads.job({ blob, tenant });
  await loads.publish(claim, rows);
  return { tenantId, jobId };
}

const remove = ({ tenantId, jobId }: Loaded) => jobs.delete(tenantId, jobId, () => Promise.resolve());

/** Record, name, whose it is (by the order of the jobs given) and how it ended. */
async function rows(...owners: readonly Loaded[]): Promise<string[]> {
  const found = await database.query<{ record: number; name: string; job: string; open: boolean; deleted: boolean }>(
    `SELECT source_record_id::int AS record, first_name AS name, job_id AS job, valid_to IS NULL AS open, is_deleted AS deleted
     FROM warehouse.person ORDER BY source_record_id, valid_from`,
  );
  const whose = (job: string): number => owners.findIndex(({ jobId }) => jobId === job) + 1;
  return found.map(
    ({ record, name, job, open, deleted }) => `${record} ${name} of ${whose(job)} ${open ? 'open' : deleted ? 'deleted' : 'replaced'}`,
  );
}

test('a deleted job takes its rows out of the warehouse, and those of other datasets and tenants stay', async () => {
  const blob = loads.dataset();
  const one = await loaded(blob, [named(1, 'Ada'), named(2, 'Ben')]);
  const other = await loaded(loads.dataset(), [named(1, 'Cleo')]);
  const foreign = await loaded(blob, [named(1, 'Dan')], 'foreign');
  await remove(one);
  expect(await rows(one, other, foreign)).toEqual(expect.arrayContaining(['1 Cleo of 2 open', '1 Dan of 3 open']));
  expect((await rows()).length).toBe(2);
  expect(await database.query(`SELECT 1 FROM attune.load_ledger WHERE job_id = $1`, [one.jobId])).toEqual([]);
});

test('with the latest job of a dataset its rows go; those that an earlier job had brought are closed, and go with that job', async () => {
  const blob = loads.dataset();
  const first = await loaded(blob, [named(1, 'Ada'), named(2, 'Ben')]);
  const second = await loaded(blob, [named(1, 'Ada'), named(2, 'Benno')]);
  await remove(second);
  expect(await rows(first, second)).toEqual(['1 Ada of 1 deleted', '2 Ben of 1 replaced']);
  await remove(first);
  expect(await rows()).toEqual([]);
});

test('what a later job has left as it was stays in the warehouse as its own when the earlier one is deleted', async () => {
  const blob = loads.dataset();
  const first = await loaded(blob, [named(1, 'Ada'), named(2, 'Ben')]);
  const second = await loaded(blob, [named(1, 'Ada'), named(2, 'Benno')]);
  await remove(first);
  expect(await rows(first, second)).toEqual(['1 Ada of 2 open', '2 Benno of 2 open']);
  await remove(second);
  expect(await rows()).toEqual([]);
});

test('after the latest job was deleted a job over the same dataset is loaded again', async () => {
  const blob = loads.dataset();
  await remove(await loaded(blob, [named(1, 'Ada')]));
  const again = await loaded(blob, [named(1, 'Ada')]);
  expect(await rows(again)).toEqual(['1 Ada of 1 open']);
});

test('under a legal hold nothing is taken out of the warehouse', async () => {
  const job = await loaded(loads.dataset(), [named(1, 'Ada')]);
  const retention = new RetentionRepository(database, { rawDays: null, resultsDays: null });
  await retention.holdJob(job.tenantId, job.jobId, true);
  await expect(remove(job)).rejects.toMatchObject({ code: 'legal_hold' });
  expect(await rows(job)).toEqual(['1 Ada of 1 open']);
  await retention.holdJob(job.tenantId, job.jobId, false);
  await remove(job);
  expect(await rows()).toEqual([]);
});

test('a deletion that fails half way has taken nothing out', async () => {
  const job = await loaded(loads.dataset(), [named(1, 'Ada')]);
  await expect(jobs.delete(job.tenantId, job.jobId, () => Promise.reject(new Error('planted')))).rejects.toThrow('planted');
  expect(await rows(job)).toEqual(['1 Ada of 1 open']);
});

test('a deletion does not wait for a load of the same dataset: it is refused, and may be asked for again', async () => {
  const blob = loads.dataset();
  const job = await loaded(blob, [named(1, 'Ada')]);
  const { claim } = await loads.job({ blob });
  const next = await loads.rows([named(1, 'Ada')]);
  await loads.warehouse.copy(claim, next, new AbortController().signal);
  await database.transaction(async (query) => {
    await loads.warehouse.load(query, claim, next);
    await expect(remove(job)).rejects.toMatchObject({ code: 'overloaded' });
  });
  await remove(job);
  expect((await rows()).length).toBe(1);
});

test('rows that were copied and never loaded go with their job', async () => {
  const { claim, tenantId, jobId } = await loads.job();
  await loads.warehouse.copy(claim, await loads.rows([named(1, 'Ada')]), new AbortController().signal);
  await jobs.cancel(tenantId, jobId);
  await loads.stages.stop(claim);
  await remove({ tenantId, jobId });
  expect(await database.query(`SELECT 1 FROM pg_tables WHERE schemaname = 'warehouse_staging'`)).toEqual([]);
});
