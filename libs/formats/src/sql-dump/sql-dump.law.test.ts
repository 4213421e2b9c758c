import { Buffer } from 'node:buffer';
import { AppError } from '@attune/core';
import fc from 'fast-check';
import { readDump } from './read-dump.fixture.js';
import { sqlDump } from './sql-dump.js';

type Table = readonly (readonly (string | null)[])[];

const WIDTH = 3;
const nasty = fc.constantFrom(
  ...`ab'"\`\\;(),-#/*$%_ \n\r\t\0é漢😀1N.:`,
  '\x1a',
  '\\N',
  '\\.',
  '--',
  '/*',
  '*/',
  "'),('",
  '$$',
  'NULL',
  '\n\\.\n',
);
const value = fc.option(
  fc.array(nasty, { maxLength: 8 }).map((parts) => parts.join('')),
  { nil: null, freq: 5 },
);
const tables: fc.Arbitrary<Table> = fc.array(fc.array(value, { minLength: WIDTH, maxLength: WIDTH }), { minLength: 1, maxLength: 12 });
const sizes = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 4 });

const groups = (table: Table, most: number): Table[] =>
  Array.from({ length: Math.ceil(table.length / most) }, (_, i) => table.slice(i * most, (i + 1) * most));

/** As mysql_real_escape_string writes. */
const ESCAPED: Readonly<Record<string, string>> = {
  '\0': '\\0',
  '\n': '\\n',
  '\r': '\\r',
  '\\': '\\\\',
  "'": "\\'",
  '"': '\\"',
  '\x1a': '\\Z',
};
const mysqlText = (text: string): string => `'${text.replaceAll(/[\0\n\r\\'"\x1a]/g, (sign) => ESCAPED[sign]!)}'`;

function mysqldump(table: Table): string {
  const statements = groups(table, 5).map(
    (rows) =>
      `INSERT INTO \`t\` VALUES ${rows.map((row) => `(${row.map((one) => (one === null ? 'NULL' : mysqlText(one))).join(',')})`).join(',')};\n`,
  );
  return `-- MySQL dump 10.13\n/*!40101 SET NAMES utf8mb4 */;\nCREATE TABLE \`t\` (\n  \`a\` text,\n  \`b\` text COMMENT 'x;\\'(',\n  \`c\` text,\n  KEY \`a\` (\`a\`)\n) ENGINE=InnoDB;\n${statements.join('')}UNLOCK TABLES;\n`;
}

/** A server refuses NUL in text. */
const withoutNul = (table: Table): Table => table.map((row) => row.map((one) => one?.replaceAll('\0', '') ?? null));

function pgInserts(table: Table): string {
  const rows = table.map((row) => row.map((one) => (one === null ? 'NULL' : `'${one.replaceAll("'", "''")}'::text`)).join(', '));
  return `-- PostgreSQL database dump\nSET standard_conforming_strings = on;\nCREATE TABLE public.t (a text, b text, c text);\n${rows.map((row) => `INSERT INTO public.t (a, b, c) VALUES (${row});\n`).join('')}`;
}

const COPIED: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\b': '\\b',
  '\f': '\\f',
  '\v': '\\v',
};
function pgCopy(table: Table): string {
  const rows = table.map((row) =>
    row.map((one) => (one === null ? '\\N' : one.replaceAll(/[\\\n\r\t\b\f\v]/g, (sign) => COPIED[sign]!))).join('\t'),
  );
  return `-- PostgreSQL database dump\nCOPY public.o (a) FROM stdin;\nINSERT INTO public.t VALUES (1);\n\\.\n\nCOPY public.t (a, b, c) FROM stdin;\n${rows.map((row) => `${row}\n`).join('')}\\.\n\nSELECT pg_catalog.setval('s', 1);\n`;
}

test.each([
  ['mysqldump', mysqldump, (table: Table) => table],
  ['pg_dump --inserts', pgInserts, withoutNul],
  ['pg_dump', pgCopy, withoutNul],
])('what %s writes comes back value by value, however its bytes arrive', (_name, write, plain) => {
  fc.assert(
    fc.property(tables.map(plain), sizes, fc.integer({ min: 1, max: 5 }), (table, pieces, batchRecords) => {
      const text = { table: 't' };
      const read = readDump(write(table), { sizes: pieces, batchRecords, text });
      expect([read.rows, read.codes]).toEqual([table, []]);
      expect(readDump(write(table), { text }).places).toEqual(read.places);
    }),
    { numRuns: 300 },
  );
});

test('UTF-16, windows-1252 and a byte order mark change nothing but the bytes', () => {
  const table: Table = [['é', "o'\\n", null]];
  const dump = mysqldump(table);
  for (const bytes of [Buffer.from(`\ufeff${dump}`), Buffer.from(`\ufeff${dump}`, 'utf16le')]) {
    expect(readDump(bytes, { sizes: [7, 3] }).rows).toEqual(table);
  }
  expect(readDump(Buffer.from(dump, 'latin1'), { sizes: [7, 3], text: { encoding: 'windows-1252' } }).rows).toEqual(table);
});

test('no bytes whatever lose a byte, throw, or are read otherwise when they arrive in pieces', () => {
  const texts = sqlDump.examples.map(({ text }) => text);
  const change = fc.tuple(
    fc.nat(),
    fc.constantFrom(...`'"\`\\;(),-#/*$\n\t`, '', 'x', '\\.\n', 'INSERT INTO ', 'COPY t FROM stdin;\n', '\xff'),
  );
  const attempt = (bytes: Buffer, pieces: readonly number[]): unknown => {
    try {
      const { rows, codes, aside, places } = readDump(bytes, {
        sizes: pieces,
        limits: { fieldBytes: 60, recordBytes: 200, recordLines: 5 },
      });
      return { rows, codes, aside, places };
    } catch (error) {
      if (error instanceof AppError) return error.code;
      if (error instanceof Error && error.message.startsWith('read as')) return 'other';
      throw error;
    }
  };
  fc.assert(
    fc.property(fc.constantFrom(...texts), fc.array(change, { minLength: 1, maxLength: 6 }), sizes, (text, changes, pieces) => {
      let bytes = Buffer.from(text);
      for (const [place, what] of changes) {
        const at = place % (bytes.length + 1);
        bytes = Buffer.concat([bytes.subarray(0, at), Buffer.from(what, 'latin1'), bytes.subarray(at + (place % 3))]);
      }
      expect(attempt(bytes, pieces)).toEqual(attempt(bytes, [1 << 20]));
    }),
    { numRuns: 400 },
  );
});
