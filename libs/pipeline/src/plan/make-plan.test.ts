import { createHash } from 'node:crypto';
import { AppError, GivenMapping, Plan, type JobOptions } from '@attune/core';
import { inspectText } from '../inspect/inspect-text.js';
import { makePlan, type PlanAnswer } from './make-plan.js';

const OPTIONS: JobOptions = {
  remove_duplicates: true,
  standardize_fields: true,
  validate_schema: true,
  output_formats: ['csv', 'parquet'],
  review: 'never',
};
const RECEIVED = '2026-01-02T03:04:05Z';

function plan(text: string, given?: object, options: JobOptions = OPTIONS): PlanAnswer {
  const head = new TextEncoder().encode(text);
  const fingerprint = (names: string): string => createHash('sha256').update(names).digest('hex');
  const inspection = inspectText({ head, windows: [], size: head.length, fingerprint });
  return makePlan({ ...inspection, options, receivedAt: RECEIVED, ...(given === undefined ? {} : { given: GivenMapping.parse(given) }) });
}

function refusal(text: string, given: object): AppError {
  try {
    plan(text, given);
  } catch (error) {
    if (error instanceof AppError) return error;
  }
  throw new Error('The plan was made.');
}

const PEOPLE = `patient_id,first_name,last_name,dob,sex,state,provider_state,shoe_size
p1,Ada,Farrow,25/03/1980,F,MA,MA,38
p2,Nils,Upton,31/12/1999,M,ma,MA,44
p3,Zara,Walden,01/02/2000,U,Massachusetts,MA,39
`;

const orderOf = ({ plan: made }: PlanAnswer): unknown => made.mapping.fields.find(({ field }) => field === 'birth_date')?.options['order'];

test('the plan is whole: it passes its own schema and says everything that the transform needs', () => {
  const { plan: made } = plan(PEOPLE);
  const { remove_duplicates, standardize_fields, validate_schema, output_formats } = OPTIONS;
  expect(Plan.parse(JSON.parse(JSON.stringify(made)))).toEqual(made);
  expect(made).toMatchObject({
    version: 1,
    required: [],
    quarantine_limit: 0.2,
    options: { remove_duplicates, standardize_fields, validate_schema, output_formats },
    received_at: RECEIVED,
    comments: null,
  });
  expect(made.columns.map(({ name }) => name)).toEqual(PEOPLE.split('\n')[0]!.split(','));
  expect(made.mapping.fields.map(({ field }) => field)).toEqual(['patient_id', 'first_name', 'last_name', 'birth_date', 'sex', 'state']);
});

test('every carried column has a finding, with the best guess where there is one', () => {
  const { plan: made, findings } = plan(PEOPLE);
  expect(made.mapping.carried.map(({ name }) => name)).toEqual(['provider_state', 'shoe_size']);
  expect(findings).toEqual([
    { code: 'mapping.unsure', severity: 'warning', member: '', column: 6, field: 'state' },
    { code: 'mapping.unsure', severity: 'warning', member: '', column: 7, field: 'shoe_size' },
  ]);
});

test('findings about the header come with the column they concern', () => {
  const { findings } = plan('patient_id,first_name,last_name,dob,note,note\n1,Ada,Farrow,1980-01-02,a,b\n2,Nils,Upton,1999-01-02,c,d\n');
  expect(findings.some(({ code, column }) => code === 'header.duplicate' && column === 5)).toBe(true);
});

test.each([
  ['more dates are dates with the day first', ['25/03/1980', '31/12/1999', '01/02/2000'], 'dmy'],
  ['more dates are dates with the month first', ['03/25/1980', '12/31/1999', '01/02/2000'], 'mdy'],
  ['the sample does not tell', ['01/02/2000', '2000-01-31', '20000131'], 'mdy'],
])('the order of dates where %s', (_, dates, order) => {
  const made = plan(`patient_id,first_name,last_name,dob\n${dates.map((date, n) => `p${n},Ada,Farrow,${date}\n`).join('')}`);
  expect(orderOf(made)).toBe(order);
});

test('an order that the caller gives stays', () => {
  const given = { fields: [{ field: 'birth_date', from: [{ ordinal: 3, name: 'dob' }], options: { order: 'mdy' } }] };
  expect(orderOf(plan(PEOPLE, given))).toBe('mdy');
});

test('a field is required where the caller says so, and nowhere else', () => {
  const from = [{ ordinal: 3, name: 'dob' }];
  expect(plan(PEOPLE).plan.required).toEqual([]);
  expect(plan(PEOPLE, { fields: [{ field: 'birth_date', from, required: true }] }).plan.required).toEqual(['birth_date']);
});

test('a given mapping is obeyed, and only what it does not decide is unsure', () => {
  const given = {
    fields: [{ field: 'patient_id', from: [{ ordinal: 0, name: 'patient_id' }] }],
    carried: [{ ordinal: 7, name: 'shoe_size' }],
  };
  const { plan: made, findings } = plan(PEOPLE, given);
  expect(made.mapping.fields.map(({ field }) => field)).toEqual(['patient_id']);
  expect(made.mapping.carried.map(({ ordinal }) => ordinal)).toEqual([1, 2, 3, 4, 5, 6, 7]);
  expect(findings.map(({ column }) => column)).toEqual([1, 2, 3, 4, 5, 6]);
});

test('a name that is not registered fails here', () => {
  const error = refusal(PEOPLE, { fields: [{ field: 'sex', from: [{ ordinal: 4, name: '' }], standardizer: 'horoscope' }] });
  expect(error.code).toBe('plan.unresolved');
});

test('options that the standardizer does not have fail here', () => {
  const error = refusal(PEOPLE, { fields: [{ field: 'birth_date', from: [{ ordinal: 3, name: '' }], options: { order: 'sideways' } }] });
  expect(error.code).toBe('plan.unresolved');
});

test('a standardizer of another type than the field, or an entity that does not exist, is a mapping that does not fit', () => {
  const state = { field: 'state', from: [{ ordinal: 5, name: '' }] };
  const birth = { field: 'birth_date', from: [{ ordinal: 3, name: '' }], standardizer: 'text' };
  const typed = refusal(PEOPLE, { fields: [state, birth] });
  expect(typed).toMatchObject({ code: 'mapping_invalid', errors: [{ pointer: '/fields/1/standardizer' }] });
  expect(refusal(PEOPLE, { entity: 'starship', fields: [] })).toMatchObject({ code: 'mapping_invalid', errors: [{ pointer: '/entity' }] });
});

test('without standardization the columns are mapped all the same, and the same question has the same answer', () => {
  const options = { ...OPTIONS, standardize_fields: false };
  expect(plan(PEOPLE, undefined, options).plan.mapping).toEqual(plan(PEOPLE).plan.mapping);
  expect(JSON.stringify(plan(PEOPLE))).toBe(JSON.stringify(plan(PEOPLE)));
});
