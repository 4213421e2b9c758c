import { MENDING_COLUMNS, type QuarantineRecord } from '@attune/api';
import type { Plan } from '@attune/core';
import fc from 'fast-check';
import { csvTable } from './csv-table.js';
import { membersPlan, setAside } from './quarantine.fixture.js';
import { csvHeader, csvRow, unescaped } from './quarantine-text.js';

const plan = membersPlan();
const RAW = MENDING_COLUMNS.indexOf('_raw');
const cellsOf = (row: string, of: Plan = plan): readonly string[] => csvTable(csvHeader(of) + row, '_record').rows[0]!;
const rowOf = (record: QuarantineRecord, of: Plan = plan): string => csvRow(record, record.raw, of);

test('a record that can be cut has its columns, and one that cannot has its text only', () => {
  expect(csvHeader(plan)).toBe('_record,_member,_line,_code,_field,_reason,_raw,MRN,Name,City\r\n');
  const fixed = ['4', '', '5', 'csv.field_count', '', expect.any(String) as string];
  expect(cellsOf(rowOf(setAside('P1,"Ada, L."')))).toEqual([...fixed, 'P1,"Ada, L."', 'P1', 'Ada, L.', '']);
  expect(cellsOf(rowOf(setAside('P1,Ada,Rome,x')))).toEqual([...fixed, 'P1,Ada,Rome,x', '', '', '']);
});

test('columns of the source that are called alike, or like ours, have names of their own', () => {
  const columns = ['_raw', 'Name', 'Name', ''].map((name, ordinal) => ({ ordinal, name }));
  expect(
    csvHeader({ ...plan, columns })
      .trimEnd()
      .split(',')
      .slice(7),
  ).toEqual(['_raw.2', 'Name', 'Name.2', 'column_4']);
});

test.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', '＝1', '＋1'])('%j is no formula any more', (raw) => {
  expect(cellsOf(rowOf(setAside(raw)))[RAW]?.[0]).toBe("'");
});

test('whatever was received, the cell begins harmlessly, and what comes back of it is what was received', () => {
  const text = fc.oneof(fc.string({ unit: 'binary' }), fc.stringMatching(/^['=+@-]{0,3}[a-z,"\r\n]{0,4}$/));
  fc.assert(
    fc.property(text, (raw) => {
      const cell = cellsOf(rowOf(setAside(raw)))[RAW]!;
      expect(cell).not.toMatch(/^[=+\-@\t\r]/);
      expect(unescaped(cell)).toBe(raw);
    }),
  );
});
