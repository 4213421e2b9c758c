import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { AttuneClient, ProblemBody, UploadBody, uploadPath, UPLOADS } from '@attune/api';
import { type Database, type RunningProcess } from '@attune/platform';
import request from 'supertest';
import { type RunningGateway, startGateway } from './running-gateway.fixture.js';

const LIMIT = 8 * 1024 * 1024;
const hashOf = (bytes: Buffer | string) => createHash('sha256').update(bytes).digest('hex');

let started: RunningGateway;
let directory: string;
let database: Database;
/** Two gateways on one database and one blob store. */
let gateways: [RunningProcess, RunningProcess];
let ours: string;
let theirs: string;

beforeAll(async () => {
  started = await startGateway({
    settings: (data) => ({
      ATTUNE_UPLOAD_LIMIT: String(LIMIT),
      NODE_ENV: 'test',
      TEST_FAILPOINTS: path.join(data, 'failpoints'),
    }),
  });
  ({ directory, database, ours, theirs } = started);
  mkdirSync(path.join(directory, 'failpoints'));
  gateways = [started.running, await started.another()];
});

afterAll(async () => {
  await gateways?.[1].close();
  await started?.close();
});

type Method = 'get' | 'post' | 'head' | 'patch' | 'delete';
const call = (method: Method, route: string, key = ours, at = 0) =>
  request(gateways[at]!.url)[method](route).set('Authorization', `Bearer ${key}`);
const client = () => new AttuneClient({ url: gateways[0].url, apiKey: ours, fetch, newKey: randomUUID });
const submitted = (file: string) => client().submit({ file: new Blob([file]), name: 'people.csv' });

