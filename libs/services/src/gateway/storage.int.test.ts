import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { CollectionBody, JobBody, ProblemBody, RetentionDueBody } from '@attune/api';
import { type Database } from '@attune/platform';
import { type RunningGateway, startGateway } from './running-gateway.fixture.js';

let started: RunningGateway;
let directory: string;
let database: Database;
let theirs: string;

beforeAll(async () => {
  started = await startGateway({ settings: { ATTUNE_OPERATORS: 'nobody, ours' } });
  ({ directory, database, theirs } = started);
});

afterAll(() => started?.close());

const call: RunningGateway['call'] = (...asked) => started.call(...asked);
const collect = async (body: object) =>
  CollectionBody.parse(
    (
      await call('post', '/api/v1/operations/gc')
        .send(body)
        .expect((answer) => expect([answer.status, answer.text]).toEqual([200, answer.text]))
    ).body,
  );

/** A file in the store that nothing names, two days old. */
function litter(key: string, text: string): void {
  const file = path.join(directory, 'blobs', key);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
  const at = Date.now() / 1000 - 48 * 3_600;
  utimesSync(file, at, at);
}

test('garbage is told of and collected for a tenant that operates, and for nobody else', async () => {
  const refused = await call('post', '/api/v1/operations/gc', theirs).send({ dry_run: true }).expect(403);
  expect(ProblemBody.parse(refused.body).code).toBe('forbidden');
  litter('tenants/t/blobs/left', 'abc');
  const input = (body: CollectionBody) => body.objects.find(({ reason }) => reason === 'input');
  const nothing = { objects: 0, bytes: 0 };
  const one = { objects: 1, bytes: 3 };
  expect(input(await collect({ dry_run: true }))).toEqual({ reason: 'input', marked: one, swept: nothing });
  expect(input(await collect({}))).toEqual({ reason: 'input', marked: one, swept: nothing });
  await database.query(`UPDATE attune.gc_marks SET marked_at = now() - interval '25 hours'`);
  expect(input(await collect({ dry_run: true }))).toEqual({ reason: 'input', marked: nothing, swept: one });
  expect(input(await collect({ dry_run: false }))).toEqual({ reason: 'input', marked: nothing, swept: one });
  expect((await collect({})).stored).toEqual(nothing);
});

test('what is asked of the collector is closed', async () => {
  const answer = await call('post', '/api/v1/operations/gc').send({ dryrun: true }).expect(400);
  expect(ProblemBody.parse(answer.body).errors).toEqual([
    { pointer: '/dryrun', code: 'unrecognized_keys', message: 'There is no such member.' },
  ]);
});

const POLICY = '/api/v1/retention';

test('a tenant decides how long its things are kept, at the version that it has read', async () => {
  const read = await call('get', POLICY).expect(200).expect('ETag', '"0"');
  expect(read.body).toEqual({ raw_days: 30, results_days: 90, version: 0 });
  await call('put', POLICY).send({ raw_days: 7, results_days: null }).expect(428);
  await call('put', POLICY).set('If-Match', '"1"').send({ raw_days: 7, results_days: null }).expect(412);
  const decided = await call('put', POLICY).set('If-Match', '"0"').send({ raw_days: 7, results_days: null }).expect(200);
  expect(decided.body).toEqual({ raw_days: 7, results_days: null, version: 1 });
  await call('put', POLICY).set('If-Match', '"0"').send({ raw_days: 8, results_days: 8 }).expect(412);
  await call('put', POLICY).set('If-Match', '"1"').send({ raw_days: 0, results_days: 8 }).expect(400);
  expect((await call('get', POLICY, theirs)).body).toEqual({ raw_days: 30, results_days: 90, version: 0 });
  await call('put', POLICY).set('If-Match', '"1"').send({ raw_days: 30, results_days: 90 }).expect(200);
});

test('a legal hold is laid and lifted by the tenant alone; what is held is neither listed as due nor deleted', async () => {
  const submitted = await call('post', '/api/v1/jobs').attach('file', Buffer.from('patient_id\nP1\n'), 'people.csv').expect(202);
  const { job_id: id, input } = JobBody.parse(submitted.body);
  await call('post', `/api/v1/jobs/${id}/cancel`).expect(202);
  await database.query(`UPDATE attune.jobs SET completed_at = now() - interval '91 days', created_at = now() - interval '92 days'`);
  await database.query(`UPDATE attune.blobs SET verified_at = now() - interval '29 days'`);
  const due = async (query = '') =>
    RetentionDueBody.parse((await call('get', `${POLICY}/due${query}`).expect(200)).body).data.map((one) => one.id);
  expect(await due()).toEqual([id]);
  expect(await due('?within_days=2')).toEqual([id, input.dataset_id]);
  expect((await call('get', `${POLICY}/due`, theirs).expect(200)).body).toEqual({ data: [], total: 0 });
  const things = [
    ['jobs', id],
    ['datasets', input.dataset_id],
  ] as const;
  for (const [of, held] of things) {
    await call('post', `/api/v1/${of}/${held}/hold`, theirs).expect(404);
    await call('post', `/api/v1/${of}/${held}/hold`).expect(200);
    await call('post', `/api/v1/${of}/${held}/hold`).expect(200);
    expect(await due('?within_days=2')).toEqual([]);
    const refused = await call('delete', `/api/v1/jobs/${id}`).expect(409);
    expect(ProblemBody.parse(refused.body).code).toBe('legal_hold');
    const shown = JobBody.parse((await call('get', `/api/v1/jobs/${id}`).expect(200)).body);
    expect(shown.legal_hold).toBe(of === 'jobs' ? true : undefined);
    await call('post', `/api/v1/${of}/${held}/release`).expect(200);
  }
  const told = await database.query<{ type: string }>(
    `SELECT type FROM attune.job_events WHERE type IN ('job.held', 'job.released') ORDER BY seq`,
  );
  expect(told.map(({ type }) => type)).toEqual(['job.held', 'job.released', 'job.held', 'job.released']);
  await call('delete', `/api/v1/jobs/${id}`).expect(204);
  await call('post', `/api/v1/jobs/${id}/hold`).expect(410);
  await call('post', `/api/v1/datasets/${input.dataset_id}/hold`).expect(404);
});
