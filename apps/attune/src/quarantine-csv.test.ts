import type { QuarantineRecord } from '@attune/api';
import fc from 'fast-check';
import { QUARANTINE_COLUMNS, quarantineCsv } from './quarantine-csv.js';

const count = fc.nat();
const text = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: fc.constantFrom('"', ',', '\r', '\n', ' ', 'é', 'a', '\u0000') }));
const record: fc.Arbitrary<QuarantineRecord> = fc.record({
  member: text,
  record: fc.integer({ min: 1 }),
  line: fc.integer({ min: 1 }),
  byte_offset: count,
  byte_length: count,
  column: fc.option(count),
  field: fc.option(text),
  code: text,
  message: text,
  raw: text,
});

test('quarantine.csv gives back every record as it was, whatever its bytes hold', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(record, { maxLength: 4 }), { maxLength: 3 }), async (pages) => {
      const rows = parse(await written(pages));
      const expected = pages.flat().map((given) => QUARANTINE_COLUMNS.map((column) => String(given[column] ?? '')));
      expect(rows).toEqual([[...QUARANTINE_COLUMNS], ...expected]);
    }),
  );
});

test('without a record there is still the header row', async () => {
  expect(await written([])).toBe(`${QUARANTINE_COLUMNS.join(',')}\r\n`);
});

async function written(pages: readonly QuarantineRecord[][]): Promise<string> {
  let csv = '';
  for await (const piece of quarantineCsv(eachOf(pages))) csv += piece;
  return csv;
}

// eslint-disable-next-line @typescript-eslint/require-await -- an async source without waiting
async function* eachOf(pages: readonly QuarantineRecord[][]): AsyncGenerator<readonly QuarantineRecord[]> {
  yield* pages;
}

/** RFC 4180 to the letter, and nothing more lenient: every record ends in CRLF, a quote inside quotes is doubled. */
function parse(csv: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  const token = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/gy;
  while (token.lastIndex < csv.length) {
    const match = token.exec(csv);
    if (match === null) throw new Error('This is not RFC 4180.');
    row.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '');
    if (match[3] === ',') continue;
    rows.push(row);
    row = [];
  }
  return rows;
}
