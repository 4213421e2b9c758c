import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import { OUTPUT_FORMATS, type OutputFormat } from '@attune/core';
import { literal, parquetOptions, sql } from '@attune/sql';
import type { OutputOptions, ResultColumn } from './output.js';
import { findOutput, outputs } from './registry.js';

const COLUMNS = ['patient_id', 'birth_date', 'death_flag', 'source.note', '_record'];
const TEXTS = ['patient_id', 'source.note'];
const columnsOf = (names: readonly string[]): ResultColumn[] => names.map((name) => ({ name, isText: TEXTS.includes(name) }));
const OPTIONS: OutputOptions = { defuseFormulas: true, partitionBy: [] };

describe('outputs', () => {
  let folder: string;
  let db: DuckDBConnection;
  const silver = (): string => join(folder, 'silver.parquet');

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'attune-outputs-'));
    db = await (await DuckDBInstance.create(':memory:')).connect();
    const rows = sql`VALUES ('a"1', DATE '1987-03-09', true, 'x, y', 1), ('é', NULL, NULL, '', 2)`;
    await db.run(
      sql`COPY (SELECT * FROM (${rows}) t("patient_id", "birth_date", "death_flag", "source.note", "_record")) TO ${literal(silver())}`
        .text,
    );
  });
  afterAll(async () => {
    db.closeSync();
    await rm(folder, { recursive: true });
  });

  async function written(format: OutputFormat, name: string): Promise<Buffer> {
    const output = findOutput(format);
    const target = join(folder, `${name}.${output.extension}`);
    if (output.folder === undefined) {
      await db.run(output.copy([silver()], target, columnsOf(COLUMNS), OPTIONS).text);
      return readFile(target);
    }
    await mkdir(target);
    for (const { copy } of output.folder([silver()], columnsOf(COLUMNS), OPTIONS).copies([])) await db.run(copy(target).text);
    return readFile(join(target, 'part-0.parquet'));
  }

  test('every format that a job may ask for is registered once', () => {
    expect(outputs.map(({ name }) => name)).toEqual([...OUTPUT_FORMATS]);
    expect(() => findOutput('punch-card' as OutputFormat)).toThrow('plan.unresolved');
  });

  test('csv has a header, quotes where it must, and tells null from empty', async () => {
    expect((await written('csv', 'a')).toString()).toBe(
      'patient_id,birth_date,death_flag,source.note,_record\n"a""1",1987-03-09,true,"x, y",1\né,,,"",2\n',
    );
  });

  test('tsv is the same table, with tabulators between the values', async () => {
    expect((await written('tsv', 'a')).toString()).toBe(
      'patient_id\tbirth_date\tdeath_flag\tsource.note\t_record\n"a""1"\t1987-03-09\ttrue\tx, y\t1\né\t\t\t""\t2\n',
    );
  });

  test('json and ndjson hold the same objects, with every column in order', async () => {
    const expected = [
      { patient_id: 'a"1', birth_date: '1987-03-09', death_flag: true, 'source.note': 'x, y', _record: 1 },
      { patient_id: 'é', birth_date: null, death_flag: null, 'source.note': '', _record: 2 },
    ];
    const array = JSON.parse((await written('json', 'a')).toString()) as object[];
    const lines = (await written('ndjson', 'a'))
      .toString()
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as object);
    expect([array, lines]).toEqual([expected, expected]);
    expect(array.map((record) => Object.keys(record))).toEqual([COLUMNS, COLUMNS]);
  });

  test('parquet keeps the types', async () => {
    await written('parquet', 'a');
    const reply = await db.runAndReadAll(
      sql`SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM read_parquet(${literal(join(folder, 'a.parquet'))}))`.text,
    );
    expect(reply.getRowsJson()).toEqual([
      ['patient_id', 'VARCHAR'],
      ['birth_date', 'DATE'],
      ['death_flag', 'BOOLEAN'],
      ['source.note', 'VARCHAR'],
      ['_record', 'INTEGER'],
    ]);
  });

  test('the same result gives the same bytes', async () => {
    for (const format of OUTPUT_FORMATS) expect((await written(format, 'again')).equals(await written(format, 'and-again'))).toBe(true);
  });

  test('an output that hands silver on would have written the same bytes', async () => {
    const again = join(folder, 'as-silver.parquet');
    await db.run(sql`COPY (SELECT * FROM read_parquet(${literal(silver())})) TO ${literal(again)} ${parquetOptions(COLUMNS.length)}`.text);
    for (const output of outputs) {
      if (output.folder !== undefined || !output.sameAsSilver) continue;
      const target = join(folder, `handed.${output.extension}`);
      await db.run(output.copy([again], target, columnsOf(COLUMNS), OPTIONS).text);
      expect((await readFile(target)).equals(await readFile(again))).toBe(true);
    }
  });
});
