import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { LineageBody } from '@attune/api';
import { GivenMapping, type Detection, type Plan, type RowLedger, type SampleProfile } from '@attune/core';
import { makePlan } from '@attune/pipeline';
import { DuckDBInstance } from '@duckdb/node-api';
import { attemptFolder, readJson } from '../attempt-folder.fixture.js';
import { Engine } from '../engine.js';
import type { ChangesFound, DatasetPosition } from '../protocol.js';
import { zipOf, zstdOf } from '../container/containers.fixture.js';

const OPTIONS = { remove_duplicates: true, standardize_fields: true, validate_schema: true, output_formats: [], review: 'never' as const };
const START: DatasetPosition = { member: 0, byteOffset: 0, record: 1, line: 1, skip: 0 };
const COLUMNS = ['member_id', 'full name', 'dob', 'g', 'note'].map((name, ordinal) => ({ ordinal, name }));
const HEADER = `${COLUMNS.map(({ name }) => name).join(',')}\n`;

const MAPPING = GivenMapping.parse({
  fields: [
    { field: 'patient_id', from: [COLUMNS[0]], required: true },
    { field: 'last_name', from: [COLUMNS[1]], part: { separator: ',', at: 0 } },
    { field: 'first_name', from: [COLUMNS[1]], part: { separator: ',', at: 1 } },
    { field: 'birth_date', from: [COLUMNS[2]], options: { order: 'mdy' } },
    { field: 'sex', from: [COLUMNS[3]], values: { '1': 'male', '2': 'female' } },
    { field: 'address', from: [COLUMNS[1], COLUMNS[4]], join: '; ' },
    { field: 'country', from: [], constant: 'US' },
  ],
});

/** Of every 10 records one is set aside by the reader, one for want of an identifier, and one repeats the one before. */
function csv(first: number, records: number): Buffer {
  const lines = Array.from({ length: records }, (_, i) => {
    const n = first + i;
    if (n % 10 === 3) return `m-${n},too few`;
    const id = n % 10 === 5 ? '' : `m-${n % 10 === 7 ? n - 1 : n}`;
    const k = n % 10 === 7 ? n - 1 : n;
    return `${id},"HOLLISTER${k}, Ada",${(k % 12) + 1}/${(k % 31) + 1}/1987,${k % 4},"n ""${k}"""`;
  });
  return Buffer.from(`${HEADER}${lines.join('\n')}\n`);
}

let engine: Engine;

beforeAll(() => {
  engine = new Engine({ size: 1, memoryLimitMb: 256, threads: 2 });
});
afterAll(async () => {
  await engine.close();
});

const folder = attemptFolder('attune-sample-');
let inputs = 0;
const { attempt } = folder;

interface Passed {
  readonly input: string;
  readonly plan: Plan;
  readonly scratch: string;
  readonly ledger: RowLedger;
  readonly lineage: LineageBody;
}

async function pass(bytes: Buffer): Promise<Passed> {
  const input = await folder.input(`input-${inputs++}`, bytes);
  const inspected = await attempt();
  await engine.run('inspect', { input, scratch: inspected });
  const detection = await readJson<Detection>(inspected, 'detection.json');
  const profile = await readJson<SampleProfile>(inspected, 'sample-profile.json');
  const { plan } = makePlan({ detection, profile, options: OPTIONS, given: MAPPING, receivedAt: '2026-01-01T00:00:00Z' });
  const scratch = await attempt();
  const outcome = await engine.run('transform', { input, plan, planFindings: [], scratch });
  expect(outcome.files.map(({ kind }) => kind)).toContain('lineage');
  return { input, plan, scratch, ledger: outcome.ledger!, lineage: await readJson<LineageBody>(scratch, 'lineage.json') };
}

