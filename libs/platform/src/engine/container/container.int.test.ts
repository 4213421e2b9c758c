import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { deflateRawSync, gzipSync } from 'node:zlib';
import {
  GivenMapping,
  type Container,
  type Detection,
  type Plan,
  type SampleProfile,
  type StageOutcome,
  type TextOptions,
} from '@attune/core';
import { makePlan } from '@attune/pipeline';
import yazl from 'yazl';
import { attemptFolder, readJson, readLines } from '../attempt-folder.fixture.js';
import { Engine } from '../engine.js';
import { gzipBomb, zipOf, zstdBomb, zstdOf, zstdSkippable } from './containers.fixture.js';

const OPTIONS = { remove_duplicates: true, standardize_fields: true, validate_schema: true, output_formats: [], review: 'never' as const };
const HEADER = 'member_id,first_name,last_name,dob,note\n';
/** Of 7 records one has too few fields, one is no UTF-8 and one repeats the first; two have values that are refused or cleaned. */
const CSV = Buffer.concat([
  Buffer.from(HEADER),
  Buffer.from('m-1,Ilka,Brockmann,3/9/1987,"two\nlines"\nm-2,Dorian,Fenwick,13/13/1990,\n\nm-3,Edda\n'),
  Buffer.from('m-4,Gesa,\xc3\x28,1/1/1970,\n', 'latin1'),
  Buffer.from('m-1,Ilka,Brockmann,3/9/1987,"two\nlines"\nm-5,Zoë,Castellan,,x\u0001y\nm-6,Hanno,Dreyer,2/29/2024,last'),
]);
/** Made by the zstd command with a checksum: a header and the records m-0 to m-19. */
const ZSTD_FILE = Buffer.from(
  'KLUv/QRoLQMA4oQQEIB9L00vRJuFI6Wq6M/AOT1sqYSOKYSwpRI6phDxgA1hhlCLkZAz/Cv1bgFe7MIQD6KeEAf6ML/Ot61h2rdpfPoBFKgQ6P3faqDTQmsQboT/HcHrASsGiSUYFQ1sw0Yu+CQEx+TB',
  'base64',
);

let engine: Engine;

beforeAll(() => {
  engine = new Engine({ size: 1, memoryLimitMb: 256, threads: 2 });
});
afterAll(async () => {
  await engine.close();
});

const folder = attemptFolder('attune-container-');
const { attempt } = folder;

let inputs = 0;
const input = (bytes: Buffer): Promise<string> => folder.input(`input-${inputs++}`, bytes);

async function inspect(path: string, on = engine, text?: TextOptions): Promise<Detection & { profile: SampleProfile }> {
  const scratch = await attempt();
  await on.run('inspect', { input: path, scratch, text });
  return {
    ...(await readJson<Detection>(scratch, 'detection.json')),
    profile: await readJson<SampleProfile>(scratch, 'sample-profile.json'),
  };
}

const FIELDS = ['patient_id', 'first_name', 'last_name', 'birth_date'];

function planFor({ profile, ...detection }: Detection & { profile: SampleProfile }, text?: TextOptions): Plan {
  const fields = FIELDS.map((field, i) => ({ field, from: [detection.columns[i]] }));
  const given = GivenMapping.parse({ fields });
  const { plan } = makePlan({ detection, profile, given, options: { ...OPTIONS, text }, receivedAt: '2026-01-01T00:00:00Z' });
  return { ...plan, quarantine_limit: 1 };
}

interface Done {
  readonly detection: Detection;
  readonly outcome: StageOutcome;
  readonly scratch: string;
  readonly hashes: Readonly<Record<string, string>>;
}

async function harmonize(bytes: Buffer, on = engine, text?: TextOptions): Promise<Done> {
  const path = await input(bytes);
  const detection = await inspect(path, on, text);
  const scratch = await attempt();
  const outcome = await on.run('transform', { input: path, plan: planFor(detection, text), scratch, planFindings: [] });
  return { detection, outcome, scratch, hashes: await hashes(scratch) };
}

