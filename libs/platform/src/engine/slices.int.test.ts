import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Detection, Plan, type SampleProfile } from '@attune/core';
import { makePlan } from '@attune/pipeline';
import { attemptFolder, hashesOf, readJson } from './attempt-folder.fixture.js';
import { Engine } from './engine.js';
import { Slices } from './slices.js';

const OPTIONS = {
  remove_duplicates: true,
  standardize_fields: true,
  validate_schema: true,
  output_formats: ['csv' as const],
  review: 'never' as const,
};
const IDENTITY = 'version, input and plan';
const SLICE_BYTES = 700_000;

const folder = attemptFolder('attune-slices-');
// Chunks of 256 KiB, so that a slice has several.
const engines = [1, 2].map((threads) => new Engine({ size: 1, memoryLimitMb: 256, threads, shardBytes: 1 << 18 }));
afterAll(() => Promise.all(engines.map((engine) => engine.close())));

async function planOf(input: string): Promise<Plan> {
  const scratch = await folder.attempt();
  await engines[0]!.run('inspect', { input, scratch });
  const [detection, profile] = [
    await readJson<Detection>(scratch, 'detection.json'),
    await readJson<SampleProfile>(scratch, 'sample-profile.json'),
  ];
  return makePlan({ detection, profile, options: OPTIONS, receivedAt: '2026-01-01T00:00:00Z' }).plan;
}

type Decoded = { readonly files: readonly string[]; readonly identity: string };

/** Cuts the input and decodes its slices, the last one first, as workers do that have nothing but a part of it. */
async function decode(input: string, plan: Plan): Promise<Decoded> {
  const cut = await folder.attempt();
  const { files: left } = await engines[0]!.run('cut', { input, plan, sliceBytes: SLICE_BYTES, identity: IDENTITY, scratch: cut });
  const { slices } = Slices.parse(await readJson(cut, 'slices.json'));
  expect(left).toEqual([{ kind: 'slices', file: 'slices.json', records: slices.length }]);
  const bytes = readFileSync(input);
  const files: string[] = [];
  for (const [ordinal, { from, to, end, sha256 }] of [...slices.entries()].reverse()) {
    const part = bytes.subarray(from.byteOffset, end);
    expect(createHash('sha256').update(part).digest('hex')).toBe(sha256);
    const own = await folder.input(`slice-${ordinal}`, part);
    const scratch = await folder.attempt();
    const task = { input: own, size: bytes.length, plan, slice: { from, to }, ordinal, identity: IDENTITY, scratch };
    await engines[ordinal % 2]!.run('decode', task);
    files[ordinal] = join(scratch, 'decoded.bin');
  }
  return { files, identity: IDENTITY };
}

/** The outcome of transform, and the hashes of everything that it leaves. */
async function transformed(engine: Engine, input: string, plan: Plan, decoded?: Decoded): Promise<unknown> {
  const scratch = await folder.attempt();
  const outcome = await engine.run('transform', { input, plan, planFindings: [], scratch, ...(decoded ? { decoded } : {}) });
  const hashes = await hashesOf(scratch, outcome.files);
  return { hashes, outcome };
}

const HEADER = 'member_id,last_name,dob,gender,note\n';

/** Lines with duplicates, line feeds in quotes, quotes that nobody closes, control characters and blank lines. */
function hostileLines(bytes: number): string {
  const lines = [HEADER];
  for (let n = 0, length = 0; length < bytes; n++) {
    const note =
      n % 7 === 0
        ? `"first line\nm-${n},looks,1999-01-01,like,a record\nlast"`
        : n % 1001 === 5
          ? `"never closed ${n}`
          : n % 13 === 0
            ? `bell \u0007 ${n % 26}`
            : `note ${n % 50}`;
    const line = `m-${n % 11 === 4 ? n - 4 : n},"O'NEIL ${n % 300}, Jr",${(n % 13) + 1}/${(n % 31) + 1}/19${10 + (n % 90)},${n % 4},${note}${n % 97 === 0 ? '\n\n' : '\n'}`;
    lines.push(line);
    length += line.length;
  }
  return lines.join('');
}

