import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { openAsBlob } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ApiProblem, AttuneClient, UnexpectedAnswer, Unreachable } from '@attune/api';
import { S3Double } from '@attune/testing';
import { type RunningGateway, startGateway } from './running-gateway.fixture.js';

const MiB = 1024 * 1024;
/** Five parts, the last one short. */
const BYTES = randomBytes(66 * MiB);
const SHA256 = createHash('sha256').update(BYTES).digest('hex');

let started: RunningGateway;
let double: S3Double;
let directory: string;
let file: Blob;
/** Addresses and header fields of what the client has sent to the store. */
let sent: { readonly address: string; readonly headers: Headers }[];
/** Paths that the client has asked Attune for. */
let asked: string[];
let underWay: number;
let mostUnderWay: number;

beforeAll(async () => {
  double = await S3Double.start();
  const { accessKeyId, secretAccessKey } = double.credentials;
  started = await startGateway({
    settings: { ATTUNE_BLOBS_URL: double.url(), ATTUNE_S3_ACCESS_KEY_ID: accessKeyId, ATTUNE_S3_SECRET_ACCESS_KEY: secretAccessKey },
  });
  directory = await mkdtemp(path.join(tmpdir(), 'attune-direct-'));
  await writeFile(path.join(directory, 'claims.csv'), BYTES);
  file = await openAsBlob(path.join(directory, 'claims.csv'));
});

afterAll(async () => {
  await started?.close();
  await double?.close();
  await rm(directory, { recursive: true });
});

beforeEach(() => {
  [sent, asked, underWay, mostUnderWay] = [[], [], 0, 0];
  double.faults.clear();
});

/** `over` sees every request to the store, and may answer in its place. */
function clientOver(over: (address: string, init: RequestInit) => Promise<Response> = fetch): AttuneClient {
  const watched = async (input: string, init: RequestInit): Promise<Response> => {
    if (!input.startsWith(double.endpoint)) {
      asked.push(new URL(input).pathname);
      return fetch(input, init);
    }
    sent.push({ address: input, headers: new Headers(init.headers) });
    underWay += 1;
    mostUnderWay = Math.max(mostUnderWay, underWay);
    return over(input, init).finally(() => (underWay -= 1));
  };
  const pause = () => Promise.resolve();
  return new AttuneClient({ url: started.running.url, apiKey: started.ours, fetch: watched as typeof fetch, newKey: randomUUID, pause });
}

const numberOf = (address: string): number => Number(new URL(address).searchParams.get('partNumber'));

test('a file goes to the store in parts, a few at once and without the key, and is the dataset that its bytes are', async () => {
  const progress: number[] = [];
  const upload = await clientOver().uploadDirect(file, {
    name: 'claims.csv',
    parallel: 2,
    sha256: Promise.resolve(SHA256),
    onProgress: ({ bytesArrived }) => progress.push(bytesArrived),
  });
  expect(upload).toMatchObject({ bytes: BYTES.length, bytes_received: BYTES.length, sha256: SHA256, name: 'claims.csv' });
  expect(upload.dataset_id).toMatch(/^ds_/);
  expect(sent.map(({ address }) => numberOf(address)).sort()).toEqual([1, 2, 3, 4, 5]);
  expect(mostUnderWay).toBe(2);
  expect(sent.every(({ headers }) => !headers.has('authorization') && !headers.has('x-api-key'))).toBe(true);
  expect([progress[0], progress.length, progress.at(-1)]).toEqual([0, 6, BYTES.length]);
  expect(double.bucket.objects.get([...double.bucket.objects.keys()].find((key) => key.endsWith(SHA256))!)!.bytes.equals(BYTES)).toBe(true);
  const { input } = await started.clientOf().submitReference({ input: { upload_id: upload.upload_id } });
  expect(input.sha256).toBe(SHA256);
});

test('a part that fails is sent again, one whose answer was lost is not, and the others are sent once', async () => {
  double.faults.add({ kind: 'slow_down', operations: ['UploadPart'], times: 2 });
  double.faults.add({ kind: 'lost_response', operations: ['UploadPart'], times: 1 });
  const upload = await clientOver().uploadDirect(file, { parallel: 1, sha256: SHA256 });
  expect(upload.sha256).toBe(SHA256);
  const sentOf = (number: number) => sent.filter(({ address }) => numberOf(address) === number).length;
  expect([sentOf(1), sentOf(2), sentOf(3), sentOf(4), sentOf(5)]).toEqual([3, 1, 1, 1, 1]);
});

