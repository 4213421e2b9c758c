import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { jobPaths, type JobBody } from '@attune/api';
import { delimitedRows } from './delimited-rows.js';
import { duckdb } from './duckdb.js';
import { Installation, type Upload } from './installation.js';

jest.setTimeout(300_000);

let attune: Installation;
beforeAll(() => void (attune = Installation.shared()));
afterAll(() => attune.stop());

const HEADER = ['patient_id', 'first_name', 'last_name', 'birth_date', 'state', 'note'];
const NOTES = ['', 'it\'s, "quoted"', 'two\nlines', 'back\\slash\ttab', '=1+1', "'=2", null, '-12.50'];
const PEOPLE: readonly (readonly (string | null)[])[] = Array.from({ length: 80 }, (_, i) => [
  `P${1000 + i}`,
  ['Zoé', 'Ada', 'Bjørn', "D'Arcy"][i % 4]!,
  ['Müller', 'Quimby', 'Ångström'][i % 3]!,
  `19${10 + i}-0${1 + (i % 9)}-1${i % 9}`,
  ['TX', 'NY', null][i % 3]!,
  NOTES[i % NOTES.length]!,
]);

const lines = (...text: string[]): string => text.map((line) => `${line}\n`).join('');
const csv = lines(...[HEADER, ...PEOPLE].map((row) => row.map((one) => (one === null ? '' : `"${one.replaceAll('"', '""')}"`)).join(',')));

const SIGNS: Readonly<Record<string, string>> = { '\n': '\\n', '\t': '\\t', '\\': '\\\\', "'": "\\'", '"': '\\"' };
const mysqlTuple = (row: readonly (string | null)[]): string =>
  `(${row.map((one) => (one === null ? 'NULL' : `'${one.replaceAll(/[\n\t\\'"]/g, (sign) => SIGNS[sign]!)}'`)).join(',')})`;
const mysqldump = lines(
  '-- MySQL dump 10.13  Distrib 8.0.36, for Linux (x86_64)',
  '/*!50503 SET NAMES utf8mb4 */;',
  `CREATE TABLE \`visit\` (\`id\` int) ENGINE=InnoDB;`,
  'INSERT INTO `visit` VALUES (1),(2);',
  `CREATE TABLE \`patient\` (${HEADER.map((name) => `\`${name}\` text`).join(', ')}, PRIMARY KEY (\`patient_id\`)) ENGINE=InnoDB;`,
  'LOCK TABLES `patient` WRITE;',
  `INSERT INTO \`patient\` VALUES ${PEOPLE.slice(0, 50).map(mysqlTuple).join(',')};`,
  `INSERT INTO \`patient\` VALUES ${PEOPLE.slice(50).map(mysqlTuple).join(',')};`,
  'UNLOCK TABLES;',
);

const copied = (one: string | null): string => one?.replaceAll(/[\n\t\\]/g, (sign) => SIGNS[sign]!) ?? '\\N';
const pgDump = lines(
  '--',
  '-- PostgreSQL database dump',
  '--',
  'SET standard_conforming_strings = on;',
  `CREATE TABLE public.patient (${HEADER.map((name) => `${name} text`).join(', ')});`,
  'COPY public.visit (id) FROM stdin;',
  '1',
  '\\.',
  `COPY public.patient (${HEADER.join(', ')}) FROM stdin;`,
  ...PEOPLE.map((row) => row.map(copied).join('\t')),
  '\\.',
);

const pgInserts = lines(
  'SET standard_conforming_strings = on;',
  ...PEOPLE.map(
    (row) =>
      `INSERT INTO public.patient (${HEADER.join(', ')}) VALUES (${row.map((one) => (one === null ? 'NULL' : `'${one.replaceAll("'", "''")}'`)).join(', ')});`,
  ),
);

const file = (name: string): string => path.join(attune.directory, name);

/** The same table, dates typed. */
function parquet(): Buffer {
  const text = (one: string | null): string => (one === null ? 'NULL' : `'${one.replaceAll("'", "''")}'`);
  const rows = PEOPLE.map((row) => `(${row.map((one, c) => (c === 3 ? `DATE ${text(one)}` : text(one))).join(',')})`);
  duckdb(
    `COPY (SELECT * FROM (VALUES ${rows.join(',')}) t(${HEADER.join(',')})) TO '${file('people.parquet')}' (FORMAT parquet, ROW_GROUP_SIZE 2048)`,
  );
  return fs.readFileSync(file('people.parquet'));
}

