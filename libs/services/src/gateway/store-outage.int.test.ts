import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ProblemBody } from '@attune/api';
import {
  Database,
  hashApiKey,
  keyStart,
  newApiKey,
  openServices,
  readConfig,
  type RunningProcess,
  TenantsRepository,
} from '@attune/platform';
import { type FreshDatabase, freshDatabase, S3Double } from '@attune/testing';
import { pino } from 'pino';
import request from 'supertest';
import { gateway } from './gateway.js';

jest.setTimeout(90_000);

let directory: string;
let fresh: FreshDatabase;
let database: Database;
let double: S3Double;
let running: RunningProcess & { pepper: string };
let key: string;

beforeAll(async () => {
  directory = mkdtempSync(path.join(tmpdir(), 'attune-store-'));
  [fresh, double] = await Promise.all([freshDatabase(), S3Double.start()]);
  const config = readConfig({
    ATTUNE_DATA_DIR: directory,
    ATTUNE_HTTP_PORT: '0',
    ATTUNE_BLOBS_URL: double.url(),
    ATTUNE_S3_ACCESS_KEY_ID: double.credentials.accessKeyId,
    ATTUNE_S3_SECRET_ACCESS_KEY: double.credentials.secretAccessKey,
  });
  running = await openServices([gateway], config, fresh.url, pino({ level: 'silent' }));
  database = await Database.open(fresh.url);
  const tenants = new TenantsRepository(database);
  key = newApiKey();
  await tenants.addKey(await tenants.ensureTenant('ours'), keyStart(key), hashApiKey(key, running.pepper));
});

afterAll(async () => {
  await running?.close();
  await database?.close();
  await fresh?.drop();
  await double?.close();
  rmSync(directory, { recursive: true });
});

const submit = (n: number) =>
  request(running.url)
    .post('/api/v1/jobs')
    .set('Authorization', `Bearer ${key}`)
    .attach('file', Buffer.from(`patient_id\nP${n}\n`), 'people.csv');
const circuit = async (): Promise<string | undefined> =>
  /^circuit_state\{dep="storage"\} (\d)$/m.exec((await request(running.url).get('/metrics')).text)?.[1];

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
  const began = performance.now();
  await submit(20).expect(503).expect('Retry-After', /^\d+$/);
  expect(performance.now() - began).toBeLessThan(2_000);
  expect(double.asked.length).toBe(asked);
  expect(await database.query('SELECT count(*)::int AS jobs FROM attune.jobs')).toEqual([{ jobs: 1 }]);
  double.faults.clear();
  const patience = performance.now() + 30_000;
  while ((await submit(30)).status !== 202) {
    expect(performance.now()).toBeLessThan(patience);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  expect(await circuit()).toBe('0');
});
