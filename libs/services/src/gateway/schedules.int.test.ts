import { FireList, JobBody, ProblemBody, ScheduleBody, ScheduleList, SchedulesClient } from '@attune/api';
import { bareId } from '@attune/core';
import type { Database, RunningProcess } from '@attune/platform';
import request from 'supertest';
import { type RunningGateway, startGateway } from './running-gateway.fixture.js';

const SCHEDULES = '/api/v1/schedules';

let started: RunningGateway;
let database: Database;
let running: RunningProcess;
let ours: string;
let theirs: string;
let input: { dataset_id: string };

beforeAll(async () => {
  started = await startGateway();
  ({ database, running, ours, theirs } = started);
  const file = Buffer.from('patient_id\np1\n');
  const job = JobBody.parse((await call('post', '/api/v1/jobs').attach('file', file, 'people.csv').expect(202)).body);
  input = { dataset_id: job.input.dataset_id };
});

afterAll(() => started?.close());

const call: RunningGateway['call'] = (...asked) => started.call(...asked);
const asked = (more: object = {}) => ({ name: 'nightly', cron: '30 2 * * *', job: { operation: 'validate' as const, input }, ...more });
const create = async (more: object = {}): Promise<ScheduleBody> =>
  ScheduleBody.parse((await call('post', SCHEDULES).send(asked(more)).expect(201)).body);
const self = ({ schedule_id: id }: ScheduleBody): string => `${SCHEDULES}/${id}`;
const historyOf = async (schedule: ScheduleBody): Promise<FireList> =>
  FireList.parse((await call('get', `${self(schedule)}/history`).expect(200)).body);

test('what the leader finds due becomes a job without anybody asking, and the history names it', async () => {
  const schedule = await create({ time_zone: 'Europe/Berlin' });
  expect(schedule).toMatchObject({ version: 1, catch_up: 'last', paused: false, fired_through: null });
  const dueAt = new Date(Math.floor(Date.now() / 60_000) * 60_000).toISOString();
  await database.query(`UPDATE attune.schedules SET next_due_at = $2 WHERE id = $1`, [bareId('sch', schedule.schedule_id), dueAt]);
  let history: FireList;
  do history = await historyOf(schedule);
  while (history.data.length === 0);
  expect(history.data).toMatchObject([{ due_at: dueAt, cause: 'due', outcome: 'fired', job_status: 'pending', problem_code: null }]);
  const job = JobBody.parse((await call('get', `/api/v1/jobs/${history.data[0]!.job_id}`).expect(200)).body);
  expect(job).toMatchObject({ operation: 'validate', input });
  const after = ScheduleBody.parse((await call('get', self(schedule)).expect(200)).body);
  expect(after).toMatchObject({ version: 2, fired_through: dueAt, next_due_at: schedule.next_due_at });
  const { text: metrics } = await request(running.url).get('/metrics').expect(200);
  expect(metrics).toMatch(/schedule_fires_total\{outcome="fired"\} 1/);
});

test('it is listed, read, changed under its ETag, paused, resumed and deleted', async () => {
  const client = new SchedulesClient({ url: running.url, apiKey: ours, fetch, newKey: () => crypto.randomUUID() });
  const made = await client.create(asked({ name: 'to be changed' }));
  expect((await client.list({ limit: 1 })).data).toEqual([made]);
  await call('get', self(made)).set('If-None-Match', '"1"').expect(304);
  await call('patch', self(made)).send({ cron: '0 4 * * *' }).expect(428);
  const changed = await client.change(made.schedule_id, 1, { cron: '0 4 * * *', catch_up: 'none' });
  expect(changed).toMatchObject({ version: 2, name: 'to be changed', cron: '0 4 * * *', catch_up: 'none' });
  expect(changed.next_due_at).toMatch(/T04:00:00/);
  await call('patch', self(made)).set('If-Match', '"1"').send({ name: 'late' }).expect(412);
  expect(await client.pause(made.schedule_id)).toMatchObject({ version: 3, paused: true, next_due_at: null });
  expect(await client.pause(made.schedule_id)).toMatchObject({ version: 3 });
  expect(await client.resume(made.schedule_id)).toMatchObject({ version: 4, paused: false, next_due_at: changed.next_due_at });
  await client.remove(made.schedule_id);
  await call('get', self(made)).expect(404);
});

