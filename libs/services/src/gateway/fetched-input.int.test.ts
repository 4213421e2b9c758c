import { createHash, randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer as createDoor, type RequestListener, type Server as DoorServer } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import {
  Admission,
  Database,
  DatasetsRepository,
  EgressGuard,
  FileBlobs,
  IdempotencyRepository,
  JobsRepository,
  MappingsRepository,
  Metrics,
  ownDestinations,
  QuotasRepository,
  readConfig,
  RulesRepository,
  TenantsRepository,
  UploadsRepository,
} from '@attune/platform';
import { type FreshDatabase, freshDatabase } from '@attune/testing';
import type { Request } from 'express';
import { fetchedInput, type FetchParts } from './fetched-input.js';
import { type Submitted, submitOnce } from './submit-once.js';

const FILE = 'patient_id,first_name\nP1,Ada\n';
const LIMIT = 100_000;

let directory: string;
let fresh: FreshDatabase;
let database: Database;
let server: Server;
const doors: DoorServer[] = [];
let origin: string;
let parts: FetchParts & { blobs: FileBlobs };
let tenantId: string;
let answer: RequestListener;

beforeAll(async () => {
  directory = mkdtempSync(path.join(tmpdir(), 'attune-fetched-'));
  const [key, cert] = ['key', 'cert'].map((name) => path.join(directory, name)) as [string, string];
  const about = ['-subj', '/CN=files', '-addext', 'subjectAltName=IP:127.0.0.1,DNS:files.example'];
  const made = spawnSync('openssl', [
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-days',
    '2',
    ...about,
    '-keyout',
    key,
    '-out',
    cert,
  ]);
  if (made.status !== 0) throw new Error('openssl is needed to make a certificate');
  server = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (request, response) => answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  fresh = await freshDatabase();
  database = await Database.open(fresh.url);
  tenantId = await new TenantsRepository(database).ensureTenant('ours');
  const guard = new EgressGuard(ownDestinations(['127.0.0.1'])!, undefined, readFileSync(cert, 'utf8'));
  const blobs = new FileBlobs(path.join(directory, 'blobs'));
  parts = { guard, blobs, datasets: new DatasetsRepository(database), metrics: new Metrics(), uploadLimitBytes: LIMIT };
});

afterAll(async () => {
  for (const open of [server, ...doors]) {
    open.closeAllConnections();
    open.close();
  }
  await database.close();
  await fresh.drop();
  rmSync(directory, { recursive: true });
});

const fetched = (route = '/', wholeMs?: number) =>
  fetchedInput(parts, tenantId, origin + route, new AbortController().signal, ...(wholeMs === undefined ? [] : [wholeMs]));
const at = { errors: [{ pointer: '/input/source_url' }] };
const leftovers = (): string[] => readdirSync(path.join(directory, 'blobs', '.incoming'));

test('a file at an address becomes a dataset like an upload of it, and the address is kept nowhere', async () => {
  const seen: (string | undefined)[] = [];
  answer = (request, response) => {
    seen.push(request.url, request.headers['accept-encoding']);
    response.end(FILE);
  };
  const input = await fetched('/people.csv?signature=told-nobody');
  const sha256 = createHash('sha256').update(FILE).digest('hex');
  expect(input).toEqual({ datasetId: input.datasetId, sha256, bytes: FILE.length, name: null, sourceHost: '127.0.0.1' });
  expect(seen).toEqual(['/people.csv?signature=told-nobody', 'identity']);
  const { storageKey } = (await parts.datasets.find(tenantId, sha256))!;
  expect(await text(parts.blobs.open(storageKey))).toBe(FILE);
  expect(await fetched()).toMatchObject({ datasetId: input.datasetId });
});

test('a redirect is followed, and one to where nobody may ask is refused', async () => {
  answer = (request, response) =>
    request.url === '/' ? response.writeHead(302, { location: '/there' }).end() : response.end(`${FILE}${request.url}`);
  expect(await fetched()).toMatchObject({ bytes: FILE.length + 6 });
  for (const location of ['https://169.254.169.254/', 'https://10.0.0.1/', 'https://u:p@127.0.0.1/']) {
    answer = (_request, response) => response.writeHead(302, { location }).end();
    await expect(fetched()).rejects.toMatchObject({ code: 'address_refused', status: 422, ...at });
  }
});