async function hashes(scratch: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const file of (await readdir(scratch)).filter((name) => name !== 'tmp').sort()) {
    found[file] = createHash('sha256')
      .update(await readFile(join(scratch, file)))
      .digest('hex');
  }
  return found;
}

/** The transform of a damaged container, by a plan that was made when it was whole. */
async function transformOf(bytes: Buffer, container: Container): Promise<StageOutcome> {
  const plan = { ...planFor(await inspect(await input(CSV))), container };
  return engine.run('transform', { input: await input(bytes), plan, scratch: await attempt(), planFindings: [] });
}

const coded = (code: string) => expect.objectContaining({ code }) as unknown as Error;

/** The zip that a well-kept writer makes. */
async function yazlOf(files: Readonly<Record<string, Buffer>>): Promise<Buffer> {
  const zip = new yazl.ZipFile();
  for (const [name, bytes] of Object.entries(files)) zip.addBuffer(bytes, name);
  zip.end();
  const pieces: Buffer[] = [];
  for await (const piece of zip.outputStream) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}

test('the same text gives the same artifacts, plain and in every container', async () => {
  const plain = await harmonize(CSV);
  expect(plain.outcome.ledger).toMatchObject({ recordsIn: 7, recordsOut: 4, recordsQuarantined: 2, recordsMerged: 1 });
  const cut = 100; // in the middle of a record
  const same: [Container, Buffer][] = [
    ['gzip', gzipSync(CSV)],
    ['gzip', Buffer.concat([gzipSync(CSV.subarray(0, cut)), gzipSync(Buffer.alloc(0)), gzipSync(CSV.subarray(cut)), Buffer.alloc(1024)])],
    ['zstd', zstdOf(CSV)],
    ['zstd', Buffer.concat([zstdSkippable(CSV), zstdOf(CSV.subarray(0, cut)), zstdOf(CSV.subarray(cut)), zstdSkippable(CSV)])],
    ['zip', zipOf([{ name: '', bytes: CSV }])],
  ];
  for (const [container, bytes] of same) {
    const done = await harmonize(bytes);
    expect(done.detection.container).toBe(container);
    expect(done.detection.evidence[0]).toContain(container);
    expect(done.hashes).toEqual(plain.hashes);
    expect(done.outcome).toEqual(plain.outcome);
  }
  for (const bytes of [await yazlOf({ 'march.csv': CSV }), zipOf([{ name: 'march.csv', bytes: CSV, store: true }])]) {
    const done = await harmonize(bytes);
    expect(done.outcome.ledger).toEqual(plain.outcome.ledger);
    for (const file of ['silver.parquet', 'duplicates.ndjson']) expect(done.hashes[file]).toBe(plain.hashes[file]);
  }
});

test('a zstd file of the command, with its checksum, is read; with the checksum changed it is damaged', async () => {
  expect((await harmonize(ZSTD_FILE)).outcome.ledger).toMatchObject({ recordsIn: 20, recordsOut: 20 });
  const changed = Buffer.from(ZSTD_FILE);
  changed[changed.length - 1]! ^= 1;
  await expect(harmonize(changed)).rejects.toEqual(coded('container.corrupt'));
});

