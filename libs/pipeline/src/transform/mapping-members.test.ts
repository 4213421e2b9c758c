import { findEntity, type Plan } from '@attune/core';
import { findStandardizer } from '@attune/standardize';
import fc from 'fast-check';
import { planOver, type FieldSketch } from './mapping-plan.fixture.js';
import { partColumns } from './part-columns.js';
import { silverCopy } from './silver-sql.js';
import { transformText, type TransformCuts } from './transform-text.fixture.js';

const person = findEntity('person')!;

/** The named columns of every row of the part. */
function told(lines: readonly string[], plan: Plan, wanted: readonly string[], cuts: TransformCuts = {}): (string | null)[][] {
  const names = partColumns(plan, person).map(({ name }) => name);
  const input = [plan.columns.map(({ name }) => name).join(','), ...lines, ''].join('\n');
  return transformText(input, plan, cuts).rows.map((row) => wanted.map((name) => row[names.indexOf(name)]!));
}

const run = (lines: readonly string[], plan: Plan) =>
  transformText([plan.columns.map(({ name }) => name).join(','), ...lines, ''].join('\n'), plan);

test('a field of several columns is their clean values joined, without the null ones', () => {
  const plan = planOver(['a', 'b', 'c'], [{ field: 'address', from: ['a', 'c', 'b'] }]);
  const lines = [' 12 Main St , ,Apt 4', ',n/a,x', 'x,y,', 'N/A,,', 'x,y,z'];
  expect(told(lines, plan, ['address']).flat()).toEqual(['12 Main St Apt 4', 'x', 'x y', null, 'x z y']);
  const dashed = planOver(['a', 'b', 'c'], [{ field: 'patient_id', from: ['a', 'b', 'c'], join: '-', standardizer: 'identifier' }]);
  expect(told(['1,2,3', '1,,3'], dashed, ['patient_id']).flat()).toEqual(['1-2-3', '1-3']);
});

test('a part is one piece between separators, counted from either end; a piece that is not there is null', () => {
  const last = { field: 'last_name', from: ['name'], part: { separator: ',', at: 0 }, standardizer: 'person-name' };
  const first = { field: 'first_name', from: ['name'], part: { separator: ',', at: 1 }, standardizer: 'person-name' };
  const suffix = { field: 'name_suffix', from: ['name'], part: { separator: ', ', at: -1 } };
  const lines = ['"Okafor, Ada, MD"', '"Okafor,Ada"', 'Okafor', '", Ada"', '"Okafor, n/a"'];
  expect(told(lines, planOver(['name'], [last, first, suffix]), ['last_name', 'first_name', 'name_suffix'])).toEqual([
    ['Okafor', 'Ada', 'MD'],
    ['Okafor', 'Ada', 'Okafor,Ada'],
    ['Okafor', null, 'Okafor'],
    [null, 'Ada', 'Ada'],
    ['Okafor', null, null],
  ]);
  const far = [1, -2, 16, -16].map((at): FieldSketch => ({ ...last, part: { separator: ',', at } }));
  expect(far.map((field) => told(['Okafor'], planOver(['name'], [field]), ['last_name']).flat())).toEqual([[null], [null], [null], [null]]);
});

test('a value map translates clean values of the same case before the standardizer, and lets others through', () => {
  const values = { ' 1 ': 'male', '2': 'female', X: '', Ü: 'other', N: 'n/a' };
  const plan = planOver(['g'], [{ field: 'sex', from: ['g'], standardizer: 'sex', values }], { remove_duplicates: false });
  const { findings } = run(['1', ' 2', 'X', 'ü', 'Ü', 'F', 'N', '3'], plan);
  expect(told(['1', ' 2', 'X', 'Ü', 'F', 'N', '3'], plan, ['sex']).flat()).toEqual(['male', 'female', null, 'other', 'female', null, null]);
  expect(findings.map(({ code, value }) => [code, value])).toEqual([
    ['sex.unknown_code', 'ü'],
    ['sex.unknown_code', '3'],
  ]);
  const many = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`k${i}`, `v${i}`]));
  const all = planOver(['g'], [{ field: 'race', from: ['g'], values: many }], { remove_duplicates: false });
  expect(told([...Object.keys(many), 'k500'], all, ['race']).flat()).toEqual([...Object.values(many), 'k500']);
});

test('a constant is made canonical once and stands in every record; one that is refused fails before the first', () => {
  const plan = planOver(
    ['a'],
    [
      { field: 'patient_id', from: ['a'] },
      { field: 'country', from: [], constant: ' US ' },
      { field: 'birth_date', from: [], constant: '3/9/1987', standardizer: 'date', options: { order: 'mdy' } },
      { field: 'race', from: [], constant: 'n/a' },
      { field: 'county', from: [] },
    ],
  );
  expect(told(['1', '2'], plan, ['patient_id', 'country', 'birth_date', 'race', 'county'])).toEqual([
    ['1', 'US', '1987-03-09', null, null],
    ['2', 'US', '1987-03-09', null, null],
  ]);
  const wrong = planOver(
    ['a'],
    [{ field: 'birth_date', from: [], constant: '31.2.2020', standardizer: 'date', options: { order: 'dmy' } }],
  );
  expect(() => run(['1'], wrong)).toThrow('plan.unresolved: The standardizer of field birth_date does not take its constant.');
  expect(() => run(['1'], wrong)).not.toThrow('31');
});

