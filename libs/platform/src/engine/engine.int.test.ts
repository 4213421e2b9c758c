import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { link, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { findEntity, GivenMapping, type Detection, type Plan, type SampleProfile, type StageOutcome } from '@attune/core';
import { makePlan, silverColumns } from '@attune/pipeline';
import { literal, sql } from '@attune/sql';
import { attemptFolder, readJson, readLines } from './attempt-folder.fixture.js';
import { Engine } from './engine.js';

const FORMATS = ['csv', 'json', 'ndjson', 'parquet'] as const;
const OPTIONS = {
  remove_duplicates: true,
  standardize_fields: true,
  validate_schema: true,
  output_formats: [...FORMATS],
  review: 'never' as const,
};

/** Six records come out: of 9, one has too many fields, one repeats the first in other words, one is no UTF-8. */
const MESSY = Buffer.concat([
  Buffer.from('\ufeffMember ID,First Name,Last Name,Date of Birth,Gender,State,Favourite colour,Favourite colour\r\n'),
  Buffer.from('m-1, ilka ,BROCKMANN,3/9/1987,F,tx,"green, or ""teal""",\r\n'),
  Buffer.from('m-2,Dorian,Fenwick,13/13/1990,M,WA,N/A,N/A\n'),
  Buffer.from('m-3,Edda,Dreyer,1990-01-31,X?,ZZ,"two\nlines",b\n'),
  Buffer.from('m-1,Ilka,Brockmann,03/09/1987,female,TX,"green, or ""teal""",\n'),
  Buffer.from('m-4,Falk,Iversen,05/31/2001,M,OH,a,b,one too many\n\n'),
  Buffer.from('m-5,Gesa,\xc3\x28,1/1/1970,F,CA,,\n', 'latin1'),
  Buffer.from('m-6,Zoë,Castellan,,U,CA,x\u0001y,z\n'),
  Buffer.from('m-7,Hanno,Dreyer,2/29/2024,male,Florida,,\n'),
  Buffer.from('m-8,Joris,Hollister,12/31/1999,Female,NY,,last'),
]);

const FIELD_OF: Readonly<Record<string, string>> = {
  'Member ID': 'patient_id',
  'First Name': 'first_name',
  'Last Name': 'last_name',
  'Date of Birth': 'birth_date',
  Gender: 'sex',
  State: 'state',
};

/** A mapping written by hand: nine records are too few to suggest one. */
function given({ columns }: Detection): GivenMapping {
  return GivenMapping.parse({
    fields: columns.flatMap((column) => (FIELD_OF[column.name] === undefined ? [] : [{ field: FIELD_OF[column.name], from: [column] }])),
  });
}

let engine: Engine;

beforeAll(() => {
  engine = new Engine({ size: 1, memoryLimitMb: 256, threads: 2 });
});
afterAll(async () => {
  await engine.close();
});

const folder = attemptFolder('attune-engine-');
const { attempt, input } = folder;

/** All stages of a job, each in a scratch directory of its own, as a worker leads them. */
async function harmonize(
  path: string,
): Promise<{ plan: Plan; transformed: StageOutcome; scratch: Record<'transform' | 'check' | 'publish', string> }> {
  const inspect = await attempt();
  await engine.run('inspect', { input: path, scratch: inspect });
  const detection = await readJson<Detection>(inspect, 'detection.json');
  const profile = await readJson<SampleProfile>(inspect, 'sample-profile.json');
  const { plan, findings } = makePlan({
    detection,
    profile,
    given: given(detection),
    options: OPTIONS,
    receivedAt: '2026-01-01T00:00:00Z',
  });
  const scratch = { transform: await attempt(), check: await attempt(), publish: await attempt() };
  const relaxed = { ...plan, quarantine_limit: 1 };
  const transformed = await engine.run('transform', { input: path, plan: relaxed, scratch: scratch.transform, planFindings: findings });
  for (const stage of [scratch.check, scratch.publish])
    await link(join(scratch.transform, 'silver.parquet'), join(stage, 'silver.parquet'));
  const ledger = transformed.ledger!;
  const silver = (stage: string): string => join(stage, 'silver.parquet');
  await engine.run('check', {
    silver: [silver(scratch.check)],
    profile: join(scratch.transform, 'profile.json'),
    plan,
    ledger,
    scratch: scratch.check,
  });
  await engine.run('publish', {
    silver: [silver(scratch.publish)],
    plan,
    formats: FORMATS,
    records: ledger.recordsOut,
    scratch: scratch.publish,
  });
  return { plan, transformed, scratch };
}

/** Reads our CSV without any code of ours. */
function parseCsv(text: string): Record<string, string | null>[] {
  const rows: (string | null)[][] = [];
  const row: (string | null)[] = [];
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^,\n"]*))(,|\n)/g)) {
    row.push(quoted !== undefined ? quoted.replaceAll('""', '"') : plain === '' ? null : plain!);
    if (end === '\n') rows.push(row.splice(0));
  }
  const header = rows.shift()!;
  return rows.map((values) => Object.fromEntries(values.map((value, i) => [header[i]!, value])));
}

