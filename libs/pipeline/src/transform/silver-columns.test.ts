import { findEntity, LINEAGE_COLUMNS, type Plan } from '@attune/core';
import { silverColumns } from './silver-columns.js';

const person = findEntity('person')!;

function planOf(carried: readonly string[], standardize = true): Plan {
  return {
    version: 1,
    mapping: {
      version: 1,
      entity: 'person',
      fields: [{ field: 'birth_date', from: [{ ordinal: 0, name: 'dob' }], standardizer: 'date', options: {}, confidence: 1, reasons: [] }],
      carried: carried.map((name, i) => ({ ordinal: i + 1, name })),
    },
    container: 'none',
    encoding: 'utf-8',
    format: 'delimited',
    layout: null,
    json: null,
    table: null,
    dialect: { delimiter: 44, quote: 34, header: true, bom: 0 },
    columns: [],
    null_tokens: [],
    comments: null,
    trailers: null,
    required: [],
    quarantine_limit: 1,
    options: { remove_duplicates: true, standardize_fields: standardize, validate_schema: true, output_formats: [] },
    received_at: '2026-01-01T00:00:00Z',
    engine_version: '1',
  };
}

const carriedNames = (headers: readonly string[]): string[] =>
  silverColumns(planOf(headers), person)
    .filter(({ role }) => role === 'carried')
    .map(({ name }) => name);

test('fields come in schema order, then carried columns in source order, then lineage', () => {
  const names = silverColumns(planOf(['b', 'a']), person).map(({ name }) => name);
  expect(names).toEqual([...person.fields.map(({ name }) => name), 'source.b', 'source.a', ...LINEAGE_COLUMNS]);
});

test('names are unique also where case is not told apart, whatever the headers are', () => {
  expect(carriedNames(['a', 'A', 'a.2', 'a', '', ' ', 'column_6'])).toEqual([
    'source.a',
    'source.A.2',
    'source.a.2.2',
    'source.a.3',
    'source.column_6',
    'source.column_7',
    'source.column_6.2',
  ]);
});

test('control characters of a header do not get into a name', () => {
  expect(carriedNames(['a\u0000b\n', '\u0001'])).toEqual(['source.ab', 'source.column_3']);
});

test('fields are typed when they are standardized, and text when they are kept as received', () => {
  const type = (plan: Plan, name: string) => silverColumns(plan, person).find((column) => column.name === name)?.type;
  expect(type(planOf([]), 'birth_date')).toBe('DATE');
  expect(type(planOf([]), 'death_flag')).toBe('BOOLEAN');
  expect(type(planOf([], false), 'birth_date')).toBe('VARCHAR');
  expect(type(planOf([], false), '_record')).toBe('BIGINT');
});

test('a time is kept as text, in the precision it was received with', () => {
  const times = { ...person, fields: person.fields.map((field) => ({ ...field, type: 'timestamp' as const })) };
  expect(silverColumns(planOf([]), times).find(({ name }) => name === 'birth_date')?.type).toBe('VARCHAR');
});