describe('an upload in pieces', () => {
  const BYTES = randomBytes(3_000_000);

  test.each([0, 50, 99])('that broke off at %i % goes on through another gateway, and its bytes are the same', async (percent) => {
    const bytes = Buffer.concat([BYTES, Buffer.from([percent])]);
    const cut = Math.floor((bytes.length * percent) / 100);
    const id = await begun(bytes.length, { filename: 'people.csv' });
    const sending = patching(id, 0, bytes.length);
    await sending.send(bytes.subarray(0, cut));
    sending.breakOff();
    await arrived(id, cut);
    const last = await patched(id, cut, bytes.subarray(cut), 1).expect(204).expect('Upload-Offset', String(bytes.length));
    const upload = await read(id);
    expect(upload).toMatchObject({ sha256: hashOf(bytes), bytes: bytes.length, bytes_received: bytes.length, name: 'people.csv' });
    expect(last.headers).toMatchObject({
      'attune-dataset-id': upload.dataset_id,
      'repr-digest': `sha-256=:${createHash('sha256').update(bytes).digest('base64')}:`,
    });
    expect(blob(hashOf(bytes)).equals(bytes)).toBe(true);
    expect(remains(id)).toEqual([]);
    const { input } = await client().submitReference({ input: { upload_id: id } });
    expect(input).toEqual({ dataset_id: upload.dataset_id, sha256: upload.sha256, bytes: bytes.length, name: 'people.csv' });
  });

  test('is the dataset that the same bytes are by the other door', async () => {
    const { input } = await submitted('a,b\n1,2\n');
    const id = await begun(8);
    await patched(id, 0, Buffer.from('a,b\n1,2\n')).expect(204);
    expect((await read(id)).dataset_id).toBe(input.dataset_id);
  });

  test('keeps what a gateway had received when it is stopped', async () => {
    const stopped = await started.another();
    const id = await begun(BYTES.length);
    const sending = patching(id, 0, BYTES.length, stopped.url);
    try {
      await sending.send(BYTES.subarray(0, 1_234_567));
      await until(() => Promise.resolve(sizes().includes(1_234_567)));
    } finally {
      await stopped.close();
      sending.breakOff();
    }
    expect((await read(id)).bytes_received).toBe(1_234_567);
  });

  test('takes bytes only where it is', async () => {
    const id = await begun(10);
    await patched(id, 0, Buffer.from('abcd')).expect(204);
    for (const offset of [0, 3, 5, 10]) {
      const { code } = ProblemBody.parse((await patched(id, offset, Buffer.from('xx')).expect(409)).body);
      expect(code).toBe('conflict_state');
    }
    await patched(id, 4, Buffer.from('efghij')).expect(204);
    expect((await read(id)).sha256).toBe(hashOf('abcdefghij'));
    await patched(id, 10, Buffer.alloc(0)).expect(204).expect('Attune-Dataset-Id', /^ds_/);
  });

  test('is written by one request at a time', async () => {
    const id = await begun(10);
    const first = patching(id, 0, 5);
    await first.send(Buffer.from('abc'));
    await held(id);
    const second = await patched(id, 0, Buffer.from('ABCDE'), 1).expect(423).expect('Retry-After', /^\d+$/);
    expect(ProblemBody.parse(second.body)).toMatchObject({ code: 'upload_locked', retryable: true });
    await first.send(Buffer.from('de'));
    expect(await first.status).toBe(204);
    await patched(id, 5, Buffer.from('fghij'), 1).expect(204);
    expect((await read(id)).sha256).toBe(hashOf('abcdefghij'));
  });

  test('goes over to the next request when the one that holds it falls silent, whose bytes count no more', async () => {
    const id = await begun(10);
    const silent = patching(id, 0, 10);
    await silent.send(Buffer.from('ABC'));
    await held(id);
    await database.query(`UPDATE attune.uploads SET lease_until = now() - interval '1 second' WHERE id = $1`, [id.slice(4)]);
    await patched(id, 0, Buffer.from('abcdef'), 1).expect(204);
    await silent.send(Buffer.from('DEFGHIJ'));
    expect(await silent.status).toBe(423);
    expect((await read(id)).bytes_received).toBe(6);
    await patched(id, 6, Buffer.from('ghij')).expect(204);
    expect((await read(id)).sha256).toBe(hashOf('abcdefghij'));
  });

  test('ends when its bytes do not hash to what was said, and nothing is left of it', async () => {
    const id = await begun(4, { sha256: hashOf('good') });
    const answer = await patched(id, 0, Buffer.from('evil')).expect(422);
    expect(ProblemBody.parse(answer.body).code).toBe('checksum_mismatch');
    await tus('head', uploadPath(id)).expect(404);
    expect([remains(id), existsSync(blobFile(hashOf('evil')))]).toEqual([[], false]);
    const right = await begun(4, { sha256: hashOf('good').toUpperCase() });
    await patched(right, 0, Buffer.from('good')).expect(204);
  });

  test('ends when a stored part has changed', async () => {
    const id = await begun(8);
    await patched(id, 0, Buffer.from('abcd')).expect(204);
    const [part] = remains(id);
    writeFileSync(part!, 'abcx');
    expect(ProblemBody.parse((await patched(id, 4, Buffer.from('efgh')).expect(500)).body).code).toBe('artifact_corrupt');
    await tus('head', uploadPath(id)).expect(404);
  });

  test('whose last gateway failed before its dataset was there becomes one when a job asks for it', async () => {
    const id = await begun(6);
    writeFileSync(path.join(directory, 'failpoints', 'upload.before_blob_row'), 'throw');
    await patched(id, 0, Buffer.from('abcdef')).expect(500);
    expect(await read(id)).toMatchObject({ bytes_received: 6, dataset_id: null, sha256: null });
    expect((await client().submitReference({ input: { upload_id: id } })).input.sha256).toBe(hashOf('abcdef'));
    expect([(await read(id)).sha256, remains(id)]).toEqual([hashOf('abcdef'), []]);
  });

  test('is no input while bytes are missing', async () => {
    const id = await begun(6);
    await patched(id, 0, Buffer.from('abc')).expect(204);
    expect((await refused(409, { input: { upload_id: id } })).code).toBe('conflict_state');
  });

  test('takes no more than its length, said beforehand or not', async () => {
    const id = await begun(4);
    expect(ProblemBody.parse((await patched(id, 0, Buffer.from('abcde')).expect(413)).body).code).toBe('payload_too_large');
    const sending = patching(id, 0);
    await sending.send(Buffer.from('abcde'));
    sending.end();
    expect(await sending.status).toBe(413);
  });

  test('of another tenant is not there, whatever is asked of it', async () => {
    const id = await begun(4);
    await patched(id, 0, Buffer.from('abcd')).expect(204);
    for (const other of [id, `upl_${randomUUID()}`, 'x']) {
      await tus('head', uploadPath(other), theirs).expect(404);
      await tus('delete', uploadPath(other), theirs).expect(404);
      await patched(other, 0, Buffer.from('abcd'), 0, theirs).expect(404);
      await call('get', uploadPath(other), theirs).expect(404);
      await refused(404, { input: { upload_id: other } }, theirs);
    }
    await tus('head', uploadPath(id)).expect(200).expect('Upload-Offset', '4');
  });

  test('can be given up, and then nothing is left of it', async () => {
    const id = await begun(8);
    await patched(id, 0, Buffer.from('abcd')).expect(204);
    await tus('delete', uploadPath(id)).expect(204);
    await tus('head', uploadPath(id)).expect(404);
    expect(remains(id)).toEqual([]);
  });

  test('is not there any more when it has expired, and a gateway removes what is left of it', async () => {
    const id = await begun(8);
    await patched(id, 0, Buffer.from('abcd')).expect(204);
    await database.query(`UPDATE attune.uploads SET expires_at = now() WHERE id = $1`, [id.slice(4)]);
    await tus('head', uploadPath(id)).expect(404);
    await patched(id, 4, Buffer.from('efgh')).expect(404);
    await until(async () => (await database.query(`SELECT 1 FROM attune.uploads WHERE id = $1`, [id.slice(4)])).length === 0);
    expect(remains(id)).toEqual([]);
  });
});

