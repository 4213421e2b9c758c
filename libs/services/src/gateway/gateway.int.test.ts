import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { jobActions, jobPaths, ProblemBody } from '@attune/api';
import { ERROR_KINDS } from '@attune/core';
import { openServices, readConfig, type RunningProcess } from '@attune/platform';
import { type FreshDatabase, freshDatabase } from '@attune/testing';
import { pino } from 'pino';
import request from 'supertest';
import { gateway } from './gateway.js';

const JOB = `job_${'0'.repeat(8)}-0000-7000-8000-${'0'.repeat(12)}`;
const OPEN = [
  '/health',
  '/health/live',
  '/health/ready',
  '/api/v1/health',
  '/version',
  '/api/v1/version',
  '/metrics',
  '/api/v1/metrics',
  '/problems/not_found',
];
const CLOSED: readonly (readonly ['get' | 'post' | 'put' | 'delete', string])[] = [
  ['post', '/api/v1/jobs'],
  ['get', '/api/v1/jobs'],
  ...Object.values(jobActions(JOB)).map((route) => ['post', route] as const),
  ['put', jobPaths(JOB).mapping],
  ['delete', `/api/v1/jobs/${JOB}`],
  ...Object.values(jobPaths(JOB)).map((route) => ['get', route] as const),
];

let directory: string;
let database: FreshDatabase;
let running: RunningProcess;

beforeAll(async () => {
  directory = mkdtempSync(path.join(tmpdir(), 'attune-gateway-'));
  database = await freshDatabase();
  const config = readConfig({ ATTUNE_DATA_DIR: directory, ATTUNE_HTTP_PORT: '0' });
  running = await openServices([gateway], config, database.url, pino({ level: 'silent' }));
});

afterAll(async () => {
  await running.close();
  await database.drop();
  rmSync(directory, { recursive: true });
});

test.each(CLOSED)('%s %s tells nothing without a key', async (method, route) => {
  const answer = await request(running.url)[method](route).expect(401).expect('WWW-Authenticate', 'Bearer');
  expect(ProblemBody.parse(answer.body).code).toBe('unauthenticated');
});

test.each(OPEN)('%s answers without a key, and says to nobody that it may be kept', async (route) => {
  await request(running.url).get(route).expect(200).expect('Cache-Control', 'no-store').expect('X-Content-Type-Options', 'nosniff');
});

test('every problem code has a page under its type', async () => {
  for (const code of Object.keys(ERROR_KINDS)) {
    const page = await request(running.url).get(`/problems/${code}`).expect(200);
    expect(page.text).toContain(ERROR_KINDS[code as keyof typeof ERROR_KINDS].title);
  }
  await request(running.url).get('/problems/__proto__').expect(404);
});

test('a wrong method names the right ones', async () => {
  const answer = await request(running.url).put('/api/v1/jobs').expect(405);
  expect(answer.headers['allow']?.split(', ').sort()).toEqual(expect.arrayContaining(['GET', 'POST']));
});

test('metrics are Prometheus text, and something else is not to be had', async () => {
  const answer = await request(running.url)
    .get('/metrics')
    .expect(200)
    .expect('Content-Type', /^text\/plain/);
  expect(answer.text).toMatch(/^# TYPE jobs_processed_total counter$/m);
  await request(running.url).get('/metrics').set('Accept', 'image/png').expect(406);
});
