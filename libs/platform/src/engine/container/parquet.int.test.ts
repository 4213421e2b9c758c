import { spawnSync } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { AppError, type TextOptions } from '@attune/core';
import { join as joined, literal, sql, type Sql } from '@attune/sql';
import { attemptFolder, readJson } from '../attempt-folder.fixture.js';
import { Engine } from '../engine.js';
import { inspectFile, type FileInspection } from '../inspect-file.js';
import { DecodedInput } from './decoded-input.js';
import { parquetOf } from './parquet.fixture.js';

const folder = attemptFolder('attune-parquet-test-');
let made = 0;
const GENEROUS = { limit: 1e9, duckdb: { memoryLimitMb: 256, threads: 2 }, onRead: (): void => {} };

/** The text of a Parquet file, or the code with which it is refused; nothing of it is left behind. */
async function textOf(bytes: Buffer, options: Partial<typeof GENEROUS> = {}): Promise<string> {
  const path = await folder.input(`input-${made++}.bin`, bytes);
  const scratch = await folder.attempt();
  try {
    const decoded = await DecodedInput.open(path, 'parquet', scratch, { ...GENEROUS, ...options });
    const text = Buffer.alloc(decoded.size);
    decoded.read(0, text);
    decoded.close();
    return text.toString('utf8');
  } catch (error) {
    if (!(error instanceof AppError) || error.errorClass !== 'data') throw error;
    return error.code;
  } finally {
    expect((await readdir(scratch)).filter((name) => name !== 'tmp')).toEqual([]);
  }
}

async function inspected(bytes: Buffer, text?: TextOptions): Promise<FileInspection> {
  return inspectFile(await folder.input(`input-${made++}.bin`, bytes), { inflatedBytes: 1e9 }, text);
}

const parquet = (query: Sql, options?: Sql): Promise<Buffer> => parquetOf(folder.path(), query, options);
const one = async (value: Sql): Promise<string> => (await textOf(await parquet(sql`SELECT ${value} AS v, 1 AS n`))).split('\n')[1]!;

test.each<readonly [what: string, value: Sql, text: string]>([
  ['a date', sql`DATE '1987-03-09'`, '1987-03-09'],
  ['a time without a zone', sql`TIMESTAMP '2024-01-02 03:04:05'`, '2024-01-02T03:04:05'],
  ['a time in UTC', sql`TIMESTAMPTZ '2024-01-02 03:04:05.25+02'`, '2024-01-02T01:04:05.25Z'],
  ['nanoseconds', sql`TIMESTAMP_NS '2024-01-02 03:04:05.123456789'`, '2024-01-02T03:04:05.123456789'],
  ['a decimal with its zeros', sql`CAST('12345678901234567890.10' AS DECIMAL(38,2))`, '12345678901234567890.10'],
  ['a whole number beyond 2^53', sql`9007199254740993::BIGINT`, '9007199254740993'],
  ['the largest unsigned number', sql`18446744073709551615::UBIGINT`, '18446744073709551615'],
  ['a binary fraction', sql`CAST('0.1' AS DOUBLE) + CAST('0.2' AS DOUBLE)`, '0.30000000000000004'],
  ['a short binary fraction', sql`CAST('0.1' AS FLOAT)`, '0.1'],
  ['a truth value', sql`true`, 'true'],
  ['bytes', sql`'\\x00\\xFFa'::BLOB`, '00ff61'],
  ['a list', sql`['a"b', NULL]`, '"[""a\\""b"",null]"'],
  ['a struct', sql`{'city': 'Bonn', 'zip': 53111}`, '"{""city"":""Bonn"",""zip"":53111}"'],
  ['a map', sql`MAP {'k': 1}`, '"{""k"":1}"'],
  ['a UUID', sql`UUID '550e8400-e29b-41d4-a716-446655440000'`, '550e8400-e29b-41d4-a716-446655440000'],
  ['a time of day', sql`TIME '01:02:03.5'`, '01:02:03.5'],
  ['no value', sql`CAST(NULL AS VARCHAR)`, ''],
  ['an empty text', sql`''`, '""'],
  ['a text with line ends and quotes', sql`'a' || chr(10) || '"b",'`, '"a'],
])('%s loses nothing when it becomes text', async (_what, value, text) => {
  expect((await one(value)).replace(/,1$/, '')).toBe(text);
});