const objects = (bytes: number): string =>
  Array.from({ length: bytes / 100 }, (_, n) =>
    JSON.stringify({
      member_id: `m-${n % 9 === 2 ? n - 2 : n}`,
      name: { last: `Ünal ${n % 40}` },
      dob: `19${10 + (n % 90)}-13-0${n % 9}`,
      note: 'x\ny',
    }),
  ).join('\n');

const INPUTS: readonly [name: string, bytes: Buffer][] = [
  ['delimited text with everything in it', Buffer.from(hostileLines(5 << 20))],
  [
    'text in Windows-1252 with CRLF',
    Buffer.from(
      hostileLines(3 << 20)
        .replaceAll('\n', '\r\n')
        .replaceAll('O', 'Ö'),
      'latin1',
    ),
  ],
  ['text with a byte order mark', Buffer.from(`\ufeff${hostileLines(2 << 20)}`)],
  ['lines of JSON', Buffer.from(objects(4 << 20))],
];

test.each(INPUTS)('%s that is decoded in slices elsewhere gives the same bytes as one pass over it', async (name, bytes) => {
  const input = await folder.input(name, bytes);
  const plan = await planOf(input);
  const decoded = await decode(input, plan);
  expect(decoded.files.length).toBeGreaterThan(2);
  const [one, two] = engines;
  const whole = await transformed(one!, input, plan);
  expect(await transformed(one!, input, plan, decoded)).toEqual(whole);
  expect(await transformed(two!, input, plan, decoded)).toEqual(whole);
});

describe('the transform of slices', () => {
  const bytes = Buffer.from(`${HEADER}${Array.from({ length: 60_000 }, (_, n) => `m-${n},Reed,1/2/1987,1,note ${n}\n`).join('')}`);
  let input: string;
  let plan: Plan;
  let decoded: Decoded;
  beforeAll(async () => {
    input = await folder.input('plain', bytes);
    plan = await planOf(input);
    decoded = await decode(input, plan);
  });

  test('does not read the records once more', async () => {
    const whole = await transformed(engines[0]!, input, plan);
    const blank = await folder.input('blank', Buffer.alloc(bytes.length, 'x'));
    expect(await transformed(engines[0]!, blank, plan, decoded)).toEqual(whole);
  });

  test.each([
    ['of another plan or version', (files: readonly string[]) => ({ files, identity: 'another' })],
    ['in another order', (files: readonly string[]) => ({ files: [...files].reverse(), identity: IDENTITY })],
  ])('reads the input itself where they are %s', async (_, given) => {
    const whole = await transformed(engines[0]!, input, plan);
    expect(await transformed(engines[0]!, input, plan, given(decoded.files))).toEqual(whole);
  });

  test('fails rather than to leave records out: of a slice that is missing, of one that ends too early, of an input that does', async () => {
    const scratch = await folder.attempt();
    const without = { files: decoded.files.slice(0, -1), identity: IDENTITY };
    const task = { input, plan, planFindings: [], scratch };
    await expect(engines[0]!.run('transform', { ...task, decoded: without })).rejects.toMatchObject({ code: 'engine.failed' });
    const short = await folder.input('short', readFileSync(decoded.files[0]!).subarray(0, -10));
    const cutOff = { files: [short, ...decoded.files.slice(1)], identity: IDENTITY };
    const again = await folder.attempt();
    await expect(engines[0]!.run('transform', { ...task, scratch: again, decoded: cutOff })).rejects.toMatchObject({
      code: 'engine.failed',
    });
    writeFileSync(join(again, 'slice'), bytes.subarray(0, 1000));
    const slice = { from: { byteOffset: 0, line: 1, records: 0 }, to: SLICE_BYTES };
    const decoding = { input: join(again, 'slice'), size: bytes.length, plan, slice, ordinal: 0, identity: IDENTITY };
    await expect(engines[0]!.run('decode', { ...decoding, scratch: await folder.attempt() })).rejects.toMatchObject({
      code: 'engine.failed',
    });
  });

  test('an input that would be one slice is not cut', async () => {
    const scratch = await folder.attempt();
    const left = await engines[0]!.run('cut', { input, plan, sliceBytes: bytes.length, identity: IDENTITY, scratch });
    expect(left).toEqual({ files: [] });
  });
});
