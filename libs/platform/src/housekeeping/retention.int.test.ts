import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { type FreshDatabase, freshDatabase } from '@attune/testing';
import { FileBlobs } from '../blobs/file-blobs.js';
import { Database } from '../database/database.js';
import { JobsRepository } from '../database/jobs.repository.js';
import { REMOVAL_LOCK } from '../database/removal.js';
import { RetentionRepository } from '../database/retention.repository.js';
import { submitSample } from '../database/sample-job.fixture.js';
import { TenantsRepository } from '../database/tenants.repository.js';
import { Metrics } from '../telemetry/metrics.js';
import { Retention } from './retention.js';

let fresh: FreshDatabase;
let database: Database;
let home: string;
let blobs: FileBlobs;
let policies: RetentionRepository;
let retention: Retention;

beforeEach(async () => {
  fresh = await freshDatabase();
  database = await Database.open(fresh.url);
  home = await mkdtemp(path.join(tmpdir(), 'attune-retention-'));
  blobs = new FileBlobs(home);
  policies = new RetentionRepository(database, { rawDays: 30, resultsDays: 90 });
  retention = new Retention(policies, new JobsRepository(database), blobs, new Metrics());
});

afterEach(async () => {
  await database.close();
  await fresh.drop();
  await rm(home, { recursive: true });
});

const expire = () => retention.expire(new AbortController().signal);

async function stored(): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of blobs.list('')) keys.push(key);
  return keys.sort();
}

/** A job with bytes of its own and one result, ended so many days ago; those of the bytes are counted from then too. */
async function job(days: number, { tenant = 't', open = false } = {}) {
  const tenantId = await new TenantsRepository(database).ensureTenant(tenant);
  const text = `${tenant} ${days} ${open} ${Math.random()}`;
  const { key, ...blob } = await blobs.receive(Readable.from([Buffer.from(text)]), (hash) => `tenants/${tenantId}/blobs/${hash}`, 1_000);
  const { jobId } = await submitSample(database, { tenant, blob: { ...blob, storageKey: key } });
  const result = `tenants/${tenantId}/jobs/${jobId}/publish/0/1/result.csv`;
  await blobs.receive(Readable.from([Buffer.from('result')]), () => result, 1_000);
  await database.query(
    `INSERT INTO attune.artifacts (tenant_id, id, job_id, generation, stage, kind, sha256, bytes, storage_key, epoch)
     VALUES ($1, gen_random_uuid(), $2, 1, 'publish', 'result_csv', 'x', 6, $3, 1)`,
    [tenantId, jobId, result],
  );
  if (!open) await new JobsRepository(database).cancel(tenantId, jobId);
  const age = `now() - make_interval(days => $2)`;
  await database.query(
    `UPDATE attune.jobs SET created_at = ${age}, completed_at = CASE WHEN completed_at IS NULL THEN NULL ELSE ${age} END WHERE id = $1`,
    [jobId, days],
  );
  await database.query(`UPDATE attune.blobs SET verified_at = now() - make_interval(days => $2) WHERE storage_key = $1`, [key, days]);
  const [dataset] = await database.query<{ id: string }>(`SELECT dataset_id AS id FROM attune.jobs WHERE id = $1`, [jobId]);
  return { tenantId, jobId, input: key, result, datasetId: dataset!.id };
}

const isDeleted = async (jobId: string) =>
  (await database.query<{ gone: boolean }>(`SELECT deleted_at IS NOT NULL AS gone FROM attune.jobs WHERE id = $1`, [jobId]))[0]!.gone;

