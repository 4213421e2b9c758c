import { type FreshDatabase, freshDatabase } from '@attune/testing';
import { pino } from 'pino';
import { Database } from '../database/database.js';
import { JobsRepository } from '../database/jobs.repository.js';
import { type SampleJob, submitSample } from '../database/sample-job.fixture.js';
import { StagesRepository } from '../database/stages.repository.js';
import { type Look, WatchRepository } from '../database/watch.repository.js';
import { Doorbell } from './doorbell.js';
import { JobWatch, type WatchItem } from './job-watch.js';

/** Counts its queries. */
class CountedLooks extends WatchRepository {
  count = 0;

  override look(jobs: readonly { readonly id: string; readonly seq: number }[]): Promise<Look[]> {
    this.count++;
    return super.look(jobs);
  }
}

let fresh: FreshDatabase;
let database: Database;
let jobs: JobsRepository;
let stages: StagesRepository;
let looks: CountedLooks;
let bell: Doorbell;
let watch: JobWatch;

beforeEach(async () => {
  fresh = await freshDatabase();
  database = await Database.open(fresh.url);
  jobs = new JobsRepository(database);
  stages = new StagesRepository(database);
  looks = new CountedLooks(database);
  bell = new Doorbell(database, pino({ level: 'silent' }));
  watch = new JobWatch(bell, looks, pino({ level: 'silent' }));
});

afterEach(async () => {
  watch.close();
  await bell.close();
  await database.close();
  await fresh.drop();
});

async function numbersOf(items: AsyncIterable<WatchItem>): Promise<number[]> {
  const numbers: number[] = [];
  for await (const item of items) if (item.kind === 'event') numbers.push(item.event.seq);
  return numbers;
}

/** Takes the job through all its stages, which leave nothing. */
async function complete({ tenantId, jobId }: SampleJob): Promise<void> {
  for (const service of ['validator', 'harmonizer', 'validator', 'validator'] as const) {
    const claim = (await stages.claim(service, 'w1'))!;
    expect(claim.jobId).toBe(jobId);
    await stages.commit(claim, { artifacts: [] });
  }
  expect((await jobs.find(tenantId, jobId))!.job.status).toBe('completed');
}

const upTo = (n: number, after = 0): number[] => Array.from({ length: n - after }, (_, i) => after + i + 1);

test('watchers from any place get every later line once and in order, then the end', async () => {
  const sample = await submitSample(database);
  const early = [0, 0, 3].map((seq) => numbersOf(watch.after(sample.tenantId, sample.jobId, seq)));
  await complete(sample);
  const total = (await jobs.history(sample.tenantId, sample.jobId, 0, 1000)).length;
  expect(total).toBeGreaterThan(8);
  expect(await Promise.all(early)).toEqual([upTo(total), upTo(total), upTo(total, 3)]);
  expect(await numbersOf(watch.after(sample.tenantId, sample.jobId, 5))).toEqual(upTo(total, 5));
  expect(await numbersOf(watch.after(sample.tenantId, sample.jobId, total))).toEqual([]);
  expect(watch.jobs).toBe(0);
});

test('a history longer than what is remembered comes whole, whoever begins where', async () => {
  const { tenantId, jobId } = await submitSample(database);
  await database.query(
    `INSERT INTO attune.job_events (tenant_id, job_id, seq, type, level, message, data)
     SELECT $1, $2, n, 'job.log', 'info', 'planted', '{}' FROM generate_series(2, 1500) n`,
    [tenantId, jobId],
  );
  const early = [0, 700, 1400].map((seq) => numbersOf(watch.after(tenantId, jobId, seq)));
  await jobs.cancel(tenantId, jobId);
  const total = (await jobs.history(tenantId, jobId, 0, 10_000)).length;
  // Now that the job has ended, who resumes far ahead of what a first look brings gets the rest all the same.
  expect(await numbersOf(watch.after(tenantId, jobId, 1400))).toEqual(upTo(total, 1400));
  expect(await Promise.all(early)).toEqual([upTo(total), upTo(total, 700), upTo(total, 1400)]);
});