test('the members of a zip are one dataset: names go with findings, places count in the member, ordinals run on', async () => {
  const first = Buffer.from(`${HEADER}m-1,Ilka,Brockmann,3/9/1987,x\nm-2,Edda\nm-3,Falk,Iversen,5/31/2001,x\u0001y\n`);
  const second = Buffer.from(
    `\ufeff${HEADER}m-4,Gesa,Hollister,13/13/1990,\nm-5\nm-1,Ilka,Brockmann,3/9/1987,x\nm-3,Falk,Iversen,5/31/2001,x\u0001y\n`,
  );
  const third = Buffer.from(`${HEADER}m-3,Falk,Iversen,5/31/2001,xy\u0001\n`);
  const { outcome, scratch } = await harmonize(
    await yazlOf({ 'z/first.csv': first, 'second.csv': second, 'third.csv': third, 'empty-folder.csv': Buffer.from(HEADER) }),
  );
  expect(outcome.ledger).toMatchObject({ recordsIn: 8, recordsOut: 4, recordsQuarantined: 2, recordsMerged: 2 });
  const quarantine = await readLines(scratch, 'quarantine.ndjson');
  expect(quarantine.map(({ member, record, line, byte_offset, raw }) => [member, record, line, byte_offset, raw])).toEqual([
    ['z/first.csv', 2, 3, first.indexOf('m-2'), 'm-2,Edda\n'],
    ['second.csv', 5, 3, second.indexOf('m-5'), 'm-5\n'],
  ]);
  const findings = await readLines(scratch, 'findings.ndjson');
  expect(findings.map(({ member, record, code }) => [member, record, code])).toEqual([
    ['z/first.csv', 2, 'csv.field_count'],
    ['z/first.csv', 3, 'text.control_character'],
    ['second.csv', 4, 'date.invalid'],
    ['second.csv', 5, 'csv.field_count'],
    ['second.csv', 7, 'text.control_character'],
    ['third.csv', 8, 'text.control_character'],
  ]);
  const duplicates = await readLines(scratch, 'duplicates.ndjson');
  expect(duplicates.map(({ record, line, survivor_record }) => [record, line, survivor_record])).toEqual([
    [6, 4, 1],
    [7, 5, 3],
  ]);
});

test('a member with other columns ends the job, named by its ordinal only', async () => {
  const other = Buffer.from('member_id,first_name,name,dob,note\nm-1,Ilka,Brockmann,3/9/1987,\n');
  for (const bytes of [other, Buffer.from('member_id,first_name\nm-1,Ilka\n'), Buffer.alloc(0)]) {
    const refused = harmonize(await yazlOf({ 'a.csv': CSV, 'ilka-brockmann.csv': bytes }));
    await expect(refused).rejects.toEqual(coded('unprocessable_file'));
    await expect(refused).rejects.toThrow('Member 2 of the container');
    await expect(refused).rejects.not.toThrow('brockmann');
  }
});

test('every member is read by the plan: its encoding, its byte order mark, its comments, its layout, with or without header', async () => {
  const header = 'member_id,first_name,last_name,dob\n';
  const records = (from: number): string => `m-${from},Ilka,Brockmann,1987-03-09\nm-${from + 1},Falk,Iversen,2001-05-31\n`;
  const widths = [6, 7, 11, 10];
  const layout = widths.map((length, i) => ({ name: `c${i}`, start: widths.slice(0, i).reduce((a, b) => a + b, 0), length }));
  const fixed = (text: string): string =>
    text.replaceAll(/[^\n]+/g, (line) => line.split(',').reduce((all, cell, i) => all + cell.padEnd(widths[i]!), ''));
  const unitSeparated = (text: string): string => text.replaceAll(',', '\u0001');
  const cases: readonly (readonly [string | Buffer, string | Buffer, TextOptions?])[] = [
    [Buffer.from(`\ufeff${header}${records(1)}`, 'utf16le'), Buffer.from(`\ufeff${header}${records(3)}`, 'utf16le')],
    [header + records(1), `\ufeff${header}${records(3)}`],
    [unitSeparated(header + records(1)), unitSeparated(header + records(3))],
    [records(1), records(3), { header: false }],
    [fixed(records(1)), fixed(records(3)), { header: false, layout }],
    [`#a\n${header}${records(1)}`, `#b\n#c\n${header}${records(3)}TOTAL,2\n`, { comments: { prefix: '#' }, trailers: { prefix: 'TOTAL' } }],
  ];
  for (const [first, second, text] of cases) {
    const files = [first, second].map((bytes, i) => ({ name: `${i}.txt`, bytes: Buffer.from(bytes) }));
    const { outcome, scratch } = await harmonize(zipOf(files), engine, text);
    expect(await readLines(scratch, 'quarantine.ndjson')).toEqual([]);
    expect(outcome.ledger).toMatchObject({ recordsIn: 4, recordsOut: 4 });
  }
});

