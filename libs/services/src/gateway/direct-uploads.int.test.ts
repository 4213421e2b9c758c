import { createHash, randomBytes } from 'node:crypto';
import { DirectUploadBody, ProblemBody, UploadBody } from '@attune/api';
import { S3Double } from '@attune/testing';
import type { Test } from 'supertest';
import { partBytesOf } from './direct-upload.js';
import { type RunningGateway, startGateway } from './running-gateway.fixture.js';

const MiB = 1024 * 1024;
/** Two parts. */
const BYTES = randomBytes(20 * MiB);
const hashOf = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

let started: RunningGateway;
let double: S3Double;

beforeAll(async () => {
  double = await S3Double.start();
  const { accessKeyId, secretAccessKey } = double.credentials;
  started = await startGateway({
    settings: {
      ATTUNE_BLOBS_URL: double.url(),
      ATTUNE_S3_ACCESS_KEY_ID: accessKeyId,
      ATTUNE_S3_SECRET_ACCESS_KEY: secretAccessKey,
      ATTUNE_UPLOAD_LIMIT: String(64 * MiB),
    },
  });
});

afterAll(async () => {
  await started?.close();
  await double?.close();
});

const presign = (body: object, key?: string): Test => started.call('post', '/api/v1/uploads/presign', key).send(body);
const begun = async (body: object = { bytes: BYTES.length, name: 'claims.csv' }): Promise<DirectUploadBody> =>
  DirectUploadBody.parse((await presign(body).expect(201)).body);
const complete = (id: string, body: object = {}, key?: string): Test =>
  started.call('post', `/api/v1/uploads/${id}/complete`, key).send(body);
const partsNow = async (id: string): Promise<DirectUploadBody> =>
  DirectUploadBody.parse((await started.call('get', `/api/v1/uploads/${id}/parts`).expect(200)).body);
const codeOf = (answer: { body: unknown }): string => ProblemBody.parse(answer.body).code;

/** Sends parts as a client of the store would, with nothing but their addresses. */
async function send({ parts }: DirectUploadBody, numbers = parts.map(({ number }) => number), bytes = BYTES): Promise<void> {
  for (const number of numbers) {
    const start = parts.slice(0, number - 1).reduce((sum, part) => sum + part.bytes, 0);
    const part = parts[number - 1]!;
    const answer = await fetch(part.url!, { method: 'PUT', body: new Uint8Array(bytes.subarray(start, start + part.bytes)) });
    expect(answer.status).toBe(200);
  }
}

test('parts that went to the store in any order are the dataset that the bytes are, and can be the input of a job', async () => {
  const upload = await begun();
  expect(upload.parts.map(({ bytes }) => bytes)).toEqual([16 * MiB, 4 * MiB]);
  await send(upload, [2, 1]);
  const whole = UploadBody.parse((await complete(upload.upload_id, { sha256: hashOf(BYTES) }).expect(200)).body);
  expect(whole).toMatchObject({ sha256: hashOf(BYTES), bytes: BYTES.length, bytes_received: BYTES.length, name: 'claims.csv' });
  const { input } = await started.clientOf().submitReference({ input: { upload_id: upload.upload_id } });
  expect(input).toEqual({ dataset_id: whole.dataset_id, sha256: whole.sha256, bytes: whole.bytes, name: 'claims.csv' });
});

test('F51 an upload that is completed twice is the same dataset twice, also at the same time', async () => {
  const upload = await begun();
  await send(upload);
  const answers = await Promise.all([complete(upload.upload_id), complete(upload.upload_id)]);
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 423]);
  const first = UploadBody.parse(answers.find(({ status }) => status === 200)!.body);
  expect(UploadBody.parse((await complete(upload.upload_id).expect(200)).body)).toEqual(first);
});