test('rows keep their order, and the text is the same whatever the number of threads', async () => {
  const query = sql`SELECT i AS id, 'Ilka ' || (i * 7919 % 1000) AS name, i / 7 AS part FROM range(300000) t(i)`;
  const bytes = await parquet(query, sql`, ROW_GROUP_SIZE 20480`);
  const texts = await Promise.all([1, 2, 4].map((threads) => textOf(bytes, { duckdb: { memoryLimitMb: 256, threads } })));
  const lines = texts[0]!.split('\n');
  expect(lines.slice(0, 2)).toEqual(['id,name,part', '0,Ilka 0,0.0']);
  expect(lines.slice(1, -1).every((line, i) => line.startsWith(`${i},`))).toBe(true);
  expect([texts[1] === texts[0], texts[2] === texts[0]]).toEqual([true, true]);
});

test('a row of one column without a value is still a record', async () => {
  expect(await textOf(await parquet(sql`SELECT unnest(['a', NULL, 'b']) AS only`))).toBe('only\na\n""\nb\n');
});

test('an inspection tells the rows, the columns and how their values are read, and loads a part of them only', async () => {
  const bytes = await parquet(sql`SELECT 'p-' || i AS patient_id, DATE '1987-03-09' AS dob, [i] AS codes FROM range(50000) t(i)`);
  const { detection, profile, whole } = await inspected(bytes, { delimiter: ';', header: false });
  expect(detection).toMatchObject({ container: 'parquet', format: 'delimited', encoding: 'utf-8' });
  expect(detection.columns.map(({ name }) => name)).toEqual(['patient_id', 'dob', 'codes']);
  expect(detection.evidence[0]).toBe('The file is a Parquet file of 50000 rows, told by its first bytes.');
  expect(detection.evidence[1]).toBe('1 of its 3 columns hold lists, structs or maps; their values are read as JSON text.');
  expect([profile.records, whole]).toEqual([2000, false]);
});

const arrow = spawnSync('python3', ['-c', 'import pyarrow; print(pyarrow.__version__)'], { encoding: 'utf8' });
const withArrow = arrow.status === 0 ? test : test.skip;
withArrow('a file that pyarrow wrote is read as pyarrow reads it (skipped where pyarrow is not installed)', async () => {
  const path = folder.path('arrow.parquet');
  const script = `
import pyarrow as pa, pyarrow.parquet as pq, pyarrow.csv as csv, sys
n = 5000
table = pa.table({'id': pa.array(range(n)), 'name': pa.array([None if i % 7 == 0 else 'Zo\u00eb, "%d"' % i for i in range(n)]).dictionary_encode(),
  'day': pa.array([i for i in range(n)], pa.date32()), 'sure': pa.array([i % 2 == 0 for i in range(n)])})
pq.write_table(table, sys.argv[1], row_group_size=1000, use_dictionary=['name'], compression='gzip')
for row in table.to_pylist(): print(row['id'], row['name'], row['day'], str(row['sure']).lower(), sep='|')
`;
  const told = spawnSync('python3', ['-c', script, path], { encoding: 'utf8' }).stdout;
  const lines = (await textOf(await readFile(path))).split('\n').slice(1, -1);
  const ours = lines.map((line) =>
    /^(\d+),(?:"(.*)"|),([^,]*),(.*)$/
      .exec(line)!
      .slice(1)
      .map((v) => v?.replaceAll('""', '"') ?? 'None'),
  );
  expect(ours.map((row) => row.join('|')).join('\n')).toBe(told.trimEnd());
});

