import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { S3Double, type S3Fault } from '@attune/testing';
import { hashOf } from './blob-store.fixture.js';
import { PATIENCE, type S3Settings } from './s3-bucket.js';
import { openS3 } from './s3-store.fixture.js';

const SMALL = randomBytes(100_000);
/** One part of the smallest size there is, and a little more. */
const LARGE = randomBytes(5.5 * 1024 * 1024);
const keyOf = (sha256: string): string => `tenants/t/blobs/${sha256}`;

let double: S3Double;
let store: ReturnType<typeof openS3>;
let home: string;
beforeAll(async () => (double = await S3Double.start()));
afterAll(() => double.close());
beforeEach(async () => {
  home = await mkdtemp(path.join(tmpdir(), 'attune-s3-'));
  store = openS3(settings(), { ...PATIENCE, answerMs: 1_000, workMs: 1_000, stallMs: 1_000 });
});
afterEach(async () => {
  double.faults.clear();
  await store.close();
  await rm(home, { recursive: true });
});

function settings(): S3Settings {
  const { name: bucket, region, endpoint, credentials } = double;
  return { bucket, prefix: '', region, endpoint, pathStyle: true, credentials: { ...credentials, sessionToken: undefined } };
}

const receive = (bytes: Buffer, blobs = store.blobs) => blobs.receive(Readable.from([bytes]), keyOf, 50_000_000);

async function adopt(bytes: Buffer, blobs = store.blobs) {
  const file = path.join(home, 'left');
  await writeFile(file, bytes);
  return blobs.adopt(file, 'jobs/1/left');
}

describe.each([
  ['one part', SMALL],
  ['two parts', LARGE],
])('%s', (_, bytes) => {
  test.each<[string, S3Fault]>([
    ['F44 a tenth of all requests failing', { kind: 'error', rate: 0.1 }],
    ['F45 a store that asks to slow down', { kind: 'slow_down', times: 1 }],
    ['F46 a request that is never answered', { kind: 'hang', times: 1 }],
    ['F47 reads that break off in the middle', { kind: 'reset', times: 6 }],
    ['F49 answers that are lost after the work was done', { kind: 'lost_response', times: 3 }],
    ['F51 uploads that are completed twice', { kind: 'completed_twice' }],
  ])('%s: the same bytes, one object, nothing left over', async (_name, fault) => {
    double.faults.add(fault);
    const { key, ...stored } = await receive(bytes);
    expect(stored).toEqual({ bytes: bytes.length, sha256: hashOf(bytes) });
    expect((await buffer(store.blobs.open(key))).equals(bytes)).toBe(true);
    expect(await adopt(bytes)).toEqual(stored);
    const file = path.join(home, 'in');
    await store.blobs.materialize('jobs/1/left', stored, file);
    expect((await readFile(file)).equals(bytes)).toBe(true);
    double.faults.clear();
    expect(await store.left()).toEqual(['jobs/1/left', key]);
  });

  test.each<S3Fault>([
    { kind: 'truncated', times: 2 },
    { kind: 'flipped_bit', times: 2 },
  ])('F48 F50 a read that is $kind is found by its hash and read again; a stage never sees it', async (fault) => {
    const { key, ...stored } = await receive(bytes);
    const file = path.join(home, 'in');
    double.faults.add(fault);
    await store.blobs.materialize(key, stored, file);
    expect((await readFile(file)).equals(bytes)).toBe(true);
    await rm(file);
    double.faults.clear();
    double.faults.add({ kind: fault.kind });
    await expect(store.blobs.materialize(key, stored, file)).rejects.toMatchObject({ code: 'artifact_corrupt' });
    expect(await readdir(home)).toEqual([]);
  });

  test.each<[S3Fault['kind'], string]>([
    ['error', 'dependency_unavailable'],
    ['slow_down', 'dependency_unavailable'],
    ['full', 'storage_full'],
  ])('a store that answers nothing but %s fails with %s, and nothing is visible', async (kind, code) => {
    const hasty = openS3(settings(), { ...PATIENCE, tries: 2 });
    double.faults.add({ kind, operations: ['PutObject', 'UploadPart'] });
    await expect(receive(bytes, hasty.blobs)).rejects.toMatchObject({ code });
    await expect(adopt(bytes, hasty.blobs)).rejects.toMatchObject({ code });
    double.faults.clear();
    expect(await hasty.left()).toEqual([]);
    expect(await readdir(home)).toEqual(['left']); // what could not be stored is still there to be stored again
  });
});

test('F51 an upload that comes out with a part missing never becomes visible', async () => {
  double.faults.add({ kind: 'part_missing' });
  await expect(receive(LARGE)).rejects.toMatchObject({ code: 'dependency_unavailable' });
  await expect(adopt(LARGE)).rejects.toMatchObject({ code: 'dependency_unavailable' });
  double.faults.clear();
  expect(await store.left()).toEqual([]);
});

test('F49 an upload whose beginning was answered into the void is not left unfinished', async () => {
  double.faults.add({ kind: 'lost_response', operations: ['CreateMultipartUpload'], times: 1 });
  const { key } = await receive(LARGE);
  expect(double.bucket.uploads.size).toBe(0);
  expect(await store.left()).toEqual([key]);
});

test('a copy that fails leaves the temporary object to nobody', async () => {
  const hasty = openS3(settings(), { ...PATIENCE, tries: 2 });
  double.faults.add({ kind: 'error', operations: ['CopyObject'] });
  await expect(receive(LARGE, hasty.blobs)).rejects.toMatchObject({ code: 'dependency_unavailable' });
  expect(await hasty.left()).toEqual([]);
});

test('a store that is gone fails within its patience, and what it says holds no address, key or bucket', async () => {
  const gone = openS3({ ...settings(), endpoint: 'http://127.0.0.1:9' }, { ...PATIENCE, tries: 2 });
  const failure: unknown = await gone.blobs.probe().catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: 'dependency_unavailable', detail: 'the blob store does not work' });
  const reading: unknown = await buffer(gone.blobs.open('tenants/t/blobs/x')).catch((error: unknown) => error);
  expect(reading).toMatchObject({ code: 'dependency_unavailable' });
  const said = JSON.stringify(
    [failure, reading].map((error) => [String(error), Object.entries(error as object), String((error as Error).cause)]),
  );
  for (const secret of ['127.0.0.1', double.name, double.credentials.accessKeyId, 'tenants']) expect(said).not.toContain(secret);
});

test('a wrong secret is told by the name S3 gives it, and by nothing of the request', async () => {
  const own = settings();
  const wrong = openS3({ ...own, credentials: { ...own.credentials!, secretAccessKey: 'not-the-secret' } });
  await expect(wrong.blobs.probe()).rejects.toMatchObject({
    code: 'dependency_unavailable',
    detail: 'the blob store refuses (SignatureDoesNotMatch)',
  });
});

test('more objects than fit into one list or one removal are listed and removed', async () => {
  for (let i = 0; i < 2_500; i++) double.bucket.put(`${store.prefix}/jobs/1/${String(i).padStart(4, '0')}`, Buffer.alloc(0), false);
  let listed = 0;
  for await (const { key } of store.blobs.list('jobs')) listed += key.startsWith('jobs/1/') ? 1 : 0;
  expect(listed).toBe(2_500);
  await store.blobs.removeAll('jobs/1');
  expect(await store.left()).toEqual([]);
});
