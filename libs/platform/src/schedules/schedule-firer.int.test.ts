import { createHash, randomUUID } from 'node:crypto';
import { ScheduledJob } from '@attune/api';
import { AppError } from '@attune/core';
import { type FreshDatabase, freshDatabase } from '@attune/testing';
import { pino } from 'pino';
import { Database } from '../database/database.js';
import { DatasetsRepository } from '../database/datasets.repository.js';
import { FiresRepository } from '../database/fires.repository.js';
import type { Submission } from '../database/new-jobs.js';
import { SchedulesRepository, type StoredSchedule } from '../database/schedules.repository.js';
import { TenantsRepository } from '../database/tenants.repository.js';
import { Rings } from '../queue/rings.js';
import { Metrics } from '../telemetry/metrics.js';
import { ScheduleFirer } from './schedule-firer.js';

let fresh: FreshDatabase;
let database: Database;
let schedules: SchedulesRepository;
let fires: FiresRepository;
let metrics: Metrics;
let tenantId: string;
let sha256: string;
let submissionOf: (tenantId: string, job: ScheduledJob) => Promise<Submission>;

beforeEach(async () => {
  fresh = await freshDatabase();
  database = await Database.open(fresh.url);
  schedules = new SchedulesRepository(database);
  fires = new FiresRepository(database);
  metrics = new Metrics();
  tenantId = await new TenantsRepository(database).ensureTenant('ours');
  sha256 = createHash('sha256').update(randomUUID()).digest('hex');
  const { datasetId } = await new DatasetsRepository(database).receive({ tenantId, sha256, bytes: 1, storageKey: `samples/${sha256}` });
  submissionOf = (owner, { operation, options, priority_class: priorityClass }) =>
    Promise.resolve({
      tenantId: owner,
      operation,
      options: { ...options, rules: undefined },
      priorityClass,
      mapping: null,
      datasetId,
      inputSha256: sha256,
      bytesIn: 1,
      inputName: null,
      traceparent: null,
    } as unknown as Submission);
});

afterEach(async () => {
  await database.close();
  await fresh.drop();
});

const firer = (of = submissionOf): ScheduleFirer =>
  new ScheduleFirer({
    fires,
    submissionOf: of,
    rings: new Rings(new Map(), () => undefined),
    metrics,
    log: pino({ level: 'silent' }),
  });

const create = (more: Partial<Parameters<SchedulesRepository['create']>[1]> = {}): Promise<StoredSchedule> =>
  schedules.create(tenantId, {
    name: 'hourly',
    cron: '0 * * * *',
    timeZone: 'UTC',
    job: ScheduledJob.parse({ operation: 'validate', input: { sha256 } }),
    catchUp: 'last',
    paused: false,
    ...more,
  });

/** As if nobody had been there since so many hours ago, on the hour. */
const missed = (id: string, hours: number): Promise<unknown> =>
  database.query(`UPDATE attune.schedules SET next_due_at = date_trunc('hour', now()) - make_interval(hours => $2) WHERE id = $1`, [
    id,
    hours,
  ]);
const jobs = () =>
  database.query<{ id: string; data: { due_at: string; schedule_id: string } }>(
    `SELECT j.id, e.data FROM attune.jobs j JOIN attune.job_events e ON e.job_id = j.id AND e.seq = 1 ORDER BY j.id`,
  );
const outcomes = async (id: string): Promise<string[]> => (await fires.list(tenantId, id, { limit: 200 })).map(({ outcome }) => outcome);
const counted = async (): Promise<Record<string, number>> =>
  Object.fromEntries<number>((await metrics.scheduleFires.get()).values.map(({ labels, value }) => [String(labels.outcome), value]));

test('however many fire at once, each due time makes exactly one job', async () => {
  const all = await Promise.all(Array.from({ length: 5 }, () => create({ catchUp: 'all' })));
  for (const { id } of all) await missed(id, 3);
  await Promise.all(Array.from({ length: 6 }, () => firer().fireDue()));
  const made = await jobs();
  expect(made).toHaveLength(20);
  expect(new Set(made.map(({ data }) => `${data.schedule_id} ${data.due_at}`)).size).toBe(20);
  expect(await counted()).toEqual({ fired: 20 });
});