async function hashes(scratch: Record<string, string>): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const [stage, path] of Object.entries(scratch)) {
    for (const file of (await readdir(path)).filter((name) => name !== 'tmp').sort()) {
      found[`${stage}/${file}`] = createHash('sha256')
        .update(await readFile(join(path, file)))
        .digest('hex');
    }
  }
  return found;
}

test('a messy file becomes results that reconcile, and every output says the same', async () => {
  const { plan, transformed, scratch } = await harmonize(await input('messy.csv', MESSY));
  expect(transformed.ledger).toEqual({
    recordsIn: 9,
    recordsOut: 6,
    recordsQuarantined: 2,
    recordsMerged: 1,
    recordsDropped: 0,
    dropReasons: {},
  });

  const csv = parseCsv(await readFile(join(scratch.publish, 'result.csv'), 'utf8'));
  const told = csv.map((row) =>
    ['patient_id', 'first_name', 'last_name', 'birth_date', 'sex', 'state', '_record', '_line'].map((name) => row[name]),
  );
  expect(told).toEqual([
    ['m-1', 'Ilka', 'Brockmann', '1987-03-09', 'female', 'TX', '1', '2'],
    ['m-2', 'Dorian', 'Fenwick', null, 'male', 'WA', '2', '3'],
    ['m-3', 'Edda', 'Dreyer', '1990-01-31', null, null, '3', '4'],
    ['m-6', 'Zoë', 'Castellan', null, 'unknown', 'CA', '7', '10'],
    ['m-7', 'Hanno', 'Dreyer', '2024-02-29', 'male', 'FL', '8', '11'],
    ['m-8', 'Joris', 'Hollister', '1999-12-31', 'female', 'NY', '9', '12'],
  ]);
  expect(csv.map((row) => [row['source.Favourite colour'], row['source.Favourite colour.2']])).toEqual([
    ['green, or "teal"', null],
    ['N/A', 'N/A'],
    ['two\nlines', 'b'],
    ['xy', 'z'],
    [null, null],
    [null, 'last'],
  ]);

  const asText = (row: Record<string, unknown>) =>
    Object.fromEntries(Object.entries(row).map(([name, value]) => [name, value === null ? null : String(value as string)]));
  expect((await readJson<Record<string, unknown>[]>(scratch.publish, 'result.json')).map(asText)).toEqual(csv);
  expect((await readLines(scratch.publish, 'result.ndjson')).map(asText)).toEqual(csv);
  const db = await (await DuckDBInstance.create(':memory:')).connect();
  const reply = await db.runAndReadAll(
    sql`SELECT COLUMNS(*)::VARCHAR FROM read_parquet(${literal(join(scratch.publish, 'result.parquet'))})`.text,
  );
  expect(reply.getRowObjectsJson()).toEqual(csv);
  db.closeSync();
  expect(Object.keys(csv[0]!)).toEqual(silverColumns(plan, findEntity('person')!).map(({ name }) => name));
});