/** All changes, page by page. */
async function changes({ input, plan }: Passed, values: number, bytes = 1 << 22): Promise<(string | number | null)[][]> {
  const found: (string | number | null)[][] = [];
  for (let from: DatasetPosition | undefined = START, pages = 0; from !== undefined; pages++) {
    expect(pages).toBeLessThan(500);
    const scratch = await attempt();
    // The beginning of a plain file is cut off for every page, as its caller does.
    const rest = plan.container === 'none' ? (await readFile(input)).subarray(from.byteOffset) : await readFile(input);
    await writeFile(join(scratch, 'received'), rest);
    await engine.run('sample', { input: join(scratch, 'received'), toEnd: true, plan, from, values, bytes, scratch });
    const page: ChangesFound = await readJson<ChangesFound>(scratch, 'sample.json');
    for (const { member, record, line, byte_offset, values: told } of page.records)
      for (const { field, received, canonical } of told) found.push([member, record, line, byte_offset, field, received, canonical]);
    from = page.next;
  }
  return found;
}

test('every change of the dataset is found, in any container and by any pages, and as many as lineage has counted', async () => {
  const plain = await pass(csv(0, 60));
  const expected = await changes(plain, 1_000);
  const counted = [...plain.lineage.fields, ...plain.lineage.carried].reduce((sum, { changed }) => sum + changed, 0);
  expect(expected).toHaveLength(counted);
  expect(plain.ledger).toMatchObject({ recordsIn: 60, recordsQuarantined: 12, recordsMerged: 6, recordsOut: 42 });
  for (const [values, bytes] of [
    [7, 1 << 22],
    [200, 500],
  ] as const)
    expect(await changes(plain, values, bytes)).toEqual(expected);
  for (const container of [gzipSync(csv(0, 60)), zstdOf(csv(0, 60))]) {
    const passed = await pass(container);
    expect(await changes(passed, 50)).toEqual(expected);
    expect(passed.lineage).toEqual(plain.lineage);
  }
});

test('the members of a zip are told apart by name, their records count on, and a page may begin in any of them', async () => {
  const marked = Buffer.concat([Buffer.from('\ufeff'), csv(20, 20)]);
  const zip = await pass(
    zipOf([
      { name: 'a.csv', bytes: csv(0, 20) },
      { name: 'b.csv', bytes: marked },
      { name: 'c.csv', bytes: csv(40, 1) },
    ]),
  );
  const all = await changes(zip, 1_000);
  const counted = [...zip.lineage.fields, ...zip.lineage.carried].reduce((sum, { changed }) => sum + changed, 0);
  expect(all).toHaveLength(counted);
  expect([...new Set(all.map(([member]) => member))]).toEqual(['a.csv', 'b.csv', 'c.csv']);
  expect(all.find(([member]) => member === 'b.csv')!.slice(0, 4)).toEqual(['b.csv', 21, 2, 3 + HEADER.length]);
  expect(await changes(zip, 11)).toEqual(all);
  expect(await changes(zip, 1_000, 100)).toEqual(all);
});

test('what only tells records apart decides on duplicates and is not in silver', async () => {
  const { scratch, ledger } = await pass(Buffer.from(`${HEADER}m-1,"A, B, C",,,\nm-1,"A, B, D",,,\nm-1,"A, B, C",,,\n`));
  expect(ledger).toMatchObject({ recordsOut: 2, recordsMerged: 1 });
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  const reply = await connection.runAndReadAll(`SELECT * FROM read_parquet('${join(scratch, 'silver.parquet')}')`);
  const names = reply.columnNames();
  expect(names.filter((name) => name.startsWith('_'))).toEqual(['_record', '_byte_offset', '_line']);
  const told = reply.getRowObjectsJson().map((row) => [row['last_name'], row['first_name'], row['country'], row['_record']]);
  expect(told).toEqual([
    ['A', 'B', 'US', '1'],
    ['A', 'B', 'US', '2'],
  ]);
});

test('bytes that end before the page does are told to be cut, and the same plan over the same bytes leaves the same bytes', async () => {
  const one = await pass(csv(0, 30));
  const other = await pass(csv(0, 30));
  for (const file of ['silver.parquet', 'lineage.json', 'profile.json'])
    expect((await readFile(join(other.scratch, file))).equals(await readFile(join(one.scratch, file)))).toBe(true);
  const scratch = await attempt();
  await writeFile(join(scratch, 'received'), csv(0, 30).subarray(0, 300));
  const task = { input: join(scratch, 'received'), toEnd: false, plan: one.plan, from: START, bytes: 1 << 20, scratch };
  await engine.run('sample', { ...task, values: 100 });
  expect(await readJson(scratch, 'sample.json')).toEqual({ records: [], cut: true });
});