test('a firer that read the schedule before another has fired it makes nothing', async () => {
  const { id } = await create();
  await missed(id, 0);
  const [seen] = await fires.due(1);
  const decision = { fire: [seen!.nextDueAt], skip: [], firedThrough: seen!.nextDueAt, nextDueAt: seen!.nextDueAt + 3_600_000 };
  const job = await submissionOf(tenantId, seen!.job);
  expect(await fires.fire(seen!, decision, job)).toMatchObject({ jobIds: { length: 1 } });
  expect(await fires.fire(seen!, decision, job)).toBeUndefined();
  expect(await jobs()).toHaveLength(1);
});

test('a clock that was set back brings no due time twice', async () => {
  const { id } = await create();
  await missed(id, 0);
  await firer().fireDue();
  await missed(id, 0);
  await firer().fireDue();
  expect(await jobs()).toHaveLength(1);
  expect((await schedules.find(tenantId, id)).nextDueAt).toBeGreaterThan(Date.now());
});

test.each([
  ['none', ['skipped', 'skipped', 'skipped']],
  ['last', ['fired', 'skipped', 'skipped']],
  ['all', ['fired', 'fired', 'fired']],
] as const)('after a time away %s leaves %j, and the next due time is ahead', async (catchUp, expected) => {
  const { id, nextDueAt } = await create({ catchUp });
  await database.query(
    `UPDATE attune.schedules SET cron = '0 ' || string_agg || ' * * *', next_due_at = date_trunc('hour', now()) - interval '4 hours'
     FROM (SELECT string_agg(extract(hour from now() - make_interval(hours => h))::text, ',') FROM generate_series(2, 4) AS h) AS hours WHERE id = $1`,
    [id],
  );
  await firer().fireDue();
  expect(await outcomes(id)).toEqual(expected);
  const after = await schedules.find(tenantId, id);
  expect(after.nextDueAt).toBeGreaterThan(nextDueAt! - 3_600_000);
  expect(after.firedThrough).not.toBeNull();
  expect(await fires.due(10)).toEqual([]);
});

test('a paused schedule makes no job, and what passed meanwhile is not caught up', async () => {
  const { id } = await create({ catchUp: 'all' });
  await missed(id, 3);
  expect(await schedules.setPaused(tenantId, id, true)).toMatchObject({ paused: true, nextDueAt: null });
  await firer().fireDue();
  const { nextDueAt } = await schedules.setPaused(tenantId, id, false);
  expect(nextDueAt).toBeGreaterThan(Date.now() - 60_000);
  await firer().fireDue();
  expect(await jobs()).toEqual([]);
});

test('a job that cannot be made is a failed due time with its code, and the schedule goes on', async () => {
  const { id } = await create();
  await missed(id, 0);
  await firer(() => Promise.reject(new AppError('not_found', 'there is no such input'))).fireDue();
  expect(await fires.list(tenantId, id, { limit: 9 })).toMatchObject([{ outcome: 'failed', problemCode: 'not_found', jobId: null }]);
  expect((await schedules.find(tenantId, id)).nextDueAt).toBeGreaterThan(Date.now());
});

test('bytes that went at the last moment fail the due time alone', async () => {
  const { id } = await create();
  await missed(id, 0);
  await database.query(`UPDATE attune.blobs SET removed_at = now()`);
  await firer().fireDue();
  expect(await fires.list(tenantId, id, { limit: 9 })).toMatchObject([{ outcome: 'failed', problemCode: 'gone' }]);
  expect(await jobs()).toEqual([]);
});

test('what passes is tried again by the next pass, and keeps no other schedule waiting', async () => {
  const [first, second] = [await create(), await create()];
  await missed(first.id, 1);
  await missed(second.id, 0);
  let asked = 0;
  await firer((owner, job) =>
    asked++ === 0 ? Promise.reject(new AppError('dependency_unavailable', 'away')) : submissionOf(owner, job),
  ).fireDue();
  expect([await outcomes(first.id), await outcomes(second.id)]).toEqual([[], ['fired']]);
  await firer().fireDue();
  expect(await outcomes(first.id)).toEqual(['fired', 'skipped']);
});

test('the lag tells for how long the longest due schedule has waited, and 0 when none is due', async () => {
  const lag = async (): Promise<number> => (await metrics.scheduleLag.get()).values[0]!.value;
  const { id } = await create();
  await missed(id, 2);
  await firer().fireDue();
  expect(await lag()).toBeGreaterThanOrEqual(7_200);
  await firer().fireDue();
  expect(await lag()).toBe(0);
});