test('what is wrong with a file is told with its place, and the lists agree with their indexes and Parquet twins', async () => {
  const { transformed, scratch } = await harmonize(await input('messy-too.csv', MESSY));
  const quarantine = await readLines(scratch.transform, 'quarantine.ndjson');
  expect(quarantine.map(({ record, line, code }) => [record, line, code])).toEqual([
    [5, 7, 'csv.field_count'],
    [6, 9, 'text.invalid_encoding'],
  ]);
  for (const { byte_offset, byte_length, raw, raw_base64 } of quarantine) {
    const bytes = raw === undefined ? Buffer.from(raw_base64 as string, 'base64') : Buffer.from(raw as string);
    expect(bytes).toEqual(MESSY.subarray(Number(byte_offset), Number(byte_offset) + Number(byte_length)));
  }
  const findings = await readLines(scratch.transform, 'findings.ndjson');
  expect(findings.filter(({ record }) => record !== null).map(({ record, field, code, value }) => [record, field, code, value])).toEqual([
    [2, 'birth_date', 'date.invalid', '13/13/1990'],
    [3, 'sex', 'sex.unknown_code', 'X?'],
    [3, 'state', 'us_state.unknown', 'ZZ'],
    [5, null, 'csv.field_count', null],
    [6, 'last_name', 'text.invalid_encoding', null],
    [7, 'source.Favourite colour', 'text.control_character', 'x\u0001y'],
  ]);
  const db = await (await DuckDBInstance.create(':memory:')).connect();
  for (const list of ['findings', 'quarantine', 'duplicates'] as const) {
    const records = (await readLines(scratch.transform, `${list}.ndjson`)).length;
    expect(await readJson(scratch.transform, `${list}.index.json`)).toEqual({ every: 1000, offsets: records === 0 ? [] : [0], records });
    expect(transformed.files.find(({ kind }) => kind === `${list}_parquet`)?.records).toBe(records);
    const reply = await db.runAndReadAll(
      sql`SELECT count(*)::INT FROM read_parquet(${literal(join(scratch.transform, `${list}.parquet`))})`.text,
    );
    expect(reply.getRows()).toEqual([[records]]);
  }
  db.closeSync();
  expect((await readJson<{ dimensions: { uniqueness: object } }>(scratch.check, 'quality.json')).dimensions.uniqueness).toEqual({
    status: 'scored',
    // Six of seven records are kept, and no identifier of the six comes twice.
    numerator: 12,
    denominator: 13,
    score: 92.3,
  });
});

test('the same input gives the same bytes in every artifact', async () => {
  const path = await input('twice.csv', MESSY);
  const first = await hashes((await harmonize(path)).scratch);
  expect(Object.keys(first)).toHaveLength(23);
  expect(await hashes((await harmonize(path)).scratch)).toEqual(first);
});

test('a file with a header only leaves valid artifacts without records', async () => {
  const { transformed, scratch } = await harmonize(await input('empty.csv', Buffer.from('member_id,first_name,last_name,dob\n')));
  expect(transformed.ledger).toMatchObject({ recordsIn: 0, recordsOut: 0 });
  expect(parseCsv(await readFile(join(scratch.publish, 'result.csv'), 'utf8'))).toEqual([]);
  expect(await readJson(scratch.publish, 'result.json')).toEqual([]);
  expect((await readLines(scratch.transform, 'findings.ndjson')).filter(({ code }) => code === 'dataset.empty')).toHaveLength(1);
  expect(await readJson<{ overall: null }>(scratch.check, 'quality.json')).toMatchObject({ overall: null });
});

test('4,096 columns and a record of several megabytes go through', async () => {
  const columns = Array.from({ length: 4096 }, (_, i) => `c${i % 4000}`);
  const wide = await harmonize(await input('wide.csv', Buffer.from(`${columns.join(',')}\n${`${columns.join(',')}\n`.repeat(3)}`)));
  expect(wide.transformed.ledger).toMatchObject({ recordsIn: 3, recordsOut: 1, recordsMerged: 2 });
  const field = 'x'.repeat(1_000_000);
  const long = await harmonize(await input('long.csv', Buffer.from(`member_id,a,b,c\n1,${field},${field},${field}\n2,a,b,c\n`)));
  expect(long.transformed.ledger).toMatchObject({ recordsIn: 2, recordsOut: 2 });
});