test('received bytes go after 30 days and a job with its results after 90, as by DELETE; younger ones stay', async () => {
  const [young, raw, old] = [await job(29), await job(31), await job(91)];
  expect(await expire()).toMatchObject({ objects: 3 }); // two lots of received bytes, and a job
  expect(await stored()).toEqual([young.input, young.result, raw.result].sort());
  expect([await isDeleted(young.jobId), await isDeleted(raw.jobId), await isDeleted(old.jobId)]).toEqual([false, false, true]);
  const last = await database.query<{ type: string; data: object }>(
    `SELECT DISTINCT ON (job_id) type, data FROM attune.job_events WHERE job_id = ANY($1) ORDER BY job_id, seq DESC`,
    [[raw.jobId, old.jobId]],
  );
  expect(last).toEqual([
    { type: 'job.input_removed', data: {} },
    { type: 'job.deleted', data: { because: 'retention' } },
  ]);
  expect(await expire()).toEqual({ objects: 0, bytes: 0 });
});

test('an open job keeps its bytes however old they are, and is not ended', async () => {
  const open = await job(500, { open: true });
  expect(await expire()).toEqual({ objects: 0, bytes: 0 });
  expect(await stored()).toEqual([open.input, open.result].sort());
});

test('every tenant has the days that it has decided on, and those that have not have the settings', async () => {
  const [short, forever, other] = [await job(10, { tenant: 'short' }), await job(1_000, { tenant: 'forever' }), await job(10)];
  await policies.decide(short.tenantId, 0, { rawDays: 5, resultsDays: 9 });
  await policies.decide(forever.tenantId, 0, { rawDays: null, resultsDays: null });
  await expire();
  expect(await stored()).toEqual([forever.input, forever.result, other.input, other.result].sort());
});

test('what a legal hold lies on stays until it is lifted: a job with its bytes, a dataset with its jobs', async () => {
  const [held, over] = [await job(91), await job(91)];
  await policies.holdJob(held.tenantId, held.jobId, true);
  await policies.holdDataset(over.tenantId, over.datasetId, true);
  expect((await policies.due(null, 1_000, 10)).total).toBe(0);
  expect(await expire()).toEqual({ objects: 0, bytes: 0 });
  expect((await stored()).length).toBe(4);
  const remove = () => new JobsRepository(database).delete(held.tenantId, held.jobId, () => Promise.resolve());
  await expect(remove()).rejects.toMatchObject({ code: 'legal_hold' });
  await policies.holdJob(held.tenantId, held.jobId, false);
  await policies.holdDataset(over.tenantId, over.datasetId, false);
  await expire();
  expect(await stored()).toEqual([]);
});

test('while a backup copies nothing expires, and the next pass has it', async () => {
  const old = await job(91);
  const giveBack = (await database.hold(REMOVAL_LOCK, () => undefined))!;
  expect(await expire()).toEqual({ objects: 0, bytes: 0 });
  expect(await stored()).toEqual([old.input, old.result].sort());
  await giveBack();
  expect(await expire()).toMatchObject({ objects: 2 });
});

test('a hold that comes between the list and the removal is in time', async () => {
  const { tenantId, jobId, datasetId } = await job(91);
  const listed = policies.due.bind(policies);
  jest.spyOn(policies, 'due').mockImplementation(async (...asked) => {
    const found = await listed(...asked);
    await policies.holdJob(tenantId, jobId, true);
    return found;
  });
  expect(await expire()).toEqual({ objects: 0, bytes: 0 });
  expect((await stored()).length).toBe(2);
  expect(await policies.expireDataset(datasetId, () => Promise.reject(new Error('nothing is to be removed')))).toBe(false);
});

test('what goes is told before it goes, with the moment', async () => {
  const { jobId, datasetId, tenantId } = await job(29);
  expect(await policies.due(tenantId, 0, 10)).toEqual({ due: [], total: 0 });
  const { due, total } = await policies.due(tenantId, 61, 1);
  expect([total, due.map(({ kind, id }) => [kind, id])]).toEqual([2, [['dataset', datasetId]]]);
  const both = await policies.due(tenantId, 61, 10);
  expect(both.due.map(({ kind, id, bytes }) => [kind, id, bytes])).toEqual([
    ['dataset', datasetId, expect.any(Number)],
    ['job', jobId, 6],
  ]);
  const days = both.due.map(({ dueAt }) => Math.round((dueAt - Date.now()) / 86_400_000));
  expect(days).toEqual([1, 61]);
});
