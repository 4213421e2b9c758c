import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CollectionBody, ProblemBody } from '@attune/api';
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
import { type FreshDatabase, freshDatabase } from '@attune/testing';
import { pino } from 'pino';
import request from 'supertest';
import { gateway } from './gateway.js';

jest.setTimeout(60_000);

let directory: string;
let fresh: FreshDatabase;
let database: Database;
let running: RunningProcess & { pepper: string };
let ours: string;
let theirs: string;

beforeAll(async () => {
  directory = mkdtempSync(path.join(tmpdir(), 'attune-storage-'));
  fresh = await freshDatabase();
  const config = readConfig({ ATTUNE_DATA_DIR: directory, ATTUNE_HTTP_PORT: '0', ATTUNE_OPERATORS: 'nobody, ours' });
  running = await openServices([gateway], config, fresh.url, pino({ level: 'silent' }));
  database = await Database.open(fresh.url);
  const tenants = new TenantsRepository(database);
  [ours, theirs] = (await Promise.all(
    ['ours', 'theirs'].map(async (name) => {
      const key = newApiKey();
      await tenants.addKey(await tenants.ensureTenant(name), keyStart(key), hashApiKey(key, running.pepper));
      return key;
    }),
  )) as [string, string];
});

afterAll(async () => {
  await running?.close();
  await database?.close();
  await fresh?.drop();
  rmSync(directory, { recursive: true });
});

type Method = 'get' | 'post' | 'put';
const call = (method: Method, route: string, key = ours) => request(running.url)[method](route).set('Authorization', `Bearer ${key}`);
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
