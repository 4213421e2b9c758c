import { createHash, randomUUID } from 'node:crypto';
import { ProblemBody } from '@attune/api';
import { type Database } from '@attune/platform';
import { pino } from 'pino';
import { type RunningGateway, startGateway } from './running-gateway.fixture.js';

const FILE = 'patient_id,first_name\nP1,Ada\nP2,Bo\n';
const hashOf = (bytes: Buffer | string) => createHash('sha256').update(bytes).digest('hex');

let started: RunningGateway;
let database: Database;
let ours: string;
let theirs: string;
let logged = '';

beforeAll(async () => {
  started = await startGateway({ log: pino({ level: 'debug' }, { write: (line: string) => void (logged += line) }) });
  ({ database, ours, theirs } = started);
});

afterAll(() => started?.close());

const call: RunningGateway['call'] = (...asked) => started.call(...asked);
const clientOf: RunningGateway['clientOf'] = (...asked) => started.clientOf(...asked);
const submitted = (file: string) => clientOf().submit({ file: new Blob([file]), name: 'people.csv' });

describe('a job over bytes that are here already', () => {
  test('is made by their sha256 and by their dataset, and works on the same bytes', async () => {
    const first = await submitted(FILE);
    const { dataset_id, sha256, bytes } = first.input;
    for (const input of [{ sha256 }, { dataset_id }, { dataset_id: dataset_id.replace('ds_', '') }]) {
      const job = await clientOf().submitReference({ input, operation: 'validate' });
      expect([job.operation, job.input]).toEqual(['validate', { dataset_id, sha256, bytes }]);
    }
  });

  test('is refused alike where they never came, are another tenant’s, or were removed with their last job', async () => {
    const { input } = await submitted(`${FILE}P3,Cy\n`);
    const gone = await submitted(`${FILE}P4,Di\n`);
    await database.query(`UPDATE attune.blobs SET removed_at = now() WHERE sha256 = $1`, [gone.input.sha256]);
    const problems = [];
    for (const [key, reference] of [
      [theirs, { sha256: input.sha256 }],
      [theirs, { sha256: hashOf('never') }],
      [ours, { sha256: gone.input.sha256 }],
    ] as const)
      problems.push(await refused(404, { input: reference }, key));
    for (const [key, id] of [
      [theirs, input.dataset_id],
      [theirs, `ds_${randomUUID()}`],
      [ours, gone.input.dataset_id],
      [ours, 'nothing of the kind'],
    ] as const)
      problems.push(await refused(404, { input: { dataset_id: id } }, key));
    const told = problems.map(({ code, detail, errors }) => JSON.stringify({ code, detail, places: errors?.map(({ code: c }) => c) }));
    expect(new Set(told).size).toBe(1);
  });

  test('happens once per idempotency key, and a replay needs the bytes no more', async () => {
    const { input } = await submitted(`${FILE}P5,Ed\n`);
    const idempotencyKey = randomUUID();
    const again = () => clientOf().submitReference({ input: { sha256: input.sha256 }, idempotencyKey });
    const { job_id: id } = await again();
    await database.query(`UPDATE attune.blobs SET removed_at = now() WHERE sha256 = $1`, [input.sha256]);
    expect((await again()).job_id).toBe(id);
    const other = clientOf().submitReference({ input: { dataset_id: input.dataset_id }, idempotencyKey });
    await expect(other).rejects.toMatchObject({ code: 'idempotency_mismatch' });
  });

  test('is refused as unknown also where the bytes were there a moment ago, alone and in a batch', async () => {
    const { input } = await submitted(`${FILE}P6,Flo\n`);
    const named = { input: { sha256: input.sha256 } };
    await call('post', '/api/v1/jobs').send(named).expect(202);
    await database.query(`UPDATE attune.blobs SET removed_at = now() WHERE sha256 = $1`, [input.sha256]);
    expect(await refused(404, named)).toMatchObject({ code: 'not_found', errors: [{ pointer: '/input/sha256' }] });
    await database.query(`UPDATE attune.blobs SET removed_at = NULL WHERE sha256 = $1`, [input.sha256]);
    await call('post', '/api/v1/jobs').send(named).expect(202);
    await database.query(`UPDATE attune.blobs SET removed_at = now() WHERE sha256 = $1`, [input.sha256]);
    const batch = await call('post', '/api/v1/jobs/batch')
      .send({ jobs: [named] })
      .expect(404);
    expect(ProblemBody.parse(batch.body).errors).toMatchObject([{ pointer: '/jobs/0/input/sha256' }]);
  });

  test.each([
    [{}, '/input'],
    [{ input: {} }, '/input'],
    [{ input: { sha256: 'A'.repeat(64) } }, '/input/sha256'],
    [{ input: { sha256: hashOf('x'), dataset_id: 'ds_x' } }, '/input'],
    [{ input: { path: '/etc/passwd' } }, '/input/path'],
    [{ input: { sha256: hashOf('x') }, operation: 'dance' }, '/operation'],
    [{ input: { sha256: hashOf('x') }, options: { remove_duplicate: true } }, '/options/remove_duplicate'],
    [{ input: { sha256: hashOf('x') }, tenant_id: 'x' }, '/tenant_id'],
  ])('is not made of %j', async (body, pointer) => {
    const problem = await refused(400, body);
    expect(problem.errors?.map((place) => place.pointer)).toContain(pointer);
  });
});

async function refused(status: number, body: object, key = ours): Promise<ProblemBody> {
  const answer = await call('post', '/api/v1/jobs', key).send(body).expect(status);
  return ProblemBody.parse(answer.body);
}

test.each([
  ['http://files.example.org/people.csv', 400, 'validation_failed'],
  ['https://user:told-nobody@93.184.215.14/', 422, 'address_refused'],
  ['https://127.0.0.1/people.csv?signature=told-nobody', 422, 'address_refused'],
  ['https://[::ffff:10.0.0.1]/?told-nobody', 422, 'address_refused'],
])('a job over %s is refused, and nothing of the address is told or logged', async (url, status, code) => {
  const problem = await refused(status, { input: { source_url: url } });
  expect(problem).toMatchObject({ code, errors: [{ pointer: '/input/source_url' }] });
  expect(JSON.stringify(problem) + logged).not.toContain('told-nobody');
});

test('a batch fetches nothing', async () => {
  const asked = { jobs: [{ input: { source_url: 'https://127.0.0.1/' } }] };
  const answer = await call('post', '/api/v1/jobs/batch').send(asked).expect(400);
  expect(ProblemBody.parse(answer.body).errors![0]).toMatchObject({ pointer: '/jobs/0/input/source_url' });
});