test('F51 a part that is missing is named, its address is given anew, and the upload goes on', async () => {
  const upload = await begun();
  await send(upload, [2]);
  const refused = await complete(upload.upload_id).expect(409);
  expect(ProblemBody.parse(refused.body)).toMatchObject({
    code: 'conflict_state',
    detail: expect.stringContaining('1 of 2 parts') as string,
  });
  const now = await partsNow(upload.upload_id);
  expect(now.parts.map(({ arrived, url }) => [arrived, url === null])).toEqual([
    [false, false],
    [true, true],
  ]);
  await send(now, [1]);
  await complete(upload.upload_id).expect(200);
});

test('bytes that hash to something else than was said end the upload, and nothing is left of them', async () => {
  const upload = await begun({ bytes: BYTES.length, sha256: '0'.repeat(64) });
  const before = double.bucket.objects.size;
  await send(upload);
  expect(codeOf(await complete(upload.upload_id).expect(422))).toBe('checksum_mismatch');
  await complete(upload.upload_id).expect(404);
  expect(double.bucket.objects.size).toBe(before);
});

test('a gateway that stops between putting the parts together and the rows is made up for by the next call', async () => {
  const upload = await begun();
  await send(upload);
  // The answer of the store to the hashing read is cut once the parts are together.
  double.faults.add({ kind: 'error', operations: ['GetObject'] });
  await complete(upload.upload_id).expect(503);
  double.faults.clear();
  const whole = UploadBody.parse((await complete(upload.upload_id).expect(200)).body);
  expect(whole.sha256).toBe(hashOf(BYTES));
});

test('the address of a part takes exactly its bytes', async () => {
  const upload = await begun();
  const answer = await fetch(upload.parts[0]!.url!, { method: 'PUT', body: new Uint8Array(10) });
  expect(answer.status).toBe(403);
});

test('an upload that is given up, or of another tenant, is not there; one for the store takes no PATCH', async () => {
  const upload = await begun();
  await complete(upload.upload_id, {}, started.theirs).expect(404);
  await started.call('get', `/api/v1/uploads/${upload.upload_id}/parts`, started.theirs).expect(404);
  const tus = { 'Tus-Resumable': '1.0.0', 'Upload-Offset': '0', 'Content-Type': 'application/offset+octet-stream' };
  await started.call('patch', `/api/v1/uploads/${upload.upload_id}`).set(tus).send(Buffer.from('ab')).expect(409);
  await started.call('delete', `/api/v1/uploads/${upload.upload_id}`).set('Tus-Resumable', '1.0.0').expect(204);
  await complete(upload.upload_id).expect(404);
  expect((await fetch(upload.parts[0]!.url!, { method: 'PUT', body: new Uint8Array(BYTES.subarray(0, 16 * MiB)) })).status).toBe(404);
});

test.each([
  ['no bytes', { bytes: 0 }, 400, 'validation_failed'],
  ['more than the limit', { bytes: 65 * MiB }, 413, 'payload_too_large'],
  ['an unknown member', { bytes: 1, part: 2 }, 400, 'validation_failed'],
])('%s is refused', async (_, body, status, code) => {
  expect(codeOf(await presign(body).expect(status))).toBe(code);
});

test('a file of any size is at most a thousand parts of at least 16 MiB', () => {
  for (const bytes of [1, 16 * MiB, 16_000 * MiB, 16_000 * MiB + 1, 5 * 1024 ** 4]) {
    const part = partBytesOf(bytes);
    expect(part).toBeGreaterThanOrEqual(16 * MiB);
    expect(Math.ceil(bytes / part)).toBeLessThanOrEqual(1000);
  }
});

test('a store of files takes no parts from clients, and says what to do', async () => {
  const local = await startGateway();
  try {
    const answer = await local.call('post', '/api/v1/uploads/presign').send({ bytes: 10 }).expect(409);
    expect(ProblemBody.parse(answer.body).detail).toContain('POST /api/v1/uploads');
  } finally {
    await local.close();
  }
});
