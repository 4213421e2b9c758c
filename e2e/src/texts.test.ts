import { gzipSync } from 'node:zlib';
import { Installation, type Upload } from './installation.js';

jest.setTimeout(300_000);

let attune: Installation;
beforeAll(() => void (attune = Installation.shared()));
afterAll(() => attune.stop());

const HEADER = ['patient_id', 'first_name', 'last_name', 'birth_date', 'note'];
const PEOPLE = Array.from({ length: 40 }, (_, i) => [
  `P${1000 + i}`,
  ['Zoé', 'Ada', 'Bjørn', "D'Arcy"][i % 4]!,
  ['Müller', 'Quimby', 'Ångström'][i % 3]!,
  `19${40 + i}-0${1 + (i % 9)}-1${i % 9}`,
  `seen, ${i}`,
]);

const table = (delimiter: string, quote = '"', end = '\n'): string =>
  [HEADER, ...PEOPLE].map((row) => row.map((value) => quoted(value, delimiter, quote)).join(delimiter) + end).join('');
const quoted = (value: string, delimiter: string, quote: string): string =>
  value.includes(delimiter) || value.includes(quote) ? quote + value.replaceAll(quote, quote + quote) + quote : value;

function utf16(text: string, bigEndian: boolean): Buffer {
  const bytes = Buffer.from(`\ufeff${text}`, 'utf16le');
  return bigEndian ? bytes.swap16() : bytes;
}

const WIDTHS = [8, 10, 12, 12, 12];
const fixed = (rows: readonly (readonly string[])[]): string =>
  rows.map((row) => `${row.map((value, c) => value.padEnd(WIDTHS[c]!)).join('')}\n`).join('');
const layout = HEADER.map((name, c) => ({ name, start: WIDTHS.slice(0, c).reduce((sum, width) => sum + width, 0), length: WIDTHS[c]! }));

const FORMS: readonly (readonly [name: string, upload: Upload])[] = [
  ['UTF-8 with its mark and CRLF', { bytes: `\ufeff${table(',', '"', '\r\n')}` }],
  ['UTF-16 little endian', { bytes: utf16(table(','), false) }],
  ['UTF-16 big endian', { bytes: utf16(table(';'), true) }],
  ['Windows-1252 by tabs', { bytes: Buffer.from(table('\t'), 'latin1') }],
  ['carets', { bytes: table('^') }],
  ['tildes', { bytes: table('~') }],
  ['control characters 0x01', { bytes: table('\u0001') }],
  ['pipes, lone CR', { bytes: table('|', '"', '\r') }],
  ['single quotes by option', { bytes: table(',', "'"), options: { text: { quote: 'single' } } }],
  [
    'comments and a trailer by plan',
    { bytes: `# export\n${table(',')}TOTAL,40\n`, options: { text: { comments: { prefix: '#' }, trailers: { lines: 1 } } } },
  ],
  ['gzip', { bytes: gzipSync(table(',')) }],
  [
    'fixed width by a layout',
    { bytes: Buffer.from(fixed(PEOPLE), 'latin1'), options: { text: { layout, header: false, encoding: 'iso-8859-1' } } },
  ],
];

/** What follows from the values alone; where a record lay differs between the forms. */
const valuesOf = (rows: readonly Record<string, unknown>[]): unknown[] =>
  rows.map((row) => Object.fromEntries(Object.entries(row).filter(([name]) => !name.startsWith('_'))));

test('one table is the same result in every form in which it may come', async () => {
  const options = { output_formats: ['ndjson'] };
  const plain = await attune.run({ bytes: table(','), options });
  expect(plain.row_ledger[0]).toMatchObject({ records_in: 40, records_out: 40 });
  const expected = valuesOf(await attune.rows(plain.job_id));
  expect(expected[0]).toMatchObject({ patient_id: 'P1000', first_name: 'Zoé', last_name: 'Müller', birth_date: '1940-01-10' });
  for (const [name, { bytes, options: more }] of FORMS) {
    const job = await attune.run({ bytes, options: { ...options, ...(more as object) } });
    expect([name, job.status, job.error, job.metrics.records_quarantined]).toEqual([name, 'completed', null, 0]);
    expect([name, valuesOf(await attune.rows(job.job_id))]).toEqual([name, expected]);
  }
});
