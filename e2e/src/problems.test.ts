import { createHmac, randomUUID } from 'node:crypto';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { crc32 } from 'node:zlib';
import { JobBody, jobPaths } from '@attune/api';
import { formOf, Installation, problemOf } from './installation.js';

const FILE = 'patient_id,first_name,last_name\nP1,Ada,Colby\nP2,Bo,Varley\n';
const PLANTED = Array.from({ length: 20 }, (_, i) => `planted-${i}-value`);
const LIMIT = 1_000_000;
let attune: Installation;
beforeAll(async () => {
  attune = await Installation.start({ ATTUNE_UPLOAD_LIMIT: String(LIMIT) });
});
afterAll(async () => expect(await attune.stop()).toEqual({ exitCode: 0, left: [] }), 60_000);

const post = (body: RequestInit['body'], headers: Record<string, string> = {}): Promise<Response> =>
  attune.request('/api/v1/jobs', { method: 'POST', headers, body: body ?? null });
const multipart = (parts: readonly string[], boundary = 'cut'): Promise<Response> =>
  post(`${parts.map((part) => `--${boundary}\r\n${part}\r\n`).join('')}--${boundary}--\r\n`, {
    'Content-Type': `multipart/form-data; boundary=${boundary}`,
  });
const part = (name: string, value: string, file = ''): string =>
  `Content-Disposition: form-data; name="${name}"${file === '' ? '' : `; filename="${file}"`}\r\n\r\n${value}`;
const filePart = part('file', FILE, PLANTED[0]);

const SUBMITS: readonly (readonly [what: string, status: number, code: string, send: () => Promise<Response>])[] = [
  ['a wrong content type', 415, 'unsupported_media', () => post(PLANTED[1], { 'Content-Type': 'text/csv' })],
  [
    'JSON without an input',
    400,
    'validation_failed',
    () => post(JSON.stringify({ operation: PLANTED[1] }), { 'Content-Type': 'application/json' }),
  ],
  ['no file', 400, 'validation_failed', () => multipart([part('operation', 'harmonize')])],
  ['an empty file', 422, 'unprocessable_file', () => attune.post({ bytes: '', name: PLANTED[2]! })],
  ['an unknown operation', 400, 'validation_failed', () => attune.post({ bytes: FILE, operation: PLANTED[3]! })],
  ['an unknown option', 400, 'validation_failed', () => attune.post({ bytes: FILE, options: { remove_duplicate: PLANTED[4] } })],
  ['an option of the wrong type', 400, 'validation_failed', () => attune.post({ bytes: FILE, options: { remove_duplicates: PLANTED[5] } })],
  ['an unknown format', 400, 'validation_failed', () => attune.post({ bytes: FILE, options: { output_formats: [PLANTED[6]] } })],
  ['options that are no JSON', 400, 'validation_failed', () => attune.post({ bytes: FILE, options: `{${PLANTED[7]}` })],
  [
    'a malformed body',
    400,
    'validation_failed',
    () => post(`--cut\r\n${PLANTED[8]}`, { 'Content-Type': 'multipart/form-data; boundary=cut' }),
  ],
  ['a missing boundary', 400, 'validation_failed', () => post(PLANTED[9], { 'Content-Type': 'multipart/form-data' })],
  ['two files', 400, 'validation_failed', () => multipart([filePart, filePart])],
  ['a file part without a file name', 400, 'validation_failed', () => multipart([part('file', PLANTED[10]!)])],
  ['an unknown part', 400, 'validation_failed', () => multipart([filePart, part('colour', PLANTED[11]!)])],
  [
    'a part sent twice',
    400,
    'validation_failed',
    () => multipart([filePart, part('operation', 'validate'), part('operation', 'validate')]),
  ],
  ['a file above the limit', 413, 'payload_too_large', () => attune.post({ bytes: Buffer.alloc(LIMIT + 1, PLANTED[12]) })],
  ['a malformed idempotency key', 400, 'validation_failed', () => attune.post({ bytes: FILE, key: `${PLANTED[13]} with spaces` })],
];

