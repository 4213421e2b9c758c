import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { checkStore, type StoreCheck } from './check-store.js';
import type { BlobStore, ListedBlob } from './blob-store.js';

export interface StoreUnderTest {
  readonly blobs: BlobStore;
  /** Everything that takes space: stored keys, and whatever uploads have left under names beginning with `.incoming` or `unfinished`. */
  left(): Promise<string[]>;
  close(): Promise<void>;
}

export const hashOf = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
const keyOf = (sha256: string): string => `tenants/t/blobs/${sha256}`;
const HALF = randomBytes(6 * 1024 * 1024);

/** What every store does. A new one gets its tests by calling this. */
export function describeBlobStore(name: string, open: () => Promise<StoreUnderTest>): void {
  describe(`the blob store on ${name}`, () => {
    let home: string;
    let store: StoreUnderTest;
    let blobs: BlobStore;

    beforeEach(async () => {
      home = await mkdtemp(path.join(tmpdir(), 'attune-blobs-'));
      store = await open();
      blobs = store.blobs;
    });

    afterEach(async () => {
      await store.close();
      await rm(home, { recursive: true });
    });

    const receive = (bytes: Buffer, limit = 50_000_000) =>
      blobs.receive(Readable.from([bytes.subarray(0, 7), bytes.subarray(7)].filter(({ length }) => length > 0)), keyOf, limit);

    const put = async (key: string, bytes: Buffer) => {
      const file = path.join(home, randomUUID());
      await writeFile(file, bytes);
      return blobs.adopt(file, key);
    };

    test.each([0, 1, 100_000, 13_000_000])('%i received bytes are stored under the key of their hash', async (size) => {
      const bytes = randomBytes(size);
      const stored = await receive(bytes);
      expect(stored).toEqual({ bytes: size, sha256: hashOf(bytes), key: keyOf(hashOf(bytes)) });
      expect((await buffer(blobs.open(stored.key))).equals(bytes)).toBe(true);
      expect(await store.left()).toEqual([stored.key]);
    });

    test('receiving the same bytes at once leaves one blob', async () => {
      const bytes = Buffer.concat([HALF, HALF]);
      await Promise.all([receive(bytes), receive(bytes), receive(bytes)]);
      expect(await store.left()).toEqual([keyOf(hashOf(bytes))]);
    });

    test('nothing is visible before all bytes are there', async () => {
      const source = new Readable({ read: () => undefined });
      const receiving = blobs.receive(source, keyOf, 50_000_000);
      source.push(HALF);
      source.push(HALF.subarray(1));
      let left: string[] = [];
      while (left.length === 0) left = await store.left();
      expect(left.filter((key) => !/^(\.incoming|unfinished)/.test(key))).toEqual([]);
      source.push(null);
      const { key } = await receiving;
      expect(await store.left()).toEqual([key]);
    });

    test.each([
      ['small', 10],
      ['large', HALF.length],
    ])('a %s source that is larger than the limit or breaks off leaves nothing behind', async (_, size) => {
      const bytes = Buffer.concat([HALF.subarray(0, size), HALF.subarray(0, size)]);
      await expect(receive(bytes, bytes.length - 1)).rejects.toMatchObject({ code: 'payload_too_large' });
      const broken = Readable.from(
        (function* () {
          yield bytes;
          throw new Error('the connection broke');
        })(),
      );
      await expect(blobs.receive(broken, keyOf, 50_000_000)).rejects.toThrow('the connection broke');
      expect(await store.left()).toEqual([]);
      expect((await receive(bytes, bytes.length)).bytes).toBe(bytes.length);
    });

    test('what is stopped by its signal leaves nothing behind', async () => {
      const stop = new AbortController();
      const source = new Readable({ read: () => undefined });
      const receiving = blobs.receive(source, keyOf, 50_000_000, { signal: stop.signal });
      source.push(HALF);
      source.push(HALF);
      while ((await store.left()).length === 0);
      stop.abort(new Error('the caller has gone'));
      await expect(receiving).rejects.toThrow('the caller has gone');
      expect(await store.left()).toEqual([]);
      const file = path.join(home, 'left');
      await writeFile(file, 'x');
      await expect(blobs.adopt(file, 'jobs/1', { signal: stop.signal })).rejects.toThrow('the caller has gone');
      expect(await store.left()).toEqual([]);
      const expected = await put('jobs/2', HALF);
      await expect(blobs.materialize('jobs/2', expected, path.join(home, 'in'), { signal: stop.signal })).rejects.toThrow('gone');
      await expect(stat(path.join(home, 'in'))).rejects.toMatchObject({ code: 'ENOENT' });
    });

    test('what is stopped in the middle of a large file does not read it to its end first', async () => {
      const large = Buffer.alloc(48 * 1024 * 1024, 'x');
      const expected = await put('jobs/3', large);
      const fetched = path.join(home, 'in');
      const left = path.join(home, 'left');
      await writeFile(left, large);
      for (const begin of [
        (signal: AbortSignal) => blobs.materialize('jobs/3', expected, fetched, { signal }),
        (signal: AbortSignal) => blobs.adopt(left, 'jobs/4', { signal }),
      ]) {
        const stop = new AbortController();
        const under = begin(stop.signal);
        setImmediate(() => stop.abort(new Error('the caller has gone')));
        await expect(under).rejects.toThrow('gone');
      }
      await expect(stat(fetched)).rejects.toMatchObject({ code: 'ENOENT' });
      expect(await store.left()).toEqual(['jobs/3']);
    });

    test.each([0, 8, 13_000_000])('a finished file of %i bytes is taken over with its hash and size', async (size) => {
      const bytes = randomBytes(size);
      const file = path.join(home, 'left.csv');
      await writeFile(file, bytes);
      expect(await blobs.adopt(file, 'jobs/1/left.csv')).toEqual({ bytes: size, sha256: hashOf(bytes) });
      await expect(stat(file)).rejects.toMatchObject({ code: 'ENOENT' });
      expect((await buffer(blobs.open('jobs/1/left.csv'))).equals(bytes)).toBe(true);
    });

    test('a range is read with both ends included and ends with the bytes', async () => {
      const { key } = await receive(Buffer.from('0123456789'));
      const read = async (start: number, end: number) => (await buffer(blobs.open(key, { start, end }))).toString();
      expect([await read(2, 5), await read(0, 0), await read(9, 9), await read(7, 100), await read(10, 12)]).toEqual([
        '2345',
        '0',
        '9',
        '789',
        '',
      ]);
      const empty = await receive(Buffer.alloc(0));
      expect((await buffer(blobs.open(empty.key, { start: 0, end: 0 }))).length).toBe(0);
    });

    test('a reader who goes away in the middle leaves the store as it was', async () => {
      const { key } = await receive(Buffer.concat([HALF, HALF]));
      for await (const chunk of blobs.open(key) as AsyncIterable<Buffer>) if (chunk.length > 0) break;
      expect((await buffer(blobs.open(key))).length).toBe(2 * HALF.length);
    });

    test('other bytes, a cut-off end and a missing blob are found before anybody reads them', async () => {
      const bytes = randomBytes(5_000);
      const expected = await put('jobs/1', bytes);
      const target = path.join(home, 'in');
      await blobs.materialize('jobs/1', expected, target);
      expect((await readFile(target)).equals(bytes)).toBe(true);
      await rm(target);
      const flipped = Buffer.from(bytes);
      flipped[4_321]! ^= 1;
      for (const [key, other] of [
        ['jobs/flipped', flipped],
        ['jobs/cut', bytes.subarray(0, 4_999)],
        ['jobs/longer', Buffer.concat([bytes, bytes])],
      ] as const) {
        await put(key, other);
        await expect(blobs.materialize(key, expected, target)).rejects.toMatchObject({ code: 'artifact_corrupt' });
        await expect(stat(target)).rejects.toMatchObject({ code: 'ENOENT' });
      }
      await blobs.remove('jobs/1');
      await expect(blobs.materialize('jobs/1', expected, target)).rejects.toMatchObject({ code: 'artifact_corrupt' });
      await expect(buffer(blobs.open('jobs/1'))).rejects.toThrow();
    });

    test('removing takes away the one, removing all what lies below, and what is not there is no error', async () => {
      for (const key of ['jobs/1/a', 'jobs/1/b/c', 'jobs/10/a', 'jobs/2/a']) await put(key, Buffer.from(key));
      await blobs.removeAll('jobs/1');
      expect(await store.left()).toEqual(['jobs/10/a', 'jobs/2/a']);
      await blobs.remove('jobs/2/a');
      await blobs.remove('jobs/2/a');
      await blobs.removeAll('jobs/1');
      expect(await store.left()).toEqual(['jobs/10/a']);
    });

    test('every object under a prefix is listed with its size and its time, and nothing that is still arriving', async () => {
      const startedAt = Date.now();
      const stop = new AbortController();
      const source = new Readable({ read: () => undefined });
      const arriving = blobs.receive(source, keyOf, 50_000_000, { signal: stop.signal });
      source.push(HALF);
      source.push(HALF);
      while ((await store.left()).length === 0);
      for (const key of ['jobs/1/a', 'jobs/1/b/c', 'jobs/10/a']) await put(key, Buffer.from(key));
      const listed = async (prefix: string) => {
        const found: ListedBlob[] = [];
        for await (const object of blobs.list(prefix)) found.push(object);
        return found.sort((a, b) => (a.key < b.key ? -1 : 1));
      };
      const all = await listed('');
      expect(all.map(({ key, bytes }) => [key, bytes])).toEqual([
        ['jobs/1/a', 8],
        ['jobs/1/b/c', 10],
        ['jobs/10/a', 9],
      ]);
      for (const { modifiedAt } of all) expect(Math.abs(modifiedAt - startedAt)).toBeLessThan(60_000);
      expect(await listed('jobs/1')).toEqual(all.slice(0, 2));
      expect(await listed('jobs/1/b')).toEqual(all.slice(1, 2));
      expect(await listed('job')).toEqual([]);
      stop.abort();
      await expect(arriving).rejects.toThrow();
    });

    test('a sweep removes what was cut off where nothing was added for so long, and no other', async () => {
      const source = new Readable({ read: () => undefined });
      const stop = new AbortController();
      const arriving = blobs.receive(source, keyOf, 50_000_000, { signal: stop.signal });
      source.push(HALF);
      source.push(HALF);
      while ((await store.left()).length === 0);
      expect(await blobs.sweep(3_600)).toBe(0);
      expect(await store.left()).toHaveLength(1);
      expect(await blobs.sweep(-60)).toBe(1);
      expect(await store.left()).toEqual([]);
      stop.abort();
      await expect(arriving).rejects.toThrow();
    });

    test.each(['../out', 'a/../../out', 'a//b', './a', '', '/etc/passwd'])('the key %j is refused', async (key) => {
      expect(() => blobs.open(key)).toThrow('a blob key is not a plain path');
      await expect(blobs.remove(key)).rejects.toMatchObject({ code: 'internal' });
      await expect(blobs.removeAll(key)).rejects.toMatchObject({ code: 'internal' });
    });

    test('the doctor finds everything that Attune asks of a store, and leaves nothing behind', async () => {
      const checks: StoreCheck[] = [];
      for await (const one of checkStore(blobs)) checks.push(one);
      expect(checks.filter(({ passed }) => !passed)).toEqual([]);
      expect(checks.length).toBe(blobs.direct ? 9 : 6);
      expect(await store.left()).toEqual([]);
    });

    test('the store proves that it works, and a sweep keeps what is stored', async () => {
      await put('jobs/1', Buffer.from('kept'));
      await blobs.probe();
      await blobs.sweep(0);
      expect((await store.left()).filter((key) => !key.startsWith('.incoming'))).toEqual(['jobs/1']);
    });
  });
}
