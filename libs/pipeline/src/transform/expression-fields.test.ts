import { findEntity, GivenMapping, type Plan } from '@attune/core';
import { decideMapping } from '../plan/decide-mapping.js';
import { planOver } from './mapping-plan.fixture.js';
import { partColumns } from './part-columns.js';
import { transformText } from './transform-text.fixture.js';

const person = findEntity('person')!;

function told(lines: readonly string[], plan: Plan, wanted: readonly string[]): (string | null)[][] {
  const names = partColumns(plan, person).map(({ name }) => name);
  return run(lines, plan).rows.map((row) => wanted.map((name) => row[names.indexOf(name)]!));
}

const run = (lines: readonly string[], plan: Plan) =>
  transformText([plan.columns.map(({ name }) => name).join(','), ...lines, ''].join('\n'), plan);

const kept = { remove_duplicates: false };

test('a mapping with expressions that a caller gives makes the right canonical records', () => {
  const headers = ['Patient Name', 'Yr', 'Mo', 'Dy', 'Home Phone', 'Cell', 'Sex', 'Sex'];
  const columns = headers.map((name, ordinal) => ({ name, ordinal }));
  const given = GivenMapping.parse({
    fields: [
      { field: 'last_name', expression: 'split_part([Patient Name], "^", 1)' },
      { field: 'first_name', expression: 'split_part([Patient Name], "^", 2)' },
      { field: 'birth_date', expression: 'date(integer([Yr]), integer([Mo]), integer([Dy]))' },
      { field: 'phone', expression: 'coalesce([Cell], [Home Phone])' },
      { field: 'sex', expression: 'if column(7) in ("1", "male") then "male" else column(6)' },
      { field: 'patient_id', expression: 'concat("P", pad_left([Yr], 6, "0"), upper(substring([Patient Name], 1, 1)))' },
    ],
  });
  const { mapping } = decideMapping({ given, detection: { columns }, profile: { records: 0, columns: [] } });
  expect(mapping.fields.map(({ field, from }) => [field, from.map(({ ordinal }) => ordinal)])).toEqual([
    ['patient_id', [1, 0]],
    ['first_name', [0]],
    ['last_name', [0]],
    ['birth_date', [1, 2, 3]],
    ['sex', [7, 6]],
    ['phone', [5, 4]],
  ]);
  expect(mapping.carried).toEqual([]);
  const plan = { ...planOver(headers, []), mapping };
  const lines = ['okafor^ADA^B,1987,3,9,217-555-0123,,F,1', "O'NEIL^bea,2004,2,29,,(312) 555-0199,f,2", 'Ferreira,1990,,1,,,x,'];
  expect(told(lines, plan, ['last_name', 'first_name', 'birth_date', 'phone', 'sex', 'patient_id'])).toEqual([
    ['Okafor', 'Ada', '1987-03-09', '+12175550123', 'male', 'P001987O'],
    ["O'Neil", 'Bea', '2004-02-29', '+13125550199', 'female', 'P002004O'],
    ['Ferreira', null, null, null, 'other', 'P001990F'],
  ]);
});

test('an expression that fails is a finding with all that was received, and the record stays', () => {
  const field = { field: 'birth_date', from: ['y', 'm'], expression: 'date(integer([y]), integer([m]), 31)', standardizer: 'date' };
  const plan = planOver(['y', 'm', 'n'], [{ ...field, options: { order: 'mdy' } }], kept);
  const { findings, rows, result } = run(['1987,2,a', '19x7,1,b', '1987,3,c', ',,d', 'n/a,1,e', '0001,1,f'], plan);
  expect(rows).toHaveLength(6);
  expect(findings.map(({ record, column, field: of, code, value }) => [record, column, of, code, value])).toEqual([
    [1, 0, 'birth_date', 'expression.failed', '1987 2'],
    [2, 0, 'birth_date', 'expression.failed', '19x7 1'],
    [6, 0, 'birth_date', 'date.invalid', '0001 1'],
  ]);
  expect(result.lineage.fields[0]).toMatchObject({
    expression: field.expression,
    refused: 3,
    nulls: 5,
    findings: { 'expression.failed': 2 },
  });
});

test('a value may come of columns that are empty, and a required field that failed sets the record aside', () => {
  const unknown = planOver(['a', 'x'], [{ field: 'country', from: ['a'], expression: 'coalesce([a], "US")' }], kept);
  expect(told([',', 'n/a,', 'CA,', '" ",'], unknown, ['country']).flat()).toEqual(['US', 'US', 'CA', 'US']);
  const number = { field: 'patient_id', from: ['a'], expression: 'integer([a])', standardizer: 'identifier' };
  const required = planOver(['a', 'x'], [number], kept, { required: ['patient_id'] });
  const { quarantine } = run(['007,', 'x,', ',1'], required);
  expect(told(['007,', 'x,', ',1'], required, ['patient_id'])).toEqual([['7']]);
  expect(quarantine.map(({ code, record }) => [record, code])).toEqual([
    [2, 'field.required'],
    [3, 'field.required'],
  ]);
});

test('control characters of a column are told once, and what an expression makes is clean', () => {
  const plan = planOver(['a', 'b'], [{ field: 'city', from: ['a', 'b'], expression: 'join(" - ", [a], [b])' }], kept);
  const { findings } = run(['x\u0001,y\u0002', ' x , '], plan);
  expect(told(['x\u0001,y\u0002', ' x , ', 'n/a,'], plan, ['city']).flat()).toEqual(['x - y', 'x', null]);
  expect(findings.map(({ record, code }) => [record, code])).toEqual([[1, 'text.control_character']]);
  const token = planOver(['a'], [{ field: 'city', from: ['a'], expression: 'concat("n", [a])' }], kept);
  expect(told(['/a', '/b'], token, ['city']).flat()).toEqual([null, 'n/b']);
});

test('without standardizing an expression works on what was received', () => {
  const options = { standardize_fields: false, ...kept };
  const plan = planOver(['a', 'x'], [{ field: 'city', from: ['a'], expression: 'concat("<", [a], ">")' }], options);
  expect(told([' n/a ,', 'x\u0001,', ','], plan, ['city']).flat()).toEqual(['< n/a >', '<x>', '<>']);
  const failing = planOver(['a'], [{ field: 'city', from: ['a'], expression: 'number([a])' }], options);
  expect(run(['x'], failing).findings.map(({ code }) => code)).toEqual(['expression.failed']);
  expect(told(['x', '1.50'], failing, ['city']).flat()).toEqual([null, '1.5']);
});

test('records that differ only in what an expression does not show are not the same record', () => {
  const plan = planOver(['a'], [{ field: 'city', from: ['a'], expression: 'upper([a])' }]);
  expect(run(['x', 'X', 'x'], plan).rows).toHaveLength(2);
});

test('today is the day on which the dataset was received', () => {
  const field = { field: 'county', from: ['a'], expression: 'age(date([a]))' };
  expect(told(['2000-01-01', '2000-01-02'], planOver(['a'], [field], kept), ['county']).flat()).toEqual(['26', '25']);
});

test('a plan with an expression that is none fails before the first record', () => {
  const plan = planOver(['a'], [{ field: 'city', from: ['a'], expression: 'upper([b])' }]);
  expect(() => run(['x'], plan)).toThrow(
    'plan.unresolved: An expression of the plan is not valid. Line 1, column 7: the data has no column',
  );
});
