import { randomBytes } from 'node:crypto';
import { mkdtemp, open, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { FileBlobs } from './file-blobs.js';

const SIZES = { input: 300_000, plan: 4_000, profile: 20_000, silver: 200_000 };

let home: string;
beforeEach(async () => (home = await mkdtemp(path.join(tmpdir(), 'attune-flips-'))));
afterEach(() => rm(home, { recursive: true }));

test('one flipped bit anywhere in a stored input, plan, profile or silver is found before a task sees the file', async () => {
  const blobs = new FileBlobs(path.join(home, 'store'));
  const stored = new Map<string, { bytes: number; sha256: string }>();
  for (const [kind, size] of Object.entries(SIZES)) {
    const left = path.join(home, kind);
    const file = await open(left, 'w');
    await file.write(randomBytes(size));
    await file.close();
    stored.set(kind, await blobs.adopt(left, `jobs/${kind}`));
  }
  const anywhere = fc
    .constantFrom(...(Object.keys(SIZES) as (keyof typeof SIZES)[]))
    .chain((kind) => fc.tuple(fc.constant(kind), fc.nat(SIZES[kind] - 1), fc.nat(7)));
  await fc.assert(
    fc.asyncProperty(anywhere, async ([kind, at, bit]) => {
      const target = path.join(home, 'in');
      const key = `jobs/${kind}`;
      const name = path.join(home, 'store', key);
      await flip(name, at, bit);
      await expect(blobs.materialize(key, stored.get(kind)!, target)).rejects.toMatchObject({ code: 'artifact_corrupt' });
      await expect(stat(target)).rejects.toMatchObject({ code: 'ENOENT' });
      await flip(name, at, bit);
      // What is whole is handed over by a second name of the same bytes; damaged since, it is refused to the next one.
      await blobs.materialize(key, stored.get(kind)!, target);
      await rm(target);
    }),
    { numRuns: 100 },
  );
});

test('what was handed over as a second name is read again before the next use', async () => {
  const blobs = new FileBlobs(path.join(home, 'store'));
  const left = path.join(home, 'left');
  const file = await open(left, 'w');
  await file.write(randomBytes(10_000));
  await file.close();
  const expected = await blobs.adopt(left, 'jobs/1');
  const first = path.join(home, 'first');
  await blobs.materialize('jobs/1', expected, first);
  await flip(first, 5_000, 3);
  await expect(blobs.materialize('jobs/1', expected, path.join(home, 'second'))).rejects.toMatchObject({ code: 'artifact_corrupt' });
});

async function flip(name: string, at: number, bit: number): Promise<void> {
  const file = await open(name, 'r+');
  const byte = Buffer.alloc(1);
  await file.read(byte, 0, 1, at);
  byte[0]! ^= 1 << bit;
  await file.write(byte, 0, 1, at);
  await file.close();
}