test('the client goes on after every break, through whichever gateway answers', async () => {
  const bytes = randomBytes(1_000_000);
  let breaks = 0;
  /** Every request goes to the other gateway; of each body that is long enough only half arrives. */
  const breaking: typeof fetch = async (input, init) => {
    const url = (input as string).replace(gateways[0].url, gateways[breaks % 2]!.url);
    if (!(init?.body instanceof Blob) || init.body.size < 50_000) return fetch(url, init);
    breaks += 1;
    await fetch(url, { ...init, body: init.body.slice(0, init.body.size / 2) });
    throw new TypeError('the connection broke');
  };
  const sender = new AttuneClient({
    url: gateways[0].url,
    apiKey: ours,
    fetch: breaking,
    newKey: randomUUID,
    pause: () => Promise.resolve(),
  });
  const told: number[] = [];
  const upload = await sender.upload(new Blob([bytes]), {
    name: 'große Datei.csv',
    sha256: hashOf(bytes),
    onProgress: ({ bytes_received: received }) => told.push(received),
  });
  expect(upload).toMatchObject({ sha256: hashOf(bytes), name: 'große Datei.csv' });
  expect([breaks > 3, told.at(0), told.at(-1)]).toEqual([true, 0, bytes.length]);
  await expect(sender.upload(new Blob(['abc']), { sha256: hashOf('abd') })).rejects.toMatchObject({ code: 'checksum_mismatch' });
  const other = await begun(4);
  await expect(sender.upload(new Blob(['abc']), { uploadId: other })).rejects.toThrow('another file');
});

describe('tus', () => {
  test('is told to everybody who asks', async () => {
    const answer = await request(gateways[0].url).options(UPLOADS).expect(204);
    expect(answer.headers).toMatchObject({
      'tus-resumable': '1.0.0',
      'tus-version': '1.0.0',
      'tus-extension': 'creation,expiration,termination',
      'tus-max-size': String(LIMIT),
    });
  });

  test('tells what it was told, and when the upload ends', async () => {
    const metadata = 'filename cGVvcGxlLmNzdg==,flag,filetype dGV4dC9jc3Y=';
    const begun = await tus('post', UPLOADS)
      .set({ 'Upload-Length': '5', 'Upload-Metadata': metadata })
      .expect(201)
      .expect('Upload-Offset', '0');
    const { headers } = await tus('head', begun.headers['location']!).expect(200).expect('Cache-Control', 'no-store');
    expect(headers).toMatchObject({ 'upload-offset': '0', 'upload-length': '5', 'upload-metadata': metadata, 'tus-resumable': '1.0.0' });
    expect(headers['upload-expires']).toBe(begun.headers['upload-expires']);
    const { created_at, expires_at } = await read(begun.headers['location']!.split('/').pop()!);
    expect(Date.parse(expires_at) - Date.parse(created_at)).toBe(24 * 60 * 60 * 1000);
  });

  test.each([
    [{ 'Tus-Resumable': '0.2.2' }, 412, 'precondition_failed'],
    [{ 'Upload-Length': '' }, 400, 'validation_failed'],
    [{ 'Upload-Length': '-1' }, 400, 'validation_failed'],
    [{ 'Upload-Length': '1e3' }, 400, 'validation_failed'],
    [{ 'Upload-Length': '9'.repeat(17) }, 400, 'validation_failed'],
    [{ 'Upload-Length': '0' }, 422, 'unprocessable_file'],
    [{ 'Upload-Length': String(LIMIT + 1) }, 413, 'payload_too_large'],
    [{ 'Upload-Defer-Length': '1' }, 400, 'validation_failed'],
    [{ 'Upload-Metadata': 'filename not-base64!' }, 400, 'validation_failed'],
    [{ 'Upload-Metadata': 'a YQ==,a YQ==' }, 400, 'validation_failed'],
    [{ 'Upload-Metadata': 'sha256 YQ==' }, 400, 'validation_failed'],
  ] as const)('begins nothing with %j', async (headers, status, code) => {
    const answer = await tus('post', UPLOADS).set('Upload-Length', '5').set(headers).expect(status).expect('Tus-Resumable', '1.0.0');
    expect(ProblemBody.parse(answer.body).code).toBe(code);
    if (status === 412) expect(answer.headers['tus-version']).toBe('1.0.0');
    if (status === 413) expect(answer.headers['tus-max-size']).toBe(String(LIMIT));
  });

  test('wants to be spoken in every request', async () => {
    const id = await begun(4);
    await call('head', uploadPath(id)).expect(412);
    await call('delete', uploadPath(id)).expect(412);
    await call('patch', uploadPath(id)).set('Upload-Offset', '0').set('Content-Type', 'application/offset+octet-stream').expect(412);
    await tus('patch', uploadPath(id)).set('Upload-Offset', '0').set('Content-Type', 'text/csv').send('abcd').expect(415);
    await tus('patch', uploadPath(id)).set('Content-Type', 'application/offset+octet-stream').expect(400);
  });
});