/** Process ids of the engine processes that this test process has started; the shell and unshare have become the process itself. */
function children(): number[] {
  const table = execFileSync('ps', ['-o', 'pid=,args=', '--ppid', String(process.pid)], { encoding: 'utf8' });
  return table
    .split('\n')
    .filter((row) => /attune-engine|engine-process\.js/.test(row))
    .map((row) => Number.parseInt(row, 10));
}

/** Half a million records, enough to be caught at work. */
async function large(): Promise<{ path: string; plan: Plan }> {
  const rows = Array.from({ length: 500_000 }, (_, i) => `m-${i},Ilka,Brockmann,1987-03-09`);
  const path = await input('large.csv', Buffer.from(`member_id,first_name,last_name,dob\n${rows.join('\n')}\n`));
  const inspect = await attempt();
  await engine.run('inspect', { input: path, scratch: inspect });
  const detection = await readJson<Detection>(inspect, 'detection.json');
  const profile = await readJson<SampleProfile>(inspect, 'sample-profile.json');
  return { path, plan: makePlan({ detection, profile, options: OPTIONS, receivedAt: '2026-01-01T00:00:00Z' }).plan };
}

test.each([
  ['SIGKILL', 'engine.out_of_memory', 'resource'],
  ['SIGSEGV', 'engine.failed', 'crash'],
  ['SIGABRT', 'engine.failed', 'crash'],
] as const)(
  'F28 F29 an engine process that ends with %s costs its own task only, and an error of its class',
  async (signal, code, errorClass) => {
    const { path, plan } = await large();
    const scratch = await attempt();
    let killed = false;
    const onProgress = (): void => {
      if (!killed) for (const pid of children()) process.kill(pid, signal);
      killed = true;
    };
    const lost = engine.run('transform', { input: path, plan, scratch, planFindings: [] }, { onProgress });
    await expect(lost).rejects.toMatchObject({ code, errorClass, detail: expect.stringContaining(`signal ${signal}`) as string });
    expect((await harmonize(await input('after.csv', MESSY))).transformed.ledger).toMatchObject({ recordsIn: 9, recordsOut: 6 });
  },
  60_000,
);

test('an aborted task ends within two seconds, with the reason of its signal, and waiting ones go on', async () => {
  const { path, plan } = await large();
  const abort = new AbortController();
  let aborted = 0;
  const onProgress = (): void => {
    aborted ||= performance.now();
    abort.abort(new Error('cancelled by test'));
  };
  const cancelled = engine.run(
    'transform',
    { input: path, plan, scratch: await attempt(), planFindings: [] },
    { signal: abort.signal, onProgress },
  );
  const waiting = engine.run('inspect', { input: path, scratch: await attempt() });
  await expect(cancelled).rejects.toThrow('cancelled by test');
  expect(performance.now() - aborted).toBeLessThan(2000);
  expect((await waiting).files).toHaveLength(2);
});

test('an error of the task is told by its code, and names no value', async () => {
  const scratch = await attempt();
  const missing = engine.run('inspect', { input: folder.path('no-such-file'), scratch });
  await expect(missing).rejects.toMatchObject({ code: 'engine.failed' });
  await expect(missing).rejects.not.toThrow('no-such-file');
});

test('a closed engine takes no task and leaves no process', async () => {
  const short = new Engine({ size: 2, memoryLimitMb: 64, threads: 1 });
  await short.warm();
  expect(short.processes).toBe(2);
  await short.close();
  expect(short.processes).toBe(0);
  await expect(short.run('inspect', { input: 'x', scratch: 'y' })).rejects.toMatchObject({ code: 'stage.cancelled' });
});