test.each([
  [404, 'source_refused', 422],
  [403, 'source_refused', 422],
  [204, 'source_refused', 422],
  [500, 'source_failed', 502],
  [429, 'source_failed', 502],
])('an answer of %i is %s', async (given, code, status) => {
  answer = (_request, response) => response.writeHead(given).end();
  await expect(fetched()).rejects.toMatchObject({ code, status, ...at });
});

test('what is larger than the limit is refused, said beforehand or not, and leaves nothing', async () => {
  answer = (_request, response) => response.writeHead(200, { 'content-length': LIMIT + 1 }).flushHeaders();
  await expect(fetched()).rejects.toMatchObject({ code: 'payload_too_large' });
  answer = (_request, response) => {
    const more = (): boolean => !response.destroyed && response.write(Buffer.alloc(16 * 1024));
    response.on('drain', more);
    while (more());
  };
  await expect(fetched()).rejects.toMatchObject({ code: 'payload_too_large' });
  expect(leftovers()).toEqual([]);
});

test('a file that breaks off, comes too slowly or is empty becomes no dataset, and leaves nothing', async () => {
  const before = await database.query('SELECT id FROM attune.datasets');
  answer = (_request, response) => {
    response.writeHead(200, { 'content-length': 1000 }).write(FILE);
    setTimeout(() => response.destroy(), 50);
  };
  await expect(fetched()).rejects.toMatchObject({ code: 'source_failed', ...at });
  answer = (_request, response) => response.writeHead(200).write(randomUUID());
  await expect(fetched('/', 300)).rejects.toMatchObject({ code: 'source_failed', ...at });
  answer = () => undefined;
  await expect(fetched('/', 300)).rejects.toMatchObject({ code: 'source_failed', ...at });
  answer = (_request, response) => response.end();
  await expect(fetched()).rejects.toMatchObject({ code: 'unprocessable_file', ...at });
  expect(leftovers()).toEqual([]);
  expect(await database.query('SELECT id FROM attune.datasets')).toEqual(before);
});

test('a server whose certificate nobody vouches for gives nothing', async () => {
  answer = (_request, response) => response.end(FILE);
  const guard = new EgressGuard(ownDestinations(['127.0.0.1'])!);
  const asked = fetchedInput({ ...parts, guard }, tenantId, origin, new AbortController().signal);
  await expect(asked).rejects.toMatchObject({ code: 'source_failed', ...at });
});

test('the same submit under the same key fetches once, another address under it is a mismatch, and only the host is written down', async () => {
  let asked = 0;
  answer = (_request, response) => (asked++, response.end(FILE));
  const all = {
    ...parts,
    jobs: new JobsRepository(database),
    keys: new IdempotencyRepository(database),
    mappings: new MappingsRepository(database),
    rules: new RulesRepository(database),
    uploads: new UploadsRepository(database),
    admission: new Admission(new QuotasRepository(database, readConfig({}).quotas), parts.metrics, {
      directory: undefined,
      diskReserveBytes: 0,
    }),
  };
  let settle: (outcome: Promise<Submitted>) => void = () => undefined;
  const door = createDoor((incoming, response) => {
    const request = Object.assign(incoming, { header: (name: string) => incoming.headers[name] }) as unknown as Request;
    const outcome = submitOnce(all, tenantId, request);
    settle(outcome);
    void outcome.catch(() => undefined).then(() => response.end());
  });
  doors.push(door);
  await new Promise<void>((resolve) => door.listen(0, '127.0.0.1', resolve));
  const submit = async (source_url: string): Promise<Submitted> => {
    const outcome = new Promise<Submitted>((resolve) => (settle = resolve));
    const headers = { 'content-type': 'application/json', 'idempotency-key': 'once' };
    const body = JSON.stringify({ operation: 'validate', input: { source_url } });
    await fetch(`http://127.0.0.1:${(door.address() as AddressInfo).port}`, { method: 'POST', headers, body });
    return outcome;
  };
  const first = await submit(`${origin}/?signature=told-nobody`);
  expect(await submit(`${origin}/?signature=told-nobody`)).toMatchObject({ jobId: first.jobId, replayed: true });
  await expect(submit(`${origin}/?signature=another`)).rejects.toMatchObject({ code: 'idempotency_mismatch' });
  expect(asked).toBe(1);
  const tables = await Promise.all(
    ['jobs', 'job_events', 'idempotency_keys', 'datasets', 'blobs'].map((table) => database.query(`SELECT * FROM attune.${table}`)),
  );
  expect(JSON.stringify(tables)).toContain('"source_host":"127.0.0.1"');
  expect(JSON.stringify(tables)).not.toMatch(/told-nobody|signature/);
});
