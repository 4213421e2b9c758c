import { Buffer } from 'node:buffer';
import { readFile } from 'node:fs/promises';
import { detectText, openReader } from '@attune/formats';
import { freshDatabase, type FreshDatabase } from '@attune/testing';
import pg from 'pg';
import { attemptFolder } from './attempt-folder.fixture.js';

const folder = attemptFolder('attune-dump-');
let database: FreshDatabase;
let client: pg.Client;

/** What makes writers quote: control characters, quotes, backslashes, what looks like something else. */
const NOTES = [
  'plain',
  "it's",
  '"q"',
  'a\\b',
  '\\N',
  '\\.',
  'tab\tline\nreturn\rback\b',
  '',
  null,
  'é漢😀',
  '$$',
  '--',
  '/*',
  "');--",
  'NULL',
  '\x01',
];

beforeAll(async () => {
  database = await freshDatabase();
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
  await client.query(
    'CREATE TABLE dumped (id int, note text, born date, seen timestamptz, amount numeric(12,4), sure boolean, raw bytea, tags text[])',
  );
  for (const [i, note] of NOTES.entries()) {
    await client.query(
      `INSERT INTO dumped VALUES ($1, $2, DATE '1987-03-09' + $1::int, TIMESTAMPTZ '2024-01-02 03:04:05+00', $1::int / 3.0, $1::int % 2 = 0, decode('00ff5c27', 'hex'), ARRAY['a,b', $2, NULL])`,
      [i, note],
    );
  }
});
afterAll(async () => {
  await client.end();
  await database.drop();
});

const COLUMNS = ['id', 'note', 'born', 'seen', 'amount', 'sure', 'raw', 'tags'];

/** The rows as the server says them, as text. */
async function served(): Promise<(string | null)[][]> {
  const texts = COLUMNS.map((name) => `CASE WHEN ${name} IS NULL THEN NULL ELSE format('%s', ${name}) END AS ${name}`).join(', ');
  const { rows } = await client.query<Record<string, string | null>>(`SELECT ${texts} FROM dumped ORDER BY dumped.id`);
  return rows.map((row) => COLUMNS.map((name) => row[name] ?? null));
}

function read(text: string | Buffer): (string | null)[][] {
  const bytes = Uint8Array.from(Buffer.from(text));
  const detection = detectText({ head: bytes, size: bytes.length, fingerprint: () => '' });
  expect(detection).toMatchObject({ format: 'sql-dump', table: 'public.dumped' });
  const reader = openReader({ ...detection, comments: null, trailers: null }, detection.columns.length);
  expect(reader.read(bytes, 0, bytes.length, true)).toBe(bytes.length);
  expect(reader.rejected).toEqual([]);
  const { batch } = reader;
  return Array.from({ length: batch.n }, (_, r) =>
    Array.from({ length: batch.width }, (_, c) => {
      const cell = r * batch.width + c;
      return batch.starts[cell]! < 0 ? null : Buffer.from(batch.buf.subarray(batch.starts[cell], batch.ends[cell])).toString('utf8');
    }),
  );
}

test('a COPY block that PostgreSQL wrote is read as PostgreSQL reads it', async () => {
  const path = folder.path('copied');
  await client.query(`COPY (SELECT * FROM dumped ORDER BY dumped.id) TO '${path}'`);
  const block = `-- PostgreSQL database dump\n\nCOPY public.dumped (${COLUMNS.join(', ')}) FROM stdin;\n${await readFile(path, 'utf8')}\\.\n\n`;
  expect(read(block)).toEqual(await served());
});

test('statements whose values PostgreSQL quoted are read as PostgreSQL reads them', async () => {
  const values = COLUMNS.map((name) => `quote_nullable(${name}::text) || '::text'`).join(`, `);
  const { rows } = await client.query<{ line: string }>(
    `SELECT format('INSERT INTO public.dumped VALUES (%s);', array_to_string(ARRAY[${values}], ', ')) AS line FROM dumped ORDER BY dumped.id`,
  );
  const text = `SET standard_conforming_strings = on;\n${rows.map(({ line }) => line).join('\n')}\n`.replaceAll('NULL::text', 'NULL');
  const expected = (
    await client.query<Record<string, string | null>>(
      `SELECT ${COLUMNS.map((n) => `${n}::text`).join(', ')} FROM dumped ORDER BY dumped.id`,
    )
  ).rows;
  expect(read(text)).toEqual(expected.map((row) => COLUMNS.map((name) => row[name] ?? null)));
});
