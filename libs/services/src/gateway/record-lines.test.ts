import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { FileBlobs, type StoredArtifact } from '@attune/platform';
import fc from 'fast-check';
import { type LineIndex, readLines } from './record-lines.js';

const LINES = Array.from({ length: 2_500 }, (_, i) => JSON.stringify({ i, value: `\u2028 \u0085 é ${'x'.repeat((i * 37) % 1_500)}` }));
const EVERY = 1_000;

let directory: string;
let blobs: FileBlobs;
let artifact: StoredArtifact;
let index: LineIndex;

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'attune-lines-'));
  blobs = new FileBlobs(path.join(directory, 'blobs'));
  const file = path.join(directory, 'lines.ndjson');
  await writeFile(file, LINES.map((line) => `${line}\n`).join(''));
  const stored = await blobs.adopt(file, 'tenants/t/lines');
  artifact = { kind: 'findings', ...stored, records: LINES.length, storageKey: 'tenants/t/lines' };
  const offsets = LINES.map((_, i) => i)
    .filter((i) => i % EVERY === 0)
    .map((i) => Buffer.byteLength(LINES.slice(0, i).join('\n')) + (i > 0 ? 1 : 0));
  index = { every: EVERY, offsets, records: LINES.length };
});

afterAll(() => rm(directory, { recursive: true }));

test('any page of lines is the same slice of all lines, whatever characters their values hold', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(2_600), fc.integer({ min: 1, max: 200 }), async (first, limit) => {
      expect(await readLines(blobs, artifact, index, first, limit)).toEqual(LINES.slice(first, first + limit));
    }),
    { numRuns: 60 },
  );
});

test('a list without lines has an empty first page', async () => {
  expect(await readLines(blobs, artifact, { every: EVERY, offsets: [], records: 0 }, 0, 50)).toEqual([]);
});
