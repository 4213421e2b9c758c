import { type FreshDatabase, freshDatabase } from '@attune/testing';
import { Database } from './database.js';
import { JobsRepository } from './jobs.repository.js';
import { submitSample } from './sample-job.fixture.js';

jest.setTimeout(30_000);

let fresh: FreshDatabase;
let database: Database;
let jobs: JobsRepository;

beforeEach(async () => {
  fresh = await freshDatabase();
  database = await Database.open(fresh.url);
  jobs = new JobsRepository(database);
});

afterEach(async () => {
  await database.close();
  await fresh.drop();
});

test('a submitted job is there with its first stage ready and the first line of its history', async () => {
  const { tenantId, jobId } = await submitSample(database, { operation: 'harmonize' });
  const detail = (await jobs.find(tenantId, jobId))!;
  expect(detail.job).toMatchObject({ status: 'pending', stage: 'inspect', generation: 1, version: 1, operation: 'harmonize' });
  expect(detail.stages.map(({ stage, status }) => `${stage} ${status}`)).toEqual([
    'inspect ready',
    'plan waiting',
    'transform waiting',
    'check waiting',
    'publish waiting',
  ]);
  expect(await jobs.history(tenantId, jobId, 0, 10)).toMatchObject([{ seq: 1, type: 'job.created' }]);
});

test('the job of another tenant does not exist', async () => {
  const { jobId } = await submitSample(database, { tenant: 'one' });
  const { tenantId } = await submitSample(database, { tenant: 'other' });
  expect(await jobs.find(tenantId, jobId)).toBeUndefined();
  expect((await jobs.list(tenantId, { limit: 10 })).map(({ id }) => id)).not.toContain(jobId);
});

test('paging while others submit shows every job that was there at the start exactly once', async () => {
  const start = new Set<string>();
  let tenantId = '';
  for (let i = 0; i < 23; i++) {
    const sample = await submitSample(database);
    start.add(sample.jobId);
    tenantId = sample.tenantId;
  }
  // Jobs of the very same instant must not fall between two pages.
  await database.query(`UPDATE attune.jobs SET created_at = (SELECT min(created_at) FROM attune.jobs) WHERE id = ANY($1)`, [
    [...start].slice(5, 15),
  ]);
  const seen: string[] = [];
  let after: { createdAt: number; id: string } | undefined;
  for (;;) {
    const [page] = await Promise.all([
      jobs.list(tenantId, { limit: 4, ...(after ? { after } : {}) }),
      submitSample(database),
      submitSample(database),
    ]);
    seen.push(...page.map(({ id }) => id));
    const last = page.at(-1);
    if (!last) break;
    after = { createdAt: last.created_at, id: last.id };
  }
  expect(new Set(seen).size).toBe(seen.length);
  expect(seen.filter((id) => start.has(id))).toHaveLength(start.size);
});

test('a list is filtered by status and operation', async () => {
  const { tenantId, jobId } = await submitSample(database, { operation: 'harmonize' });
  const other = await submitSample(database, { operation: 'validate' });
  await jobs.cancel(tenantId, other.jobId);
  const ids = async (filter: object) => (await jobs.list(tenantId, { limit: 10, ...filter })).map(({ id }) => id);
  expect(await ids({ operation: 'harmonize' })).toEqual([jobId]);
  expect(await ids({ status: 'cancelled' })).toEqual([other.jobId]);
  expect(await ids({ createdAfter: '2999-01-01T00:00:00Z' })).toEqual([]);
});
