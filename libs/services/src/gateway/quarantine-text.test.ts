import type { QuarantineRecord } from '@attune/api';
import fc from 'fast-check';
import { CSV_HEADER, csvRow } from './quarantine-text.js';

const record = (raw: string): QuarantineRecord => ({
  member: '',
  record: 1,
  line: 2,
  byte_offset: 10,
  byte_length: 5,
  column: null,
  field: null,
  code: 'csv.field_count',
  message: 'The record has more or fewer fields than the header.',
  raw,
});
const rawOf = (row: string): string =>
  row
    .split(',')
    .slice(9)
    .join(',')
    .replace(/,\r\n$/, '');

test('a row has the columns of the header, and an absent value is nothing', () => {
  expect(CSV_HEADER.split(',')).toHaveLength(11);
  expect(csvRow(record('x'))).toBe(',1,2,10,5,,,csv.field_count,The record has more or fewer fields than the header.,x,\r\n');
});

test.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', '＝1', '＋1'])('%j is no formula any more', (raw) => {
  expect(rawOf(csvRow(record(raw))).replace(/^"/, '')[0]).toBe("'");
});

test('whatever was received, the cell begins harmlessly and reads back as it was', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (raw) => {
      const cell = rawOf(csvRow(record(raw)));
      const text = cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell;
      expect([raw, `'${raw}`]).toContain(text);
      expect(text).not.toMatch(/^[=+\-@\t\r]/);
    }),
  );
});
