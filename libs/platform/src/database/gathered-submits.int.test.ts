import { randomUUID } from 'node:crypto';
import { type FreshDatabase, freshDatabase } from '@attune/testing';
import { Database } from './database.js';
import { IdempotencyRepository } from './idempotency.repository.js';
import { JobsRepository } from './jobs.repository.js';
import type { Submission } from './new-jobs.js';
import { submitSample } from './sample-job.fixture.js';

const ROUTE = 'POST /api/v1/jobs';
let fresh: FreshDatabase;
let database: Database;
let jobs: JobsRepository;
let sample: Submission;

beforeAll(async () => {
  fresh = await freshDatabase();
  database = await Database.open(fresh.url);
  jobs = new JobsRepository(database);
  const { tenantId, jobId } = await submitSample(database);
  const { job } = (await jobs.find(tenantId, jobId))!;
  sample = {
    tenantId,
    operation: 'validate',
    options: job.options,
    priorityClass: 'interactive',
    mapping: null,
    datasetId: job.dataset_id,
    inputSha256: job.input_sha256,
    bytesIn: job.bytes_in,
    inputName: null,
    traceparent: null,
  };
});
afterAll(async () => {
  await database?.close();
  await fresh?.drop();
});

const transactions = async (): Promise<number> => {
  const [row] = await database.query<{ n: number }>(`SELECT count(DISTINCT xmin::text)::int AS n FROM attune.jobs`);
  return row!.n;
};

test('submits that come together share their transactions, and each gets a job of its own', async () => {
  const before = await transactions();
  const made = await Promise.all(Array.from({ length: 150 }, (_, i) => jobs.submit({ ...sample, inputName: `file ${i}` })));
  for (const [i, { jobId }] of made.entries()) expect((await jobs.find(sample.tenantId, jobId))!.job.input_name).toBe(`file ${i}`);
  expect(new Set(made.map(({ jobId }) => jobId)).size).toBe(150);
  // The first goes alone, a hundred and the rest behind it.
  expect((await transactions()) - before).toBe(3);
});

test('a key is answered with its own job, and one that was taken over refuses its own submit alone', async () => {
  const keys = new IdempotencyRepository(database);
  const names = Array.from({ length: 20 }, () => randomUUID());
  const held = await Promise.all(names.map((key) => keys.reserve(sample.tenantId, ROUTE, key)));
  await database.query(`UPDATE attune.idempotency_keys SET holder = $2 WHERE key = $1`, [names[7], randomUUID()]);
  const made = await Promise.allSettled(
    names.map((key, i) => {
      const reservation = held[i]!;
      if (reservation.state !== 'reserved') throw new Error('a new key was answered before');
      return jobs.submit({ ...sample, idempotency: { route: ROUTE, key, holder: reservation.holder, fingerprint: `f${i}` } });
    }),
  );
  const answers = await database.query<{ key: string; job_id: string; fingerprint: string }>(
    `SELECT key, job_id, fingerprint FROM attune.idempotency_keys WHERE state = 'answered'`,
  );
  const answered = new Map(answers.map(({ key, job_id: jobId, fingerprint }) => [key, [jobId, fingerprint]]));
  for (const [i, outcome] of made.entries()) {
    if (i === 7) expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'idempotency_in_progress' } });
    else
      expect([outcome.status, answered.get(names[i]!)]).toEqual([
        'fulfilled',
        [(outcome as { value: { jobId: string } }).value.jobId, `f${i}`],
      ]);
  }
  expect(answered.has(names[7]!)).toBe(false);
});

test('a submit over bytes that are gone is refused alone, and leaves nothing of itself', async () => {
  const count = async (): Promise<number> => (await database.query<{ n: number }>(`SELECT count(*)::int AS n FROM attune.jobs`))[0]!.n;
  const before = await count();
  const made = await Promise.allSettled(
    Array.from({ length: 10 }, (_, i) => jobs.submit(i === 4 ? { ...sample, datasetId: randomUUID() } : sample)),
  );
  expect(made.map(({ status }) => status)).toEqual(Array.from({ length: 10 }, (_, i) => (i === 4 ? 'rejected' : 'fulfilled')));
  expect(await count()).toBe(before + 9);
});

test('a batch over bytes of which some are gone makes no job at all', async () => {
  const [before] = await database.query(`SELECT count(*) FROM attune.jobs`);
  await expect(jobs.submitAll(sample.tenantId, [sample, { ...sample, datasetId: randomUUID() }])).rejects.toMatchObject({
    code: 'overloaded',
  });
  expect(await database.query(`SELECT count(*) FROM attune.jobs`)).toEqual([before]);
});
