import { randomUUID } from 'node:crypto';
import { type FreshDatabase, freshDatabase } from '@attune/testing';
import { Database } from './database.js';
import { IdempotencyRepository } from './idempotency.repository.js';
import { JobsRepository } from './jobs.repository.js';
import { submitSample } from './sample-job.fixture.js';

const ROUTE = 'POST /jobs';
const TENANT = randomUUID();

let fresh: FreshDatabase;
let database: Database;
let keys: IdempotencyRepository;

beforeEach(async () => {
  fresh = await freshDatabase();
  database = await Database.open(fresh.url);
  keys = new IdempotencyRepository(database);
});

afterEach(async () => {
  await database.close();
  await fresh.drop();
});

async function reserve(key = 'k'): Promise<string> {
  const reservation = await keys.reserve(TENANT, ROUTE, key);
  if (reservation.state !== 'reserved') throw new Error('the key was answered already');
  return reservation.holder;
}

const endLease = () => database.query(`UPDATE attune.idempotency_keys SET lease_until = now() - interval '1 second'`);

test('of fifty requests with one key at once, one is let in and the others are told that it is in progress', async () => {
  const results = await Promise.allSettled(Array.from({ length: 50 }, () => keys.reserve(TENANT, ROUTE, 'k')));
  expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  const refusals = results.flatMap((result) => (result.status === 'rejected' ? [(result.reason as { code: string }).code] : []));
  expect(new Set(refusals)).toEqual(new Set(['idempotency_in_progress']));
});

test('a reservation whose lease has ended is taken over by one request', async () => {
  const first = await reserve();
  await endLease();
  const results = await Promise.allSettled(Array.from({ length: 10 }, () => reserve()));
  const holders = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  expect(holders).toHaveLength(1);
  expect(holders[0]).not.toBe(first);
});

test('a reservation that is renewed is not taken over', async () => {
  const holder = await reserve();
  await endLease();
  await keys.renew(TENANT, ROUTE, 'k', holder);
  await expect(reserve()).rejects.toMatchObject({ code: 'idempotency_in_progress' });
});

test('a request that failed leaves its key free, but only its own reservation', async () => {
  const holder = await reserve();
  await keys.release(TENANT, ROUTE, 'k', randomUUID());
  await expect(reserve()).rejects.toMatchObject({ code: 'idempotency_in_progress' });
  await keys.release(TENANT, ROUTE, 'k', holder);
  await reserve();
});

test('an answered key gives the first job again, and who lost the reservation submits nothing', async () => {
  const { tenantId, jobId: template } = await submitSample(database);
  const { job } = (await new JobsRepository(database).find(tenantId, template))!;
  const submit = (holder: string) =>
    new JobsRepository(database).submit({
      tenantId,
      operation: 'validate',
      options: job.options,
      priorityClass: 'interactive',
      mapping: null,
      datasetId: job.dataset_id,
      inputSha256: job.input_sha256,
      bytesIn: 1,
      inputName: null,
      traceparent: null,
      idempotency: { route: ROUTE, key: 'k', holder, fingerprint: 'f' },
    });
  const reserved = async () => (await keys.reserve(tenantId, ROUTE, 'k')) as { holder: string };
  const slow = await reserved();
  await endLease();
  const { jobId } = await submit((await reserved()).holder);
  await expect(submit(slow.holder)).rejects.toMatchObject({ code: 'idempotency_in_progress' });
  expect(await keys.reserve(tenantId, ROUTE, 'k')).toEqual({ state: 'answered', fingerprint: 'f', jobId });
  expect(await database.query('SELECT count(*)::int AS jobs FROM attune.jobs')).toEqual([{ jobs: 2 }]);
});

test('keys of tenants and routes are apart', async () => {
  await reserve();
  expect(await keys.reserve(TENANT, 'POST /other', 'k')).toMatchObject({ state: 'reserved' });
  expect(await keys.reserve(randomUUID(), ROUTE, 'k')).toMatchObject({ state: 'reserved' });
});