test('one column may feed several fields, whole and in parts, and is carried in none of them', () => {
  const plan = planOver(
    ['born', 'x'],
    [
      { field: 'birth_date', from: ['born'], standardizer: 'date', options: { order: 'ymd' } },
      { field: 'county', from: ['born'], part: { separator: '-', at: 0 } },
      { field: 'ethnicity', from: ['born'] },
    ],
  );
  expect(told(['1987-03-09,y'], plan, ['birth_date', 'county', 'ethnicity', 'source.x'])).toEqual([
    ['1987-03-09', '1987', '1987-03-09', 'y'],
  ]);
});

test('without standardizing joins, parts and constants are made of received text, and value maps do not apply', () => {
  const plan = planOver(
    ['a', 'b'],
    [
      { field: 'address', from: ['a', 'b'], join: '|' },
      { field: 'city', from: ['a'], part: { separator: ' ', at: 1 } },
      { field: 'country', from: [], constant: ' US ' },
      { field: 'sex', from: ['b'], values: { m: 'female' }, standardizer: 'sex' },
    ],
    { standardize_fields: false },
  );
  expect(told([' n/a ,m', ',m', 'x\u0001 y,'], plan, ['address', 'city', 'country', 'sex'])).toEqual([
    [' n/a |m', 'n/a', ' US ', 'm'],
    ['m', null, ' US ', 'm'],
    ['x y', 'y', ' US ', null],
  ]);
});

test('a finding of several columns points to the first, and tells what was received in all of them, once', () => {
  const plan = planOver(
    ['d', 'm', 'y'],
    [{ field: 'birth_date', from: ['m', 'd', 'y'], join: '/', standardizer: 'date', options: { order: 'mdy' } }],
  );
  const { findings, result } = run(['30,2 ,1987', '9\u0001,3\u0002,1987'], plan);
  expect(findings.map(({ record, column, field, code, value }) => [record, column, field, code, value])).toEqual([
    [1, 1, 'birth_date', 'date.invalid', '2 /30/1987'],
    [2, 1, 'birth_date', 'text.control_character', '3\u0002/9\u0001/1987'],
  ]);
  expect(result.profile.columns.find(({ name }) => name === 'birth_date')).toMatchObject({
    sources: [1, 0, 2],
    received: 2,
    refused: 1,
    nulls: 1,
  });
  expect(result.profile.columns.filter(({ sources }) => sources.length > 0)).toHaveLength(1);
});

test('a required field that no record can have sets every record aside, without a column to point to', () => {
  const { quarantine, rows } = run(
    ['1'],
    planOver(
      ['a'],
      [
        { field: 'county', from: [] },
        { field: 'city', from: ['a'] },
      ],
      {},
      { required: ['county'] },
    ),
  );
  expect(rows).toEqual([]);
  expect(quarantine).toMatchObject([{ code: 'field.required', column: null, field: null }]);
});

test('records that differ only in what a part or a join does not show are not the same record', () => {
  const part = planOver(['name'], [{ field: 'last_name', from: ['name'], part: { separator: ',', at: 0 } }]);
  const named = run(['"Okafor,Ada"', '"Okafor,Bea"', '"Okafor,Ada"', '"Okafor,Ada "'], part);
  expect(named.rows).toHaveLength(2);
  expect(named.duplicates.map(({ record, survivor_record }) => [record, survivor_record])).toEqual([
    [3, 1],
    [4, 1],
  ]);
  const join = planOver(['site', 'id'], [{ field: 'patient_id', from: ['site', 'id'], join: '' }]);
  expect(run(['1,23', '12,3', '1,23', '123,'], join).rows).toHaveLength(3);
  const received = planOver(['name'], [{ field: 'last_name', from: ['name'], part: { separator: ',', at: 0 } }], {
    standardize_fields: false,
  });
  expect(run(['"a,b"', '"a,b "', '"a,b"', '"a,b\u0001"'], received).rows).toHaveLength(3);
});

test('what only tells records apart is in the part and not in silver, and no column that is in the result anyhow', () => {
  const columns = partColumns(
    planOver(
      ['a', 'b', 'c'],
      [
        { field: 'last_name', from: ['a'], part: { separator: ',', at: 0 } },
        { field: 'address', from: ['a', 'b', 'c'] },
        { field: 'city', from: ['b'], values: { x: 'y' } },
      ],
    ),
    person,
  );
  expect(columns.filter(({ role }) => role === 'identity').map(({ name }) => name)).toEqual(['_identity.0', '_identity.2']);
  const { text } = silverCopy(columns, { path: '/p', longestRow: 10 }, '/t');
  expect(text.split('FROM')[0]).not.toContain('_identity');
  expect(text).toContain('_identity.2');
});