const tus = (method: Method, route: string, key = ours, at = 0) => call(method, route, key, at).set('Tus-Resumable', '1.0.0');

async function begun(bytes: number, metadata: Record<string, string> = {}): Promise<string> {
  const pairs = Object.entries(metadata).map(([key, value]) => `${key} ${Buffer.from(value).toString('base64')}`);
  const answer = await tus('post', UPLOADS).set('Upload-Length', String(bytes)).set('Upload-Metadata', pairs.join()).expect(201);
  return answer.headers['location']!.split('/').pop()!;
}

function patched(id: string, offset: number, bytes: Buffer, at = 0, key = ours) {
  const headers = { 'Upload-Offset': String(offset), 'Content-Type': 'application/offset+octet-stream' };
  return tus('patch', uploadPath(id), key, at).set(headers).send(bytes);
}

async function read(id: string): Promise<UploadBody> {
  return UploadBody.parse((await call('get', uploadPath(id), ours, 1).expect(200)).body);
}

/** A PATCH whose body comes as the test wants it; without a length it is chunked. */
function patching(id: string, offset: number, length?: number, url = gateways[0].url) {
  const sent = http.request(url + uploadPath(id), {
    method: 'PATCH',
    headers: {
      Authorization: `Bearer ${ours}`,
      'Tus-Resumable': '1.0.0',
      'Upload-Offset': String(offset),
      'Content-Type': 'application/offset+octet-stream',
      ...(length === undefined ? {} : { 'Content-Length': String(length) }),
    },
  });
  sent.on('error', () => undefined); // the test breaks it off, and looks at what became of it
  const status = once(sent, 'response').then(([answer]) => (answer as http.IncomingMessage).resume().statusCode);
  status.catch(() => undefined);
  sent.flushHeaders();
  return {
    status,
    send: (bytes: Buffer) => new Promise<void>((resolve) => (bytes.length === 0 ? resolve() : sent.write(bytes, () => resolve()))),
    end: () => void sent.end(),
    breakOff: () => void sent.destroy(),
  };
}

async function until(fact: () => Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + 20_000; !(await fact()); await pause(20))
    if (Date.now() > deadline) throw new Error('it has not come about');
}

const arrived = (id: string, bytes: number) => until(async () => (await read(id)).bytes_received === bytes);
const held = (id: string) =>
  until(async () => (await database.query(`SELECT 1 FROM attune.uploads WHERE id = $1 AND holder IS NOT NULL`, [id.slice(4)])).length > 0);

const files = () => readdirSync(path.join(directory, 'blobs'), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
const sizes = () => files().map(({ parentPath, name }) => statSync(path.join(parentPath, name), { throwIfNoEntry: false })?.size);
const blobFile = (sha256: string): string => {
  const found = files().find(({ name }) => name === sha256);
  return found === undefined ? '' : path.join(found.parentPath, found.name);
};
const blob = (sha256: string) => readFileSync(blobFile(sha256));
/** Stored parts of an upload. */
const remains = (id: string) =>
  files()
    .map(({ parentPath, name }) => path.join(parentPath, name))
    .filter((file) => file.includes(`uploads/${id.slice(4)}`));

async function refused(status: number, body: object, key = ours): Promise<ProblemBody> {
  const answer = await call('post', '/api/v1/jobs', key).send(body).expect(status);
  return ProblemBody.parse(answer.body);
}