describe('hostile files', () => {
  const rows = sql`SELECT i AS id, 'text number ' || i AS note, i * 1.5 AS amount FROM range(5000) t(i)`;
  let good: Buffer;
  beforeAll(async () => (good = await parquet(rows, sql`, COMPRESSION zstd`)));

  const changed = (change: (bytes: Buffer) => void): Buffer => {
    const bytes = Buffer.from(good);
    change(bytes);
    return bytes;
  };

  test.each<readonly [what: string, bytes: () => Buffer | Promise<Buffer>, code: string]>([
    ['a head without its footer', () => good.subarray(0, good.length >> 1), 'container.corrupt'],
    ['one byte less', () => good.subarray(0, -1), 'container.corrupt'],
    ['a few bytes', () => Buffer.from('PAR1PAR1'), 'container.corrupt'],
    ['a footer longer than the file', () => changed((b) => b.writeUInt32LE(0xfffffff0, b.length - 8)), 'container.corrupt'],
    ['a footer of nothing', () => changed((b) => b.writeUInt32LE(0, b.length - 8)), 'container.corrupt'],
    ['a footer of rubbish', () => changed((b) => b.fill(0xff, b.length - 120, b.length - 8)), 'container.corrupt'],
    ['pages of rubbish', () => changed((b) => b.fill(0xff, 4, 400)), 'container.corrupt'],
    ['an encrypted footer', () => changed((b) => b.write('PARE', b.length - 4)), 'encrypted_file'],
    ['an encrypted footer, told by the first bytes', () => changed((b) => b.write('PARE', 0)), 'encrypted_file'],
    ['too many columns', () => parquet(sql`SELECT ${joined(Array.from({ length: 4097 }, (_, i) => literal(i)))}`), 'too_many_columns'],
  ])('%s: refused with a code of its own', async (_what, bytes, code) => {
    expect((await textOf(await bytes())).slice(0, 60)).toBe(code);
  });

  test('a column of one value that becomes more text than the limit is stopped while it is written', async () => {
    const bomb = await parquet(sql`SELECT repeat('x', 1000) AS x, 1 AS y FROM range(3000000)`);
    expect(bomb.length).toBeLessThan(1 << 20);
    expect((await textOf(bomb, { limit: 50e6 })).slice(0, 60)).toBe('zip_bomb');
  });

  test('no file with a changed byte crashes the process or is refused with anything but a fault of the data', async () => {
    const step = Math.floor(good.length / 60);
    const codes = new Set<string>();
    for (let at = 4; at < good.length - 8; at += step) {
      const seen = await textOf(changed((b) => (b[at] = b[at]! ^ 0x5a)));
      codes.add(seen.length < 40 ? seen : 'text');
    }
    expect([...codes].every((code) => ['text', 'container.corrupt', 'zip_bomb', 'encrypted_file', 'too_many_columns'].includes(code))).toBe(
      true,
    );
    expect(codes).toContain('container.corrupt');
  });
});

test('a job inspects and transforms a Parquet file in its own process, and a damaged one ends with its code', async () => {
  const engine = new Engine({ size: 1, memoryLimitMb: 256, threads: 2 });
  try {
    const good = await parquet(sql`SELECT 'p-1' AS patient_id, DATE '1987-03-09' AS birth_date`);
    const scratch = await folder.attempt();
    await engine.run('inspect', { input: await folder.input('good.parquet', good), scratch });
    expect(await readJson(scratch, 'detection.json')).toMatchObject({
      container: 'parquet',
      columns: [{ name: 'patient_id' }, { name: 'birth_date' }],
    });
    const cut = engine.run('inspect', { input: await folder.input('cut.parquet', good.subarray(0, 60)), scratch: await folder.attempt() });
    await expect(cut).rejects.toMatchObject({ code: 'container.corrupt' });
    expect(engine.processes).toBe(1); // the same one: it was the file's fault
  } finally {
    await engine.close();
  }
});
