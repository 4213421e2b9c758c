import type { Plan } from '@attune/core';
import { openMended } from './mended-reader.js';

const COLUMNS = ['MRN', 'Name', 'City'].map((name, ordinal) => ({ ordinal, name }));
const plan = (given: Partial<Plan> = {}): Plan => ({
  ...{ version: 1, mapping: { version: 1, entity: 'person', fields: [], carried: [] }, container: 'none', encoding: 'windows-1252' },
  ...{ format: 'delimited', dialect: { delimiter: 0x7c, quote: 0, header: true, bom: 0 }, layout: null, json: null, table: null },
  ...{ columns: COLUMNS, null_tokens: [], comments: { prefix: '#' }, trailers: { lines: 1 }, required: [], quarantine_limit: 0.2 },
  options: { remove_duplicates: true, standardize_fields: true, validate_schema: true, output_formats: ['csv'] },
  ...{ received_at: '2024-01-01T00:00:00Z', engine_version: '1' },
  ...given,
});

/** The fields of the one record, or how many were read and what was refused. */
function read(mended: Parameters<typeof openMended>[0], of = plan()): unknown {
  const { bytes, reader } = openMended(mended, of);
  reader.read(bytes, 0, bytes.length, true);
  const { batch, rejected } = reader;
  if (batch.n !== 1 || rejected.length > 0) return { n: batch.n, rejected: rejected.map(({ code }) => code) };
  return COLUMNS.map((_, c) => new TextDecoder().decode(batch.buf.subarray(Math.max(0, batch.starts[c]!), Math.max(0, batch.ends[c]!))));
}

test('a text is read in the dialect of the source, but UTF-8 and without what is around the records', () => {
  expect(read({ text: 'P1|André|Rome' })).toEqual(['P1', 'André', 'Rome']);
  expect(read({ text: '#1|a "b|c\r\n' })).toEqual(['#1', 'a "b', 'c']);
});

test('values hold what the dialect of the source could not', () => {
  expect(read({ values: ['a|b', 'c,"d"\ne', ''] })).toEqual(['a|b', 'c,"d"\ne', '']);
  const layout = COLUMNS.map(({ name }, i) => ({ name, start: i * 2, length: 2 }));
  expect(read({ values: ['too long', 'é', 'x'] }, plan({ format: 'fixed-width', layout }))).toEqual(['too long', 'é', 'x']);
  expect(read({ text: 'abcdef' }, plan({ format: 'fixed-width', layout }))).toEqual(['ab', 'cd', 'ef']);
});

test('what is no record, or more than one, is seen', () => {
  expect(read({ text: '' })).toEqual({ n: 0, rejected: [] });
  expect(read({ text: 'a|b|c\nd|e|f' })).toMatchObject({ n: 2 });
  expect(read({ text: 'a|b' })).toEqual({ n: 0, rejected: ['csv.field_count'] });
});
