import { link, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Detection, GivenMapping, SampleProfile } from '@attune/core';
import { makePlan } from '@attune/pipeline';
import { attemptFolder, readJson } from './attempt-folder.fixture.js';
import { Engine } from './engine.js';

const engine = new Engine({ size: 1, memoryLimitMb: 192, threads: 2 });
/** Has room for some 3,000 different rows. */
const forgetful = new Engine({ size: 1, memoryLimitMb: 192, threads: 2, dedupBytes: 1 << 17 });
const { attempt, input } = attemptFolder('attune-silver-csv-');
afterAll(() => Promise.all([engine.close(), forgetful.close()]));
const HEADER = 'patient_id,first_name,dob,deceased,phone,a #,"b ""c"", d",note';
const NOTES = [
  'plain',
  '"x, y"',
  '"two\nlines"',
  '"say ""hi"""',
  '#1',
  'a#b',
  '""',
  '',
  '-',
  '+12',
  '-1.5',
  "'tis",
  'é😀',
  '" "',
  '"cr\rx"',
];
const note = (i: number): string => NOTES[i % NOTES.length]!;
const person = (i: number): string =>
  `P${i % 4000},ada,19${10 + (i % 90)}-02-0${1 + (i % 9)},${i % 2 === 0 ? 'y' : ''},(217) 555-01${10 + (i % 90)},${note(i)},${note(i + 7)},${note(i * 7)}`;
const people = (count: number): string[] => [HEADER, ...Array.from({ length: count }, (_, i) => person(i))];

/** The CSV that publish makes of silver, and of what transform has left for it. */
async function published(lines: readonly string[], given?: GivenMapping, transforming = engine): Promise<readonly (Buffer | undefined)[]> {
  const path = await input('people.csv', Buffer.from(`${lines.join('\n')}\n`));
  const [inspected, transformed] = [await attempt(), await attempt()];
  await engine.run('inspect', { input: path, scratch: inspected });
  const { plan } = makePlan({
    detection: await readJson<Detection>(inspected, 'detection.json'),
    profile: await readJson<SampleProfile>(inspected, 'sample-profile.json'),
    options: { remove_duplicates: true, standardize_fields: true, validate_schema: true, output_formats: ['csv'], review: 'never' },
    receivedAt: '2026-01-01T00:00:00Z',
    ...(given === undefined ? {} : { given }),
  });
  const { ledger, files } = await transforming.run('transform', { input: path, plan, planFindings: [], scratch: transformed });
  const csv = async (from: 'silver' | 'silver_csv'): Promise<Buffer | undefined> => {
    const found = files.find(({ kind }) => kind === from);
    if (found === undefined) return undefined;
    const scratch = await attempt();
    const [silver, given] = [join(scratch, 'in.silver'), join(scratch, 'in.csv')];
    await link(join(transformed, 'silver.parquet'), silver);
    await link(join(transformed, found.file), given);
    const task = { silver: [silver], plan, formats: ['csv'] as const, records: ledger!.recordsOut, scratch };
    await engine.run('publish', from === 'silver' ? task : { ...task, silverCsv: given });
    return readFile(join(scratch, 'result.csv'));
  };
  return [await csv('silver'), await csv('silver_csv')];
}

test.each([1, 3000, 90_000])(
  'what transform leaves as CSV of %i records is what DuckDB writes from silver, byte for byte',
  async (count) => {
    const [fromSilver, left] = await published(people(count));
    expect(left?.equals(fromSilver!)).toBe(true);
    expect(fromSilver!.toString().split('\n')[0]).toContain('"source.b ""c"", d"');
  },
);

test('nor does it matter that duplicates were found only after the pass', async () => {
  const [fromSilver, left] = await published(people(50_000), undefined, forgetful);
  expect(left?.equals(fromSilver!)).toBe(true);
  expect(left?.equals((await published(people(50_000)))[0]!)).toBe(true);
});

test('a single value that a spreadsheet would calculate has the CSV written from silver, with its apostrophe', async () => {
  const [fromSilver, left] = await published([...people(30), 'P9999,bo,1980-01-01,,,,,=1+1']);
  expect(left).toBeUndefined();
  expect(fromSilver!.toString()).toContain("'=1+1");
});

test('columns that only tell records apart are in no CSV', async () => {
  const [fromSilver, left] = await published(people(30), {
    version: 1,
    entity: 'person',
    fields: [
      { field: 'patient_id', from: [{ ordinal: 0, name: 'patient_id' }], options: {}, confidence: 1, reasons: [] },
      {
        field: 'last_name',
        from: [{ ordinal: 7, name: 'note' }],
        part: { separator: ' ', at: 0 },
        options: {},
        confidence: 1,
        reasons: [],
      },
    ],
  });
  expect(left).toBeUndefined();
  expect(fromSilver!.toString()).not.toContain('_identity');
});