test('names of members are data, whatever they look like', async () => {
  const names = ['../../../tmp/x', '/etc/passwd', 'C:\\x\\y.csv', 'a\0b.csv', 'a\r\n"b".csv', 'n'.repeat(300)];
  const bytes = zipOf(names.map((name) => ({ name, bytes: Buffer.from(`${HEADER}m-1,Ilka\n`) })));
  const { outcome, scratch } = await harmonize(bytes);
  expect(outcome.ledger).toMatchObject({ recordsIn: 6, recordsQuarantined: 6 });
  const told = (await readLines(scratch, 'quarantine.ndjson')).map(({ member }) => member);
  expect(told).toEqual(['../../../tmp/x', '/etc/passwd', 'C:\\x\\y.csv', 'ab.csv', 'a"b".csv', 'n'.repeat(255)]);
  expect((await readdir(scratch)).sort()).toEqual(expect.not.arrayContaining(['x', 'passwd', 'input.decoded']));
});

describe('a damaged container fails as a whole', () => {
  const whole: [Exclude<Container, 'none'>, Buffer][] = [
    ['gzip', gzipSync(CSV)],
    ['gzip', Buffer.concat([gzipSync(CSV), gzipSync(CSV)])],
    ['zstd', zstdOf(CSV)],
    ['zstd', ZSTD_FILE],
    ['zip', zipOf([{ name: 'a.csv', bytes: CSV }])],
  ];

  test.each(whole)('cut at every tenth: %s', async (container, bytes) => {
    for (let tenth = 1; tenth < 10; tenth++) {
      const cut = bytes.subarray(0, Math.floor((bytes.length * tenth) / 10));
      // Half of two gzip members is a whole one, and nobody can tell.
      if (container === 'gzip' && cut.length === gzipSync(CSV).length) continue;
      await expect(transformOf(cut, container)).rejects.toEqual(coded('container.corrupt'));
    }
    for (const missing of [1, 2, 3, 4, 5]) {
      await expect(transformOf(bytes.subarray(0, bytes.length - missing), container)).rejects.toEqual(coded('container.corrupt'));
    }
  });

  test.each([
    ['the checksum of a gzip', 'gzip', flipped(gzipSync(CSV), -8)],
    ['the length of a gzip', 'gzip', flipped(gzipSync(CSV), -4)],
    ['text behind a gzip', 'gzip', Buffer.concat([gzipSync(CSV), CSV])],
    ['a gzip behind padding', 'gzip', Buffer.concat([gzipSync(CSV), Buffer.alloc(7), gzipSync(CSV)])],
    ['text behind a zstd', 'zstd', Buffer.concat([zstdOf(CSV), CSV])],
    ['the checksum of a zip', 'zip', zipOf([{ name: 'a', bytes: CSV, crc: 1 }])],
    ['the size of a zip, smaller', 'zip', zipOf([{ name: 'a', bytes: CSV, size: 10 }])],
    ['the size of a zip, larger', 'zip', zipOf([{ name: 'a', bytes: CSV, size: CSV.length + 1 }])],
    ['a stored member of another size', 'zip', zipOf([{ name: 'a', bytes: CSV, store: true, size: 3 }])],
    [
      'the number of entries',
      'zip',
      zipOf(
        [
          { name: 'a', bytes: CSV },
          { name: 'b', bytes: CSV },
        ],
        { entries: 1 },
      ),
    ],
    [
      'the second member only',
      'zip',
      zipOf([
        { name: 'a', bytes: CSV },
        { name: 'b', bytes: CSV, crc: 1 },
      ]),
    ],
  ] satisfies [string, Container, Buffer][])('%s', async (_what, container, bytes) => {
    await expect(transformOf(bytes, container)).rejects.toEqual(coded('container.corrupt'));
  });

  function flipped(bytes: Buffer, at: number): Buffer {
    const copy = Buffer.from(bytes);
    copy[copy.length + at]! ^= 1;
    return copy;
  }
});

