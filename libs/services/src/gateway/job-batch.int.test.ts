import { createHash } from 'node:crypto';
import { ProblemBody } from '@attune/api';
import { type Database, type RunningProcess } from '@attune/platform';
import request from 'supertest';
import { type RunningGateway, startGateway } from './running-gateway.fixture.js';

let started: RunningGateway;
let database: Database;
let running: RunningProcess;
let ours: string;
let theirs: string;
let sha256: string;

beforeAll(async () => {
  started = await startGateway();
  ({ database, running, ours, theirs } = started);
  ({ sha256 } = (await clientOf().submit({ file: new Blob(['patient_id\nP1\n']), name: 'people.csv' })).input);
});

afterAll(() => started?.close());

const clientOf: RunningGateway['clientOf'] = (...asked) => started.clientOf(...asked);
const post = (jobs: readonly object[], headers: Record<string, string> = {}, key = ours) =>
  request(running.url)
    .post('/api/v1/jobs/batch')
    .set({ Authorization: `Bearer ${key}`, ...headers })
    .send({ jobs });
const jobsMade = async (): Promise<number> =>
  Number((await database.query<{ n: number }>(`SELECT count(*)::int AS n FROM attune.jobs`))[0]!.n);

test('many jobs in one request are made in their order, each with a place of its own in the queue, and once per key', async () => {
  const asked = Array.from({ length: 30 }, (_, i) => ({
    input: { sha256 },
    operation: i % 2 === 0 ? 'validate' : 'harmonize',
    ...(i < 10 ? { priority_class: 'bulk' } : {}),
  }));
  const first = await post(asked, { 'Idempotency-Key': 'thirty' });
  expect([first.status, first.headers['idempotent-replayed']]).toEqual([202, undefined]);
  const { job_ids: ids } = first.body as { job_ids: string[] };
  expect(new Set(ids).size).toBe(30);
  const made = await Promise.all(ids.map((id) => clientOf().job(id)));
  expect(made.map(({ operation, status, priority_class }) => [operation, status, priority_class])).toEqual(
    asked.map(({ operation }, i) => [operation, 'pending', i < 10 ? 'bulk' : 'interactive']),
  );
  const places = await database.query<{ at: number }>(
    `SELECT s.fair_at::float8 AS at FROM attune.job_stages s JOIN unnest($1::uuid[]) WITH ORDINALITY AS t(id, n) ON t.id = s.job_id
     WHERE s.status = 'ready' ORDER BY t.n`,
    [ids.map((id) => id.slice('job_'.length))],
  );
  const steps = (some: readonly { at: number }[]) => new Set(some.slice(1).map(({ at }, i) => at - some[i]!.at));
  expect([steps(places.slice(0, 10)), steps(places.slice(10))]).toEqual([new Set([1000]), new Set([250])]);
  const lines = await database.query<{ job_id: string; seq: number }>(`SELECT seq::int, type FROM attune.job_events WHERE job_id = $1`, [
    ids[29]!.slice('job_'.length),
  ]);
  expect(lines).toEqual([{ seq: 1, type: 'job.created' }]);
  const count = await jobsMade();
  const again = await post(asked, { 'Idempotency-Key': 'thirty' });
  expect([again.status, again.headers['idempotent-replayed'], again.body]).toEqual([202, 'true', first.body]);
  expect((await post(asked.slice(1), { 'Idempotency-Key': 'thirty' })).status).toBe(422);
  expect(await jobsMade()).toBe(count);
});

test('a batch with one job that cannot be made makes none, and says which it is', async () => {
  const count = await jobsMade();
  const unknown = createHash('sha256').update('never sent').digest('hex');
  const refused = await post([{ input: { sha256 } }, { input: { sha256: unknown } }]);
  expect([refused.status, ProblemBody.parse(refused.body).errors?.map(({ pointer }) => pointer)]).toEqual([404, ['/jobs/1/input/sha256']]);
  const foreign = await post([{ input: { sha256 } }], {}, theirs);
  expect([foreign.status, ProblemBody.parse(foreign.body).errors?.map(({ pointer }) => pointer)]).toEqual([404, ['/jobs/0/input/sha256']]);
  const wrong = await post([{ input: { sha256 } }, { input: { sha256 }, operation: 'unheard' }]);
  expect([wrong.status, ProblemBody.parse(wrong.body).errors?.map(({ pointer }) => pointer)]).toEqual([400, ['/jobs/1/operation']]);
  const late = await post([
    { input: { sha256 }, deadline_at: '2999-01-01T00:00:00Z' },
    { input: { sha256 }, deadline_at: '2001-01-01T00:00:00Z' },
  ]);
  expect([late.status, ProblemBody.parse(late.body).errors?.map(({ pointer }) => pointer)]).toEqual([400, ['/jobs/1/deadline_at']]);
  expect((await post(Array.from({ length: 1001 }, () => ({ input: { sha256 } })))).status).toBe(400);
  expect((await post([])).status).toBe(400);
  expect(await jobsMade()).toBe(count);
});

test('a job says its deadline; one that has passed is refused at every door', async () => {
  const deadlineAt = '2999-01-01T00:00:00.000Z';
  const file = new Blob(['patient_id\nP1\n']);
  expect((await clientOf().submitReference({ input: { sha256 }, deadlineAt })).deadline_at).toBe(deadlineAt);
  expect((await clientOf().submit({ file, deadlineAt })).deadline_at).toBe(deadlineAt);
  const passed = { deadlineAt: '2001-01-01T00:00:00Z' };
  const place = { status: 400, problem: { errors: [{ pointer: '/deadline_at', code: 'past' }] } };
  await expect(clientOf().submitReference({ input: { sha256 }, ...passed })).rejects.toMatchObject(place);
  await expect(clientOf().submit({ file, ...passed })).rejects.toMatchObject(place);
  await expect(clientOf().submit({ file, deadlineAt: 'tomorrow' })).rejects.toMatchObject({ status: 400 });
});
