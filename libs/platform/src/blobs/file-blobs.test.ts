import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { ListedBlob } from './blob-store.js';
import { FileBlobs } from './file-blobs.js';

const keyOf = (sha256: string) => `tenants/t/blobs/${sha256}`;
const hashOf = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

let home: string;
let store: string;
let blobs: FileBlobs;

beforeEach(async () => {
  home = await mkdtemp(path.join(tmpdir(), 'attune-blobs-'));
  store = path.join(home, 'store');
  blobs = new FileBlobs(store);
});

afterEach(() => rm(home, { recursive: true }));

async function files(): Promise<string[]> {
  const entries = await readdir(store, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
}

async function receive(bytes: Buffer, limit = 10_000_000) {
  return blobs.receive(Readable.from([bytes.subarray(0, 7), bytes.subarray(7)]), keyOf, limit);
}

test('received bytes are stored under the key of their hash', async () => {
  const bytes = randomBytes(3_000_000);
  const stored = await receive(bytes);
  expect(stored).toEqual({ bytes: bytes.length, sha256: hashOf(bytes), key: keyOf(hashOf(bytes)) });
  expect((await buffer(blobs.open(stored.key))).equals(bytes)).toBe(true);
});

test('receiving the same bytes twice leaves one blob', async () => {
  const bytes = randomBytes(100);
  await Promise.all([receive(bytes), receive(bytes), receive(bytes)]);
  expect(await files()).toEqual([hashOf(bytes)]);
});

test('nothing is visible before all bytes are there', async () => {
  const source = new Readable({ read: () => undefined });
  const receiving = blobs.receive(source, keyOf, 1_000);
  source.push('the first half');
  while ((await files()).length === 0) await new Promise((resolve) => setImmediate(resolve));
  expect(await readdir(store)).toEqual(['.incoming']);
  source.push(null);
  await receiving;
  expect(await readdir(store)).toContain('tenants');
});

test('a source that is larger than the limit or breaks off leaves nothing behind', async () => {
  await expect(receive(randomBytes(101), 100)).rejects.toMatchObject({ code: 'payload_too_large' });
  const broken = Readable.from(
    (function* () {
      yield Buffer.from('half');
      throw new Error('the connection broke');
    })(),
  );
  await expect(blobs.receive(broken, keyOf, 100)).rejects.toThrow();
  expect(await files()).toEqual([]);
  expect((await receive(randomBytes(100), 100)).bytes).toBe(100);
});

test('a finished file is taken over with its hash and size', async () => {
  const file = path.join(home, 'left.csv');
  await writeFile(file, 'a,b\n1,2\n');
  expect(await blobs.adopt(file, 'jobs/1/left.csv')).toEqual({ bytes: 8, sha256: hashOf(Buffer.from('a,b\n1,2\n')) });
  expect((await buffer(blobs.open('jobs/1/left.csv'))).toString()).toBe('a,b\n1,2\n');
});

test('a range is read with both ends included', async () => {
  const { key } = await receive(Buffer.from('0123456789'));
  expect((await buffer(blobs.open(key, { start: 2, end: 5 }))).toString()).toBe('2345');
});

test('a flipped bit, a cut-off end and a missing blob are found before anybody reads them', async () => {
  const bytes = randomBytes(5_000);
  const { key, ...expected } = await receive(bytes);
  const target = path.join(home, 'in');
  await blobs.materialize(key, expected, target);
  expect((await readFile(target)).equals(bytes)).toBe(true);
  const stored = path.join(store, ...key.split('/'));
  const flipped = Buffer.from(bytes);
  flipped[4_321]! ^= 1;
  await writeFile(stored, flipped);
  await expect(blobs.materialize(key, expected, path.join(home, 'flipped'))).rejects.toMatchObject({ code: 'artifact_corrupt' });
  await writeFile(stored, bytes);
  await truncate(stored, 4_999);
  await expect(blobs.materialize(key, expected, path.join(home, 'cut'))).rejects.toMatchObject({ code: 'artifact_corrupt' });
  await blobs.remove(key);
  await expect(blobs.materialize(key, expected, path.join(home, 'gone'))).rejects.toMatchObject({ code: 'artifact_corrupt' });
  for (const name of ['flipped', 'cut', 'gone']) await expect(stat(path.join(home, name))).rejects.toMatchObject({ code: 'ENOENT' });
});

test.each(['../out', 'a/../../out', 'a//b', './a', '', '/etc/passwd'])('the key %j is refused', async (key) => {
  expect(() => blobs.open(key)).toThrow('a blob key is not a plain path');
  await expect(blobs.remove(key)).rejects.toMatchObject({ code: 'internal' });
});

test('the store proves that it works, and says so when it does not', async () => {
  await blobs.probe();
  expect(await files()).toEqual([]);
  const occupied = path.join(home, 'occupied');
  await writeFile(occupied, '');
  await expect(new FileBlobs(occupied).probe()).rejects.toMatchObject({ code: 'dependency_unavailable' });
});

test('every object under a prefix is listed with its size and its time, and nothing that is still arriving', async () => {
  const whole = await receive(randomBytes(100));
  const left = path.join(home, 'left');
  await writeFile(left, 'abc');
  await blobs.adopt(left, 'tenants/t/jobs/1/plan/0/1/plan.json');
  await utimes(path.join(store, 'tenants/t/jobs/1/plan/0/1/plan.json'), 1_000, 1_000);
  await writeFile(path.join(store, '.incoming', 'cut-off'), 'half');
  const listed = async (prefix: string) => {
    const found: ListedBlob[] = [];
    for await (const object of blobs.list(prefix)) found.push(object);
    return found;
  };
  expect((await listed('')).map(({ key, bytes }) => [key, bytes])).toEqual([
    [whole.key, 100],
    ['tenants/t/jobs/1/plan/0/1/plan.json', 3],
  ]);
  expect(await listed('tenants/t/jobs/1')).toEqual([{ key: 'tenants/t/jobs/1/plan/0/1/plan.json', bytes: 3, modifiedAt: 1_000_000 }]);
  expect(await listed('tenants/t/jobs/1/pl')).toEqual([]);
});

test('an upload that broke off is removed once nothing was added to it for long enough', async () => {
  await receive(randomBytes(10));
  const [old, young] = ['old', 'young'].map((name) => path.join(store, '.incoming', name));
  await writeFile(old!, 'half');
  await writeFile(young!, 'half');
  await utimes(old!, new Date(), new Date(Date.now() - 3_601_000));
  expect(await blobs.sweep(3_600)).toBe(1);
  expect(await readdir(path.join(store, '.incoming'))).toEqual(['young']);
  expect(await blobs.sweep(0)).toBe(1);
});