describe('what is meant to do harm is refused', () => {
  const entries = (count: number) => Array.from({ length: count }, (_, i) => ({ name: `${i}.csv`, bytes: CSV }));

  test.each([
    ['zip_bomb', 'a zip in a zip', () => zipOf([{ name: 'a.zip', bytes: zipOf([{ name: 'a.csv', bytes: CSV }]) }])],
    ['zip_bomb', 'a gzip in a gzip', () => gzipSync(gzipSync(CSV))],
    ['zip_bomb', 'a zstd in a gzip', () => gzipSync(zstdOf(CSV))],
    ['zip_bomb', 'a gzip in a zstd', () => zstdOf(gzipSync(CSV))],
    ['zip_bomb', '1,001 entries', () => zipOf(entries(1001))],
    [
      'encrypted_file',
      'an encrypted member',
      () =>
        zipOf([
          { name: 'a', bytes: CSV },
          { name: 'b', bytes: CSV, flags: 1 },
        ]),
    ],
    ['encrypted_file', 'a strongly encrypted member', () => zipOf([{ name: 'a', bytes: CSV, flags: 0x41 }])],
    [
      'unprocessable_file',
      'an Office document that is no workbook',
      () =>
        zipOf([
          { name: '[Content_Types].xml', bytes: CSV },
          { name: 'word/document.xml', bytes: CSV },
        ]),
    ],
    ['unprocessable_file', 'an empty zip', () => zipOf([])],
  ] as const)('%s by inspect: %s', async (code, _what, bytes) => {
    await expect(inspect(await input(bytes()))).rejects.toEqual(coded(code));
  });

  test.each([
    [
      'a zip in the second place',
      'zip',
      () =>
        zipOf([
          { name: 'a.csv', bytes: CSV },
          { name: 'b.zip', bytes: zipOf(entries(1)) },
        ]),
    ],
    ['1,001 entries that say they are one', 'zip', () => zipOf(entries(1001), { entries: 1 })],
    [
      'a zip bomb of five members',
      'zip',
      () => zipOf(Array.from({ length: 5 }, (_, i) => ({ name: `${i}.csv`, bytes: Buffer.alloc(4 << 20) }))),
    ],
    ['a zstd bomb', 'zstd', () => zstdBomb(80_000)],
    ['a member that says it is small', 'zip', () => zipOf([{ name: 'a', bytes: CSV, compressed: deflateRawSync(Buffer.alloc(64 << 20)) }])],
  ] satisfies [string, Container, () => Buffer][])('by transform: %s', async (what, container, bytes) => {
    const code = what.includes('say') ? 'container.corrupt' : 'zip_bomb';
    await expect(transformOf(bytes(), container)).rejects.toEqual(coded(code));
  });

  test('10 MB that would become 10 GB are refused by inspect and by transform, and leave nothing', async () => {
    const bomb = await gzipBomb(10 * 1024);
    await expect(inspect(await input(bomb))).rejects.toEqual(coded('zip_bomb'));
    const plan = { ...planFor(await inspect(await input(CSV))), container: 'gzip' as const };
    const scratch = await attempt();
    const refused = engine.run('transform', { input: await input(bomb), plan, scratch, planFindings: [] });
    await expect(refused).rejects.toEqual(coded('zip_bomb'));
    expect(await readdir(scratch)).toEqual([]);
  });

  test('the limit of inflated bytes is the setting, for all members together', async () => {
    const small = new Engine({ size: 1, memoryLimitMb: 256, threads: 1, inflatedLimitBytes: 2 * CSV.length });
    try {
      expect((await harmonize(await yazlOf({ 'a.csv': CSV, 'b.csv': CSV }), small)).outcome.ledger).toMatchObject({ recordsIn: 14 });
      await expect(harmonize(await yazlOf({ 'a.csv': CSV, 'b.csv': CSV, 'c.csv': CSV }), small)).rejects.toEqual(coded('zip_bomb'));
    } finally {
      await small.close();
    }
  });
});