test('triggered twice under one key it makes one job, paused or not, and its due times stay', async () => {
  const schedule = await create({ paused: true });
  const ask = () => call('post', `${self(schedule)}/trigger`).set('Idempotency-Key', schedule.schedule_id);
  const first = await ask().expect(202);
  const again = await ask().expect(202);
  expect([again.body, again.header['idempotent-replayed']]).toEqual([first.body, 'true']);
  const { job_id: jobId } = JobBody.parse(first.body);
  expect(first.header['location']).toBe(`/api/v1/jobs/${jobId}`);
  expect((await historyOf(schedule)).data).toMatchObject([{ cause: 'trigger', outcome: 'fired', job_id: jobId, lag_seconds: 0 }]);
  expect((await call('get', self(schedule)).expect(200)).body).toMatchObject({ paused: true, fired_through: null });
});

test.each([
  [{ cron: '61 * * * *' }, 400, '/cron'],
  [{ cron: '0 0 30 2 *' }, 400, '/cron'],
  [{ time_zone: 'Mars/Olympus' }, 400, '/time_zone'],
  [{ catch_up: 'some' }, 400, '/catch_up'],
  [{ job: { input: { upload_id: 'upl_1' } } }, 400, '/job/input/upload_id'],
  [{ job: { input: { sha256: '0'.repeat(64) } } }, 404, '/job/input/sha256'],
  [{ job: { deadline_at: '2030-01-01T00:00:00Z', input: { sha256: '0'.repeat(64) } } }, 400, '/job/deadline_at'],
  [{ job: { input: { sha256: '0'.repeat(64) }, options: { review: 'maybe' } } }, 400, '/job/options/review'],
])('%j is refused where it stands', async (more, status, pointer) => {
  const answer = await call('post', SCHEDULES).send(asked(more)).expect(status);
  expect(ProblemBody.parse(answer.body).errors![0]).toMatchObject({ pointer });
});

test('rules that are not there are refused where they stand in the job', async () => {
  const answer = await call('post', SCHEDULES)
    .send(asked({ job: { input, options: { rules_id: 'rul_1' } } }))
    .expect(400);
  expect(ProblemBody.parse(answer.body).errors).toMatchObject([{ pointer: '/job/options/rules_id' }]);
});

test('to another tenant a schedule and its bytes are not there', async () => {
  const schedule = await create();
  expect(ScheduleList.parse((await call('get', SCHEDULES, theirs).expect(200)).body).data).toEqual([]);
  await call('get', self(schedule), theirs).expect(404);
  await call('patch', self(schedule), theirs).set('If-Match', '"1"').send({ name: 'mine' }).expect(404);
  for (const action of ['pause', 'resume', 'trigger']) await call('post', `${self(schedule)}/${action}`, theirs).expect(404);
  await call('get', `${self(schedule)}/history`, theirs).expect(404);
  await call('delete', self(schedule), theirs).expect(404);
  await call('post', SCHEDULES, theirs).send(asked()).expect(404);
  await call('get', self(schedule)).expect(200);
});

interface Page {
  readonly data: readonly unknown[];
  readonly next_cursor: string | null;
}

test('pages of schedules and of their history hang together', async () => {
  const schedule = await create();
  await create();
  for (let i = 0; i < 3; i++) await call('post', `${self(schedule)}/trigger`).expect(202);
  for (const route of [SCHEDULES, `${self(schedule)}/history`]) {
    const seen: unknown[] = [];
    let cursor = '';
    do {
      const page = (await call('get', `${route}?limit=2${cursor}`).expect(200)).body as Page;
      seen.push(...page.data.map((one) => JSON.stringify(one)));
      cursor = page.next_cursor === null ? '' : `&cursor=${page.next_cursor}`;
    } while (cursor !== '');
    const { data } = (await call('get', `${route}?limit=200`).expect(200)).body as Page;
    expect(seen).toEqual(data.map((one) => JSON.stringify(one)));
  }
});
