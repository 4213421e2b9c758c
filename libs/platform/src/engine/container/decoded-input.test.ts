import { statSync } from 'node:fs';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { AppError, type Container } from '@attune/core';
import fc from 'fast-check';
import { gzipBomb, zipOf, zstdBomb, zstdOf } from './containers.fixture.js';
import { DecodedInput } from './decoded-input.js';

const MiB = 1 << 20;
const TEXT = Buffer.from('member_id,first_name\n'.concat(...Array.from({ length: 400 }, (_, i) => `m-${i},Ilka ${i * 7919}\n`)));

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'attune-decoded-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

interface Opened {
  readonly text?: Buffer;
  readonly code?: string;
  /** Bytes of the scratch file, the most that was seen while inflating. */
  readonly written: number;
}

/** Decodes the bytes, or says with which code they were refused; anything else that goes wrong is thrown. */
async function open(bytes: Buffer, container: Container, limit = 1e9): Promise<Opened> {
  const input = join(folder, 'input');
  await writeFile(input, bytes);
  let written = 0;
  const onRead = (): void => {
    written = Math.max(written, statSync(join(folder, 'input.decoded')).size);
  };
  try {
    const decoded = await DecodedInput.open(input, container, folder, { limit, onRead });
    const text = Buffer.alloc(decoded.size);
    expect(decoded.read(0, text)).toBe(decoded.size);
    decoded.close();
    return { text, written };
  } catch (error) {
    if (!(error instanceof AppError) || error.errorClass !== 'data') throw error;
    return { code: error.code, written };
  } finally {
    expect(await readdir(folder)).toEqual(['input']);
  }
}

test.each([
  ['gzip', () => gzipBomb(10 * 1024)],
  ['zstd', () => Promise.resolve(zstdBomb(80 * 1024))],
] as const)('10 GB in a %s of a few MB are stopped before 64 MiB are out', async (container, bomb) => {
  const bytes = await bomb();
  expect(bytes.length).toBeLessThan(12e6);
  const { code, written } = await open(bytes, container);
  expect(code).toBe('zip_bomb');
  expect(written).toBeLessThan(64 * MiB - MiB);
});

test('what inflates well and honestly is read, to the byte of the limit', async () => {
  const text = Buffer.from('m-1,Ilka,Brockmann\n'.repeat(3000) + TEXT.toString());
  for (const [container, bytes] of [
    ['gzip', gzipSync(text)],
    ['zstd', zstdOf(text)],
    ['zip', zipOf([{ name: 'a', bytes: text }])],
  ] as const) {
    expect((await open(bytes, container, text.length)).text).toEqual(text);
    expect((await open(bytes, container, text.length - 1)).code).toBe('zip_bomb');
  }
});

/** Bytes changed, cut out and put in anywhere. */
const damage = fc.array(
  fc.tuple(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), fc.nat(255), fc.constantFrom('set', 'cut', 'add')),
  {
    minLength: 1,
    maxLength: 3,
  },
);

function damaged(bytes: Buffer, changes: readonly (readonly [number, number, string])[]): Buffer {
  let result = Buffer.from(bytes);
  for (const [where, byte, how] of changes) {
    const at = Math.floor(where * result.length);
    if (how === 'set') result[at] = byte;
    else
      result = Buffer.concat([
        result.subarray(0, at),
        Buffer.from(how === 'add' ? [byte] : []),
        result.subarray(how === 'cut' ? at + 1 : at),
      ]);
  }
  return result;
}

test.each([
  ['gzip', gzipSync(TEXT)],
  ['zip', zipOf([{ name: 'a.csv', bytes: TEXT }])],
  [
    'zip',
    zipOf([
      { name: 'a.csv', bytes: TEXT, store: true },
      { name: 'b.csv', bytes: TEXT },
    ]),
  ],
] satisfies [Container, Buffer][])('whatever happens to a %s, it is the same text or refused as data', async (container, bytes) => {
  const whole = (await open(bytes, container)).text!;
  await fc.assert(
    fc.asyncProperty(damage, async (changes) => {
      const { text, code } = await open(damaged(bytes, changes), container);
      expect(code !== undefined || text!.equals(whole) || isOneMemberLess(text!, container)).toBe(true);
    }),
    { numRuns: 300 },
  );
});

/** The mode or the name of an entry can change so that it is no file any more. */
function isOneMemberLess(text: Buffer, container: Container): boolean {
  return container === 'zip' && text.equals(TEXT);
}

test('whatever happens to a zstd without checksum, it ends: with a text or refused as data', async () => {
  const bytes = zstdOf(TEXT);
  await fc.assert(
    fc.asyncProperty(damage, async (changes) => {
      const { text, code } = await open(damaged(bytes, changes), 'zstd');
      expect(code !== undefined || text !== undefined).toBe(true);
    }),
    { numRuns: 300 },
  );
});