test('an address that has become too old is asked for anew', async () => {
  let refused = '';
  const upload = await clientOver((address, init) => {
    if (numberOf(address) !== 3 || refused !== '') return fetch(address, init);
    refused = address;
    return Promise.resolve(new Response('expired', { status: 403 }));
  }).uploadDirect(file, { sha256: SHA256 });
  expect(upload.sha256).toBe(SHA256);
  expect(sent.filter(({ address }) => numberOf(address) === 3)).toHaveLength(2);
  expect(asked.filter((route) => route.endsWith('/parts'))).toEqual([`/api/v1/uploads/${upload.upload_id}/parts`]);
});

test('a part that cannot be sent ends the upload: the others stop, the store keeps nothing, and no error holds an address', async () => {
  let begun = '';
  const before = [double.bucket.objects.size, double.bucket.uploads.size];
  const failed = await clientOver((address, init) => {
    if (numberOf(address) !== 2) return fetch(address, init);
    return Promise.resolve(new Response('no', { status: 500 }));
  })
    .uploadDirect(file, { onBegun: (id) => (begun = id) })
    .catch((error: unknown) => error);
  expect(failed).toBeInstanceOf(UnexpectedAnswer);
  expect((failed as Error).message).toContain('HTTP 500');
  expect(String((failed as Error).stack)).not.toMatch(/X-Amz|Signature/i);
  expect([double.bucket.objects.size, double.bucket.uploads.size]).toEqual(before);
  await started.call('get', `/api/v1/uploads/${begun}/parts`).expect(404);
  expect(underWay).toBe(0);
  const unheard = await clientOver(() => Promise.reject(new TypeError('fetch failed')))
    .uploadDirect(file)
    .catch((error: unknown) => error);
  expect(unheard).toBeInstanceOf(Unreachable);
  expect(String((unheard as Error).stack)).not.toMatch(/X-Amz|Signature/i);
});

test('an upload that is kept when it fails goes on with the parts that are missing', async () => {
  let begun = '';
  const stop = new AbortController();
  const reason = new Error('the caller has enough');
  await expect(
    clientOver((address, init) => {
      if (numberOf(address) === 3) stop.abort(reason);
      return fetch(address, init);
    }).uploadDirect(file, { parallel: 1, keepOnFailure: true, signal: stop.signal, onBegun: (id) => (begun = id) }),
  ).rejects.toBe(reason);
  sent = [];
  const upload = await clientOver().uploadDirect(file, { uploadId: begun, sha256: SHA256 });
  expect(upload).toMatchObject({ upload_id: begun, sha256: SHA256 });
  expect(sent.map(({ address }) => numberOf(address)).sort()).toEqual([3, 4, 5]);
  const other = new Blob(['another file']);
  await expect(clientOver().uploadDirect(other, { uploadId: begun })).rejects.toBeInstanceOf(UnexpectedAnswer);
  await started.call('get', `/api/v1/uploads/${begun}`).expect(200);
});

test('a caller who stops leaves nothing behind', async () => {
  const before = double.bucket.uploads.size;
  const stop = new AbortController();
  const upload = clientOver((address, init) => {
    stop.abort(new Error('enough'));
    return fetch(address, init);
  }).uploadDirect(file, { signal: stop.signal });
  await expect(upload).rejects.toThrow('enough');
  expect(double.bucket.uploads.size).toBe(before);
});

test('bytes that hash to something else than the caller says are refused, and a file that cannot be hashed is not sent to its end', async () => {
  const before = double.bucket.uploads.size;
  const wrong = clientOver().uploadDirect(file, { sha256: '0'.repeat(64) });
  await expect(wrong).rejects.toMatchObject({ code: 'checksum_mismatch' });
  sent = [];
  const unread = clientOver().uploadDirect(file, { sha256: Promise.reject(new Error('the disk is gone')) });
  await expect(unread).rejects.toThrow('the disk is gone');
  expect(sent.length).toBeLessThan(5);
  expect(double.bucket.uploads.size).toBe(before);
});

test('where the store takes nothing from clients that is said, and the caller may go the other way', async () => {
  const onDisk = await startGateway();
  try {
    const failed = await onDisk
      .clientOf()
      .uploadDirect(new Blob(['patient_id\nP1\n']))
      .catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(ApiProblem);
    expect((failed as ApiProblem).code).toBe('conflict_state');
  } finally {
    await onDisk.close();
  }
});