/** What follows from the values alone: where a record lay differs between the forms, and CSV knows no difference between nothing and empty. */
const valuesOf = (rows: readonly Record<string, unknown>[]): unknown[] =>
  rows.map((row) =>
    Object.fromEntries(Object.entries(row).flatMap(([name, value]) => (name.startsWith('_') ? [] : [[name, value ?? '']]))),
  );

test('one table is the same result as CSV, Parquet, and a dump of MySQL or PostgreSQL', async () => {
  const options = { output_formats: ['ndjson'] };
  const plain = await attune.run({ bytes: csv, options });
  expect([plain.status, plain.row_ledger[0]]).toMatchObject(['completed', { records_in: 80, records_out: 80 }]);
  const expected = valuesOf(await attune.rows(plain.job_id));
  expect(expected[1]).toMatchObject({ patient_id: 'P1001', last_name: 'Quimby', birth_date: '1911-02-11', state: 'NY' });
  const forms: readonly (readonly [string, Upload['bytes']])[] = [
    ['Parquet', parquet()],
    ['mysqldump', mysqldump],
    ['pg_dump', pgDump],
    ['pg_dump --inserts', pgInserts],
  ];
  for (const [name, bytes] of forms) {
    const job = await attune.run({ bytes, options });
    expect([name, job.status, job.error, job.metrics.records_quarantined]).toEqual([name, 'completed', null, 0]);
    expect([name, valuesOf(await attune.rows(job.job_id))]).toEqual([name, expected]);
  }
});

describe('a result in every format', () => {
  let job: JobBody;
  const bytesOf = async (format: string): Promise<Buffer> => {
    const answer = await attune.request(`${jobPaths(job.job_id).result}?format=${format}`);
    expect([format, answer.status]).toEqual([format, 200]);
    return Buffer.from(await answer.arrayBuffer());
  };
  const undone = (text: string): string => (/^'+[=+\-@]/.test(text) ? text.slice(1) : text);

  beforeAll(async () => {
    const options = { output_formats: ['csv', 'tsv', 'parquet', 'partitioned_parquet'], partition_by: ['state'] };
    job = await attune.run({ bytes: csv, options });
    expect([job.status, job.error]).toEqual(['completed', null]);
  });

  test('csv is safe for a spreadsheet, and tsv and partitioned Parquet hold the same rows', async () => {
    const [header, ...rows] = delimitedRows((await bytesOf('csv')).toString());
    const noteAt = header!.findIndex((name) => name.endsWith('note'));
    expect(rows.slice(0, 8).map((row) => row[noteAt])).toEqual(['', NOTES[1], NOTES[2], NOTES[3], "'=1+1", "''=2", '', '-12.50']);
    const tsv = (await bytesOf('tsv')).toString();
    const tabs = tsv.replaceAll(/"(?:[^"]|"")*"|\t|,/g, (part) => (part === '\t' ? ',' : part === ',' ? '","' : part));
    expect(delimitedRows(tabs)).toEqual([header, ...rows]);

    fs.writeFileSync(file('parts.zip'), await bytesOf('partitioned_parquet'));
    const unpacked = spawnSync('python3', ['-m', 'zipfile', '-e', file('parts.zip'), file('parts')], { encoding: 'utf8' });
    expect([unpacked.status, unpacked.stderr]).toEqual([0, '']);
    expect(fs.readdirSync(file('parts')).sort()).toEqual(['state=NY', 'state=TX', 'state=__HIVE_DEFAULT_PARTITION__']);
    const columns = header!.map((name) => `coalesce("${name}"::VARCHAR, '') AS "${name}"`).join(', ');
    const parted = duckdb(
      `SELECT ${columns} FROM read_parquet('${file('parts')}/*/*.parquet', hive_partitioning=true) ORDER BY "_record"::BIGINT`,
    );
    expect(parted.map((row) => header!.map((name) => row[name]))).toEqual(rows.map((row) => row.map(undone)));
    expect(parted).toHaveLength(80);
  });

  test('the same job leaves the same bytes again', async () => {
    const first = await bytesOf('partitioned_parquet');
    const options = { output_formats: ['partitioned_parquet'], partition_by: ['state'] };
    const again = await attune.run({ bytes: csv, options });
    const answer = await attune.request(`${jobPaths(again.job_id).result}?format=partitioned_parquet`);
    expect(Buffer.from(await answer.arrayBuffer()).equals(first)).toBe(true);
    expect(answer.headers.get('content-disposition')).toBe('attachment; filename="result.parquet.zip"');
  });
});
