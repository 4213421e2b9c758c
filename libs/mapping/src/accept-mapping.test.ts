import { AppError, findEntity, GivenMapping, type Entity } from '@attune/core';
import { acceptMapping, columnsOf } from './accept-mapping.js';

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

const expressed = (expression: string, more: object = {}) => given([{ field: 'birth_date', expression, ...more }]);

test('the columns of an expression are those that it names, in the order of first use, and are not carried', () => {
  const mapping = acceptMapping(expressed('concat([rest], [vorname], [ rest ])'), entity, columns);
  expect(mapping.fields).toMatchObject([
    { field: 'birth_date', expression: 'concat([rest], [vorname], [ rest ])', from: [columns[2], columns[0]] },
  ]);
  expect(mapping.fields[0]).not.toHaveProperty('join');
  expect(mapping.carried).toEqual([columns[1]]);
  const listed = {
    from: [
      { ordinal: 0, name: '' },
      { ordinal: 2, name: 'rest' },
    ],
  };
  expect(acceptMapping(expressed('concat([rest], [vorname])', listed), entity, columns).fields[0]!.from).toEqual([columns[2], columns[0]]);
  expect(acceptMapping(GivenMapping.parse(mapping), entity, columns)).toEqual(mapping);
});

test.each([
  ['a fault of the text', 'concat([rest],', {}, '/fields/0/expression', 'expression.syntax', 'Line 1, column 15: expected a value'],
  ['a type', 'upper(1)', {}, '/fields/0/expression', 'expression.type', 'Line 1, column 7: expected a text, this is a whole number'],
  ['an unknown column', '[nobody]', {}, '/fields/0/expression', 'expression.unknown', 'the data has no column with this name'],
  ['an unknown ordinal', 'column(9)', {}, '/fields/0/expression', 'expression.unknown', 'the data has no column with this ordinal'],
  ['a bare name', 'rest', {}, '/fields/0/expression', 'expression.unknown', 'a column of the source is written in brackets'],
  ['no column', 'today()', {}, '/fields/0/expression', 'expression.columns', 'names no column'],
  ['other columns', '[rest]', { from: [{ ordinal: 1, name: '' }] }, '/fields/0/from', 'expression.columns', 'not the columns'],
  ['a join', '[rest]', { join: '-' }, '/fields/0/join', 'expression.alone', 'by itself'],
  ['a part', '[rest]', { part: { separator: ',', at: 0 } }, '/fields/0/part', 'expression.alone', 'by itself'],
  ['a constant', '[rest]', { constant: 'x' }, '/fields/0/constant', 'expression.alone', 'by itself'],
  ['values', '[rest]', { values: { a: 'b' } }, '/fields/0/values', 'expression.alone', 'by itself'],
])('an expression with %s is refused', (_, expression, more, pointer, code, message) => {
  const { errors } = refusal(expressed(expression, more));
  expect(errors).toContainEqual({ pointer, code, message: expect.stringContaining(message) as string });
});

test('a header that stands twice is told apart by its ordinal', () => {
  const twice = [...columns, { ordinal: 3, name: 'rest' }];
  const ask = (expression: string) => acceptMapping(expressed(expression), entity, twice);
  expect(() => ask('[rest]')).toThrow(AppError);
  expect(ask('column(3)').fields[0]!.from).toEqual([twice[3]]);
});

test('a document without data may name columns in expressions alone', () => {
  const document = given([
    { field: 'birth_date', expression: 'concat([b], [a], column(7))' },
    { field: 'sex', from: [{ ordinal: 2, name: 'a' }] },
  ]);
  expect(columnsOf(document)).toEqual([
    { ordinal: 2, name: 'a' },
    { ordinal: 7, name: '' },
    { ordinal: 8, name: 'b' },
  ]);
  expect(acceptMapping(document, entity, columnsOf(document)).carried).toEqual([]);
  expect(() =>
    acceptMapping(given([{ field: 'sex', expression: '(' }]), entity, columnsOf(given([{ field: 'sex', expression: '(' }]))),
  ).toThrow(AppError);
});
