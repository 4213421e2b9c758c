import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { S3Double } from '@attune/testing';
import type { DirectTransfers } from './blob-store.js';
import { hashOf } from './blob-store.fixture.js';
import type { S3Blobs } from './s3-blobs.js';
import { openS3 } from './s3-store.fixture.js';

const PART = 5 * 1024 * 1024;
const BYTES = randomBytes(2 * PART + 100);
const keyOf = (sha256: string): string => `tenants/t/blobs/${sha256}`;

let double: S3Double;
let blobs: S3Blobs;
let direct: DirectTransfers;
beforeAll(async () => {
  double = await S3Double.start();
  const { name: bucket, region, endpoint, credentials } = double;
  const settings = { bucket, prefix: 'p', region, endpoint, pathStyle: true, credentials: { ...credentials, sessionToken: undefined } };
  blobs = openS3(settings).blobs;
  direct = blobs.direct;
});
afterAll(() => double.close());

/** As a client does it that has never heard of S3. */
async function send(url: string, body: Buffer): Promise<number> {
  const answer = await fetch(url, { method: 'PUT', body: new Uint8Array(body) });
  await answer.text();
  return answer.status;
}

async function sendAll(bytes: Buffer) {
  const upload = await direct.createUpload();
  for (let number = 1; (number - 1) * PART < bytes.length; number++) {
    const part = bytes.subarray((number - 1) * PART, number * PART);
    expect(await send(await direct.presignPart(upload, { number, bytes: part.length }, 60), part)).toBe(200);
  }
  return upload;
}

test('a client sends the parts of a file to the store itself, and they become one blob under its hash', async () => {
  const upload = await sendAll(BYTES);
  expect((await direct.partsOf(upload)).map(({ number, bytes }) => [number, bytes])).toEqual([
    [1, PART],
    [2, PART],
    [3, 100],
  ]);
  const stored = await direct.finishUpload(upload, keyOf, BYTES.length);
  expect(stored).toEqual({ bytes: BYTES.length, sha256: hashOf(BYTES), key: keyOf(hashOf(BYTES)) });
  expect((await buffer(blobs.open(stored.key))).equals(BYTES)).toBe(true);
  await expect(direct.partsOf(upload)).rejects.toMatchObject({ code: 'not_found' });
  await expect(direct.finishUpload(upload, keyOf, BYTES.length)).rejects.toMatchObject({ code: 'not_found' });
});

test('an upload whose end was answered into the void is finished by the next call', async () => {
  const upload = await sendAll(BYTES);
  double.faults.add({ kind: 'lost_response', operations: ['CompleteMultipartUpload'], times: 1 });
  double.faults.add({ kind: 'error', operations: ['CopyObject'], times: 5 });
  const stored = await direct.finishUpload(upload, keyOf, BYTES.length);
  expect(stored.sha256).toBe(hashOf(BYTES));
  double.faults.clear();
});

test('what is larger than the limit is refused and taken back', async () => {
  const upload = await sendAll(BYTES);
  await expect(direct.finishUpload(upload, keyOf, BYTES.length - 1)).rejects.toMatchObject({ code: 'payload_too_large' });
  expect(double.bucket.uploads.size).toBe(0);
});

test('an address is good for its part, its size and its time, and for nothing else', async () => {
  const upload = await direct.createUpload();
  const url = await direct.presignPart(upload, { number: 1, bytes: 10 }, 60);
  expect(await send(url, Buffer.alloc(11))).toBe(403);
  expect(await send(url.replace('partNumber=1', 'partNumber=2'), Buffer.alloc(10))).toBe(403);
  expect(await send(url.replace(/X-Amz-Expires=\d+/, 'X-Amz-Expires=6000'), Buffer.alloc(10))).toBe(403);
  expect(await send(await direct.presignPart(upload, { number: 1 }, 0), Buffer.alloc(10)).catch(() => 403)).toBe(403);
  expect(await send(url, Buffer.alloc(10))).toBe(200);
  await direct.abortUpload(upload);
  expect(await send(url, Buffer.alloc(10))).toBe(404);
});

test('a blob is read from the store itself, with the type and the name it is given', async () => {
  const { key } = await blobs.receive(Readable.from([Buffer.from('a,b\n1,2\n')]), keyOf, 100);
  const url = await direct.presignGet(key, 60, { contentType: 'text/csv', fileName: 'result.csv' });
  const answer = await fetch(url);
  expect([answer.status, answer.headers.get('content-type'), answer.headers.get('content-disposition'), await answer.text()]).toEqual([
    200,
    'text/csv',
    'attachment; filename="result.csv"',
    'a,b\n1,2\n',
  ]);
  expect((await fetch(url.replace(key, 'tenants/other/blobs/x'))).status).toBe(403);
});
