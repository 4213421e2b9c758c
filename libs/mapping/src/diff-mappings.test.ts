import { GivenMapping } from '@attune/core';
import { diffMappings } from './diff-mappings.js';

const mapping = (fields: object[], entity = 'person'): GivenMapping => GivenMapping.parse({ entity, fields });
const sex = { field: 'sex', from: [{ ordinal: 1, name: 'gender' }] };
const birth = { field: 'birth_date', from: [{ ordinal: 2, name: 'dob' }], options: { order: 'mdy', more: { b: 1, a: 2 } } };

test('a mapping does not differ from itself, whatever the order of members, the confidence and the reasons', () => {
  const same = mapping([{ ...birth, options: { more: { a: 2, b: 1 }, order: 'mdy' }, confidence: 0.96, reasons: ['known'] }, sex]);
  const diff = diffMappings(mapping([sex, birth]), same);
  expect(diff).toEqual({ entity: null, added: [], removed: [], changed: [], columns_added: [], columns_removed: [] });
});

test('fields and columns that were added, removed and changed are told, each once', () => {
  const before = mapping([sex, birth]);
  const after = mapping([
    { ...birth, from: [{ ordinal: 3, name: 'born' }], options: { order: 'dmy' } },
    { field: 'country', from: [], constant: 'US' },
  ]);
  const diff = diffMappings(before, after);
  expect(diff.added.map(({ field }) => field)).toEqual(['country']);
  expect(diff.removed.map(({ field }) => field)).toEqual(['sex']);
  expect(diff.changed).toMatchObject([{ field: 'birth_date', changed: ['from', 'options'] }]);
  expect(diff.columns_added).toEqual([{ ordinal: 3, name: 'born' }]);
  expect(diff.columns_removed.map(({ ordinal }) => ordinal)).toEqual([1, 2]);
});

test('another entity is told', () => {
  expect(diffMappings(mapping([]), mapping([], 'claim')).entity).toEqual({ before: 'person', after: 'claim' });
});

test('another expression is told', () => {
  const made = (expression: string) => mapping([{ field: 'sex', expression }]);
  expect(diffMappings(made('upper([a])'), made('lower([a])')).changed).toMatchObject([{ field: 'sex', changed: ['expression'] }]);
});
