import { AppError, findEntity, GivenMapping, type Entity } from '@attune/core';
import { acceptMapping } from './accept-mapping.js';

const entity = findEntity('person') as Entity;
const columns = [
  { ordinal: 0, name: ' vorname' },
  { ordinal: 1, name: 'geboren' },
  { ordinal: 2, name: 'rest' },
];
const given = (fields: unknown[], more: object = {}): GivenMapping => GivenMapping.parse({ fields, ...more });

function refusal(document: GivenMapping): AppError {
  try {
    acceptMapping(document, entity, columns);
  } catch (error) {
    if (error instanceof AppError) return error;
  }
  throw new Error('The mapping was accepted.');
}

test('a given mapping is filled in: standardizers of the fields, names of the data, fields in the order of the entity, the rest carried', () => {
  const mapping = acceptMapping(
    given([
      { field: 'birth_date', from: [{ ordinal: 1, name: 'geboren' }], options: { order: 'dmy' } },
      { field: 'first_name', from: [{ ordinal: 0, name: '' }], standardizer: 'text' },
    ]),
    entity,
    columns,
  );
  expect(mapping.fields).toEqual([
    { field: 'first_name', from: [columns[0]], standardizer: 'text', options: {}, confidence: 1, reasons: ['Given by the caller.'] },
    {
      field: 'birth_date',
      from: [columns[1]],
      standardizer: 'date',
      options: { order: 'dmy' },
      confidence: 1,
      reasons: ['Given by the caller.'],
    },
  ]);
  expect(mapping.carried).toEqual([columns[2]]);
});

test.each([
  ['an unknown column', [{ field: 'sex', from: [{ ordinal: 3, name: '' }] }], '/fields/0/from/0/ordinal', 'column.unknown'],
  ['another name', [{ field: 'sex', from: [{ ordinal: 1, name: 'sexe' }] }], '/fields/0/from/0/name', 'column.name'],
  ['an unknown field', [{ field: 'shoe_size', from: [{ ordinal: 1, name: '' }] }], '/fields/0/field', 'field.unknown'],
  [
    'a field twice',
    [
      { field: 'sex', from: [{ ordinal: 0, name: '' }] },
      { field: 'sex', from: [{ ordinal: 1, name: '' }] },
    ],
    '/fields/1/field',
    'field.repeated',
  ],
  [
    'a column twice in one field',
    [
      {
        field: 'sex',
        from: [
          { ordinal: 0, name: '' },
          { ordinal: 0, name: '' },
        ],
      },
    ],
    '/fields/0/from/1/ordinal',
    'column.repeated',
  ],
  ['no column and no constant', [{ field: 'sex', from: [] }], '/fields/0/from', 'from.empty'],
  [
    'a constant beside columns',
    [{ field: 'sex', from: [{ ordinal: 0, name: '' }], constant: 'F' }],
    '/fields/0/constant',
    'constant.columns',
  ],
  ['a join of one column', [{ field: 'sex', from: [{ ordinal: 0, name: '' }], join: ',' }], '/fields/0/join', 'join.single'],
  ['a part of a constant', [{ field: 'sex', from: [], constant: 'F', part: { separator: ',', at: 0 } }], '/fields/0/part', 'part.constant'],
  ['a translated constant', [{ field: 'sex', from: [], constant: 'F', values: { F: 'M' } }], '/fields/0/values', 'values.constant'],
  [
    'a received value that is not trimmed',
    [{ field: 'sex', from: [{ ordinal: 0, name: '' }], values: { 'F ': 'M' } }],
    '/fields/0/values',
    'values.untrimmed',
  ],
])('%s is refused with its place', (_, fields, pointer, code) => {
  const error = refusal(given(fields));
  expect(error.code).toBe('mapping_invalid');
  expect(error.errors).toMatchObject([{ pointer, code }]);
});

test('one column may feed several fields, several columns one field, and a constant none', () => {
  const mapping = acceptMapping(
    given([
      { field: 'first_name', from: [columns[0]], part: { separator: ',', at: 1 } },
      { field: 'last_name', from: [columns[0]], part: { separator: ',', at: 0 } },
      { field: 'address', from: [columns[2], columns[1]] },
      { field: 'country', from: [], constant: 'US' },
    ]),
    entity,
    columns,
  );
  expect(mapping.fields.map(({ field, from, join }) => [field, from.map(({ ordinal }) => ordinal), join])).toEqual([
    ['first_name', [0], undefined],
    ['last_name', [0], undefined],
    ['address', [2, 1], ' '],
    ['country', [], undefined],
  ]);
  expect(mapping.carried).toEqual([]);
});

test('every fault is told at once, a column both mapped and carried and a foreign entity among them', () => {
  const document = given([{ field: 'sex', from: [{ ordinal: 1, name: 'geboren' }] }], {
    entity: 'claim',
    carried: [{ ordinal: 1, name: 'geboren' }],
  });
  expect(refusal(document).errors.map(({ pointer }) => pointer)).toEqual(['/entity', '/carried/0/ordinal']);
});

test('no text of the document comes back in the error', () => {
  const error = refusal(given([{ field: 'Ann Example', from: [{ ordinal: 1, name: '1980-02-03' }] }]));
  expect(JSON.stringify([error.message, error.detail, error.errors])).not.toMatch(/Ann|1980/);
});