test('a lost bell costs one second only', async () => {
  const { tenantId, jobId } = await submitSample(database);
  const items = watch.after(tenantId, jobId, 1);
  const began = performance.now();
  const ending = numbersOf(items);
  await database.query(`ALTER TABLE attune.job_events DISABLE TRIGGER USER`);
  await jobs.cancel(tenantId, jobId);
  expect(await ending).toEqual([2, 3]);
  expect(performance.now() - began).toBeLessThan(5_000);
});

test('three hundred watchers of as many jobs cost one look a second, and learn of every end', async () => {
  const samples: SampleJob[] = [];
  for (let i = 0; i < 300; i++) samples.push(await submitSample(database));
  const endings = samples.map(({ tenantId, jobId }) => numbersOf(watch.after(tenantId, jobId, 0)));
  await watch.until(samples[0]!.tenantId, samples[0]!.jobId, () => true, AbortSignal.timeout(5_000));
  const before = looks.count;
  await database.query('SELECT pg_sleep(3)');
  expect(looks.count - before).toBeLessThanOrEqual(5);
  expect(looks.count - before).toBeGreaterThanOrEqual(2);
  for (const { tenantId, jobId } of samples) await jobs.cancel(tenantId, jobId);
  for (const numbers of await Promise.all(endings)) expect(numbers).toEqual([1, 2, 3]);
});

test('watchers outlive the loss of every connection', async () => {
  const sample = await submitSample(database);
  const ending = numbersOf(watch.after(sample.tenantId, sample.jobId, 0));
  const ended = await Database.open(fresh.url, 1);
  const others = `FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`;
  for (let i = 0; i < 2; i++) {
    await jobs.find(sample.tenantId, sample.jobId).catch(() => undefined);
    await ended.query(`SELECT pg_terminate_backend(pid) ${others}`);
  }
  await new JobsRepository(ended).cancel(sample.tenantId, sample.jobId);
  await ended.close();
  expect(await ending).toEqual([1, 2, 3]);
});

test('nobody watches what is not theirs, what is not, and what was deleted', async () => {
  const { tenantId, jobId } = await submitSample(database);
  const other = await submitSample(database, { tenant: 'other' });
  await expect(numbersOf(watch.after(other.tenantId, jobId, 0))).rejects.toMatchObject({ code: 'not_found' });
  await expect(numbersOf(watch.after(tenantId, '00000000-0000-7000-8000-000000000000', 0))).rejects.toMatchObject({ code: 'not_found' });
  await jobs.cancel(tenantId, jobId);
  await jobs.delete(tenantId, jobId, () => Promise.resolve());
  await expect(numbersOf(watch.after(tenantId, jobId, 0))).rejects.toMatchObject({ code: 'gone' });
});

test('a wait ends with the fact, with the job, with the signal and with the process', async () => {
  const { tenantId, jobId } = await submitSample(database);
  const patience = AbortSignal.timeout(20_000);
  expect(await watch.until(tenantId, jobId, ({ version }) => version === 1, patience)).toMatchObject({ version: 1, status: 'pending' });
  expect(await watch.until(tenantId, jobId, () => false, AbortSignal.timeout(50))).toMatchObject({ status: 'pending' });
  const changed = watch.until(tenantId, jobId, ({ version }) => version > 1, patience);
  await stages.claim('validator', 'w1');
  expect(await changed).toMatchObject({ status: 'processing', stage: 'inspect' });
  const closing = watch.until(tenantId, jobId, () => false, patience);
  const unended = numbersOf(watch.after(tenantId, jobId, 0));
  await watch.until(tenantId, jobId, () => true, patience);
  watch.close();
  expect(await closing).toMatchObject({ status: 'processing' });
  expect(await unended).toEqual([1, 2, 3]);
  await expect(numbersOf(watch.after(tenantId, jobId, 0))).rejects.toMatchObject({ code: 'overloaded' });
});