const OTHERS: readonly (readonly [what: string, status: number, code: string, send: () => Promise<Response>])[] = [
  ['no key', 401, 'unauthenticated', () => fetch(`${attune.server.url}/api/v1/jobs`)],
  [
    'a malformed key',
    401,
    'unauthenticated',
    () => fetch(`${attune.server.url}/api/v1/jobs`, { headers: { Authorization: `Bearer ${PLANTED[14]}` } }),
  ],
  [
    'an unknown key',
    401,
    'unauthenticated',
    () => fetch(`${attune.server.url}/api/v1/jobs`, { headers: { 'X-API-Key': apiKey('z'.repeat(30)) } }),
  ],
  ['a key in the query', 400, 'validation_failed', () => attune.request(`/api/v1/jobs?api_key=${PLANTED[15]}`)],
  ['two different keys', 400, 'validation_failed', () => attune.request('/api/v1/jobs', { headers: { 'X-API-Key': PLANTED[16]! } })],
  ['an unknown job', 404, 'not_found', () => attune.request(`/api/v1/jobs/job_${randomUUID()}`)],
  ['an id that is none', 404, 'not_found', () => attune.request('/api/v1/jobs/nothing')],
  ['an unknown route', 404, 'not_found', () => attune.request('/api/v1/nothing')],
  ['a method that the route does not have', 405, 'method_not_allowed', () => attune.request('/api/v1/jobs', { method: 'PATCH' })],
  ['an unknown parameter', 400, 'validation_failed', () => attune.request(`/api/v1/jobs?colour=${PLANTED[17]}`)],
  ['a limit out of range', 400, 'validation_failed', () => attune.request('/api/v1/jobs?limit=201')],
  ['a cursor of nobody', 400, 'cursor_invalid', () => attune.request(`/api/v1/jobs?cursor=${PLANTED[18]}`)],
  ['an unknown status', 400, 'validation_failed', () => attune.request(`/api/v1/jobs?status=${PLANTED[19]}`)],
];

test.each([...SUBMITS, ...OTHERS])('%s is answered %i %s, in whole and without an echo', async (_, status, code, send) => {
  const answer = await send();
  const copy = await answer.clone().text();
  expect({ status: answer.status, code: (await problemOf(answer)).code }).toEqual({ status, code });
  for (const planted of PLANTED) expect(copy).not.toContain(planted);
});

test('no refused submit has left a job or an upload', async () => {
  expect(await jobs()).toBe(0);
  expect(incoming()).toEqual([]);
});

test('a key makes one job: the replay has its body, another request under it is refused', async () => {
  const key = randomUUID();
  const first = await attune.post({ bytes: FILE, key });
  const again = await attune.post({
    bytes: FILE,
    key,
    operation: 'harmonize',
    options: { standardize_fields: true, remove_duplicates: true },
  });
  expect([first.status, again.status]).toEqual([202, 202]);
  expect([first.headers.get('idempotent-replayed'), again.headers.get('idempotent-replayed')]).toEqual([null, 'true']);
  const body = await first.text();
  expect(await again.text()).toBe(body);
  const { job_id: id } = JobBody.parse(JSON.parse(body));
  await attune.ended(id);
  expect(await (await attune.post({ bytes: FILE, key })).text()).toBe(body);
  const others = [
    { bytes: `${FILE}P3,Cy,Upton\n` },
    { bytes: FILE, operation: 'validate' },
    { bytes: FILE, options: { remove_duplicates: false } },
  ];
  for (const other of others)
    expect(await problemOf(await attune.post({ ...other, key }))).toMatchObject({ status: 422, code: 'idempotency_mismatch' });
});

test('twenty submits of one key at once make one job', async () => {
  const before = await jobs();
  const key = randomUUID();
  const answers = await Promise.all(Array.from({ length: 20 }, () => attune.post({ bytes: FILE, key })));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set(answers.some(({ status }) => status === 409) ? [202, 409] : [202]));
  const fresh = answers.filter(({ status, headers }) => status === 202 && headers.get('idempotent-replayed') === null);
  expect(fresh).toHaveLength(1);
  for (const answer of answers)
    if (answer.status === 409) expect(await problemOf(answer)).toMatchObject({ code: 'idempotency_in_progress', retryable: true });
  expect(await jobs()).toBe(before + 1);
});