test('lineage counts what became of the values of every field and carried column, of accepted records only', () => {
  const plan = planOver(
    ['id', 'born', 'a', 'b', 'note'],
    [
      { field: 'birth_date', from: ['born'], standardizer: 'date', options: { order: 'mdy' } },
      { field: 'patient_id', from: ['id'], standardizer: 'identifier' },
      { field: 'address', from: ['a', 'b'], join: '-', values: { x: 'y', z: 'z' } },
      { field: 'country', from: [], constant: 'US' },
    ],
    {},
    { required: ['patient_id'] },
  );
  const lines = [
    '1,3/9/1987,x,,n', // birth_date changed, address translated
    '2,1987-03-09,p,q,n\u0001', // note changed
    '3,2/30/1987,n/a,,', // refused; null token
    ',3/9/1987,x,,n', // set aside
    '1,3/9/1987,x,,n', // merged
    '4, ,z,,n', // blank only; translated to itself
  ];
  const { result } = run(lines, plan);
  expect(result.ledger).toMatchObject({ recordsIn: 6, recordsOut: 4, recordsQuarantined: 1, recordsMerged: 1 });
  const counts = { records: 5, refused: 0, findings: {} };
  expect(result.lineage).toEqual({
    version: 1,
    entity: 'person',
    fields: [
      { field: 'patient_id', from: [{ ordinal: 0, name: 'id' }], standardizer: 'identifier', options: {}, ...counts, nulls: 0, changed: 0 },
      {
        field: 'birth_date',
        from: [{ ordinal: 1, name: 'born' }],
        standardizer: 'date',
        options: { order: 'mdy' },
        records: 5,
        nulls: 2,
        changed: 4,
        refused: 1,
        findings: { 'date.invalid': 1 },
      },
      {
        field: 'address',
        from: [
          { ordinal: 2, name: 'a' },
          { ordinal: 3, name: 'b' },
        ],
        join: '-',
        values: 2,
        standardizer: 'text',
        options: {},
        ...counts,
        nulls: 1,
        changed: 3,
      },
      { field: 'country', from: [], constant: 'US', standardizer: 'text', options: {}, ...counts, nulls: 0, changed: 0 },
    ],
    carried: [{ ordinal: 4, name: 'note', records: 5, nulls: 1, changed: 1 }],
  });
});

test('any mapping means the same as its reading on strings, whatever the chunks', () => {
  const text = findStandardizer('text')!;
  const nulls = ['n/a'];
  const clean = (value: string): string => (nulls.includes(value.trim().toLowerCase()) ? '' : value.trim());
  const value = fc.string({ unit: fc.constantFrom('a', 'b', ' ', '-', 'é', 'n/a', '/', ','), maxLength: 6 });
  const mapping = fc.record({
    from: fc.uniqueArray(fc.constantFrom('p', 'q', 'r'), { minLength: 1, maxLength: 3 }),
    join: fc.option(fc.constantFrom('', '-', ' ', ', '), { nil: undefined }),
    part: fc.option(fc.record({ separator: fc.constantFrom('-', ' ', 'a', 'é', ', '), at: fc.integer({ min: -3, max: 3 }) }), {
      nil: undefined,
    }),
    values: fc.option(fc.dictionary(fc.constantFrom('a', 'b', 'ab', 'é', 'a b'), fc.constantFrom('z', '', 'n/a', ' y ')), {
      nil: undefined,
    }),
  });
  fc.assert(
    fc.property(
      mapping,
      fc.array(fc.tuple(value, value, value), { minLength: 1, maxLength: 8 }),
      fc.integer({ min: 1, max: 4 }),
      (given, records, batchRecords) => {
        const { join, part, values, from } = given;
        const members = Object.fromEntries(Object.entries({ join, part, values }).filter(([, member]) => member !== undefined));
        const plan = planOver(['p', 'q', 'r'], [{ field: 'address', from, ...members }], { remove_duplicates: false });
        const expected = records.map((record) => {
          const columns = from.map((name) => clean(record['pqr'.indexOf(name)]!)).filter((column) => column !== '');
          let composed = columns.join(join ?? ' ');
          if (from.length > 1 || part !== undefined) composed = clean(composed);
          if (part !== undefined)
            composed = clean(
              columns
                .join(join ?? ' ')
                .split(part.separator)
                .at(part.at) ?? '',
            );
          if (values !== undefined && Object.hasOwn(values, composed)) composed = clean(values[composed]!);
          const reading = composed === '' ? undefined : text.reference(composed, {});
          return reading !== undefined && 'value' in reading ? reading.value : null;
        });
        const lines = records.map((record) => record.map((cell) => `"${cell}"`).join(','));
        expect(told(lines, plan, ['address'], { batchRecords }).flat()).toEqual(expected);
      },
    ),
    { numRuns: 200 },
  );
});
