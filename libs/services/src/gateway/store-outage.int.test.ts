import { ProblemBody } from '@attune/api';
import { S3Double } from '@attune/testing';
import request from 'supertest';
import { type RunningGateway, startGateway } from './running-gateway.fixture.js';

let started: RunningGateway;
let double: S3Double;

beforeAll(async () => {
  double = await S3Double.start();
  const { accessKeyId, secretAccessKey } = double.credentials;
  started = await startGateway({
    settings: { ATTUNE_BLOBS_URL: double.url(), ATTUNE_S3_ACCESS_KEY_ID: accessKeyId, ATTUNE_S3_SECRET_ACCESS_KEY: secretAccessKey },
  });
});

afterAll(async () => {
  await started?.close();
  await double?.close();
});

const submit = (n: number) => started.call('post', '/api/v1/jobs').attach('file', Buffer.from(`patient_id\nP${n}\n`), 'people.csv');
const circuit = async (): Promise<string | undefined> =>
  /^circuit_state\{dep="storage"\} (\d)$/m.exec((await request(started.running.url).get('/metrics')).text)?.[1];

test('F52 while the store is down submits are told to come again, at once once that is known, and nothing is kept of them; then it goes on', async () => {
  await submit(0).expect(202);
  expect(await circuit()).toBe('0');
  double.faults.add({ kind: 'error' });
  for (let i = 1; (await circuit()) !== '2'; i++) {
    const refused = await submit(i)
      .expect(503)
      .expect('Content-Type', /problem\+json/)
      .expect('Retry-After', /^\d+$/);
    expect(ProblemBody.parse(refused.body).code).toBe('dependency_unavailable');
    expect(i).toBeLessThan(10);
  }
  const asked = double.asked.length;
  for (let i = 20; i < 25; i++) await submit(i).expect(503).expect('Retry-After', /^\d+$/);
  // None of them asks the store; once in a while somebody looks whether it is back.
  expect(double.asked.length - asked).toBeLessThanOrEqual(1);
  expect(await started.database.query('SELECT count(*)::int AS jobs FROM attune.jobs')).toEqual([{ jobs: 1 }]);
  double.faults.clear();
  const patience = performance.now() + 30_000;
  while ((await submit(30)).status !== 202) {
    expect(performance.now()).toBeLessThan(patience);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  expect(await circuit()).toBe('0');
});