test('a key is free again after a submit that was refused, and after one that died', async () => {
  const key = randomUUID();
  expect((await attune.post({ bytes: FILE, key, options: { colour: 1 } })).status).toBe(400);
  expect((await attune.post({ bytes: FILE, key })).status).toBe(202);
  const orphan = randomUUID();
  await attune.withDatabase((database) =>
    database.query(
      `INSERT INTO attune.idempotency_keys (tenant_id, route, key, state, holder, lease_until)
       SELECT id, 'POST /api/v1/jobs', $1, 'reserved', gen_random_uuid(), now() + interval '1 hour' FROM attune.tenants LIMIT 1`,
      [orphan],
    ),
  );
  expect((await problemOf(await attune.post({ bytes: FILE, key: orphan }))).code).toBe('idempotency_in_progress');
  await attune.withDatabase((database) =>
    database.query(`UPDATE attune.idempotency_keys SET lease_until = now() - interval '1 second' WHERE key = $1`, [orphan]),
  );
  expect((await attune.post({ bytes: FILE, key: orphan })).status).toBe(202);
});

test('an upload that is cut off leaves no job and no bytes', async () => {
  const before = await jobs();
  const { hostname, port } = new URL(attune.server.url);
  const socket = net.connect(Number(port), hostname);
  const head = `POST /api/v1/jobs HTTP/1.1\r\nHost: attune\r\nAuthorization: ${attune.server.headers['Authorization']}\r\nContent-Type: multipart/form-data; boundary=cut\r\nContent-Length: 900000\r\n\r\n`;
  socket.write(`${head}--cut\r\n${part('file', `${FILE}${'P9,Ada,Colby\n'.repeat(9000)}`, 'people.csv')}`);
  await until(() => incoming().length === 1);
  socket.destroy();
  await until(() => incoming().length === 0);
  expect(await jobs()).toBe(before);
});

test("another tenant's job is not there: not to read, not to cancel, not in the list", async () => {
  const { job_id: id } = await attune.run({ bytes: FILE });
  const key = apiKey('Another0Tenant0Of0This0Test000');
  await attune.withDatabase(async (database) => {
    const pepper = fs.readFileSync(path.join(attune.server.dataDir, 'pepper'), 'utf8').trim();
    const tenant = randomUUID();
    await database.query('INSERT INTO attune.tenants (id, name) VALUES ($1, $2)', [tenant, `tenant ${tenant}`]);
    await database.query('INSERT INTO attune.api_keys (id, tenant_id, start, hash) VALUES ($1, $2, $3, $4)', [
      randomUUID(),
      tenant,
      'Another0',
      createHmac('sha256', pepper).update(key).digest(),
    ]);
  });
  const foreign = (route: string, method = 'GET'): Promise<Response> =>
    fetch(attune.server.url + route, { method, headers: { Authorization: `Bearer ${key}` } });
  for (const route of Object.values(jobPaths(id)))
    expect(await problemOf(await foreign(route))).toMatchObject({ status: 404, code: 'not_found' });
  expect((await problemOf(await foreign(`${jobPaths(id).self}/cancel`, 'POST'))).code).toBe('not_found');
  expect((await problemOf(await foreign(jobPaths(id).self, 'DELETE'))).code).toBe('not_found');
  expect(await (await foreign('/api/v1/jobs')).json()).toEqual({ data: [], next_cursor: null, has_more: false });
});

async function jobs(): Promise<number> {
  return attune.withDatabase(async (database) => {
    const { rows } = await database.query('SELECT count(*)::int AS jobs FROM attune.jobs');
    return (rows[0] as { jobs: number }).jobs;
  });
}

/** Uploads in flight, the probe of the health check apart. */
function incoming(): string[] {
  const directory = path.join(attune.server.dataDir, 'blobs', '.incoming');
  return fs.existsSync(directory) ? fs.readdirSync(directory).filter((name) => !name.startsWith('probe-')) : [];
}

async function until(fact: () => boolean): Promise<void> {
  for (const deadline = Date.now() + 60_000; !fact(); await new Promise(setImmediate))
    if (Date.now() > deadline) throw new Error('the fact has not come about');
}

/** A key of the right shape: the CRC-32 of its secret in base 62 at the end. */
function apiKey(secret: string): string {
  const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
  let rest = crc32(secret);
  let check = '';
  for (let i = 0; i < 6; i++, rest = Math.floor(rest / 62)) check = alphabet[rest % 62]! + check;
  return `att_live_${secret}${check}`;
}

test('every part of a form may come in any order', async () => {
  const before = formOf({ bytes: FILE });
  const after = new FormData();
  after.set('file', before.get('file'), 'people.csv');
  after.set('options', '{"output_formats":["json"]}');
  after.set('operation', 'harmonize');
  expect(JobBody.parse(await (await post(after)).json()).options.output_formats).toEqual(['json']);
});
