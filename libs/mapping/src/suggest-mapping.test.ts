import { findEntity, type ColumnProfile, type Entity, type Mapping, type SampleProfile, type SourceColumn } from '@attune/core';
import fc from 'fast-check';
import { AUTO_APPLY, type MappingQuestion } from './assess-columns.js';
import { explainUnsure, suggest, suggestMapping } from './suggest-mapping.js';
import type { Synonyms } from './synonyms.js';

const entity = findEntity('person') as Entity;

/** A small pack of its own, so that these laws do not depend on what the real ones know. */
const synonyms: Synonyms = {
  entity: 'person',
  filledLater: ['person_id'],
  names: {
    patient_id: [
      { name: 'mrn', confidence: 0.973 },
      { name: 'id', confidence: 0.7, with: [['first_name', 'last_name'], ['birth_date']], ofTable: true },
    ],
    first_name: ['given name', { name: 'first', confidence: 0.9, with: [['last_name']] }],
    last_name: ['surname', { name: 'last', confidence: 0.9, with: [['first_name']] }, { name: 'name', confidence: 0.4 }],
    birth_date: ['dob', 'date of birth'],
    sex: ['gender'],
    zip_code: ['zip'],
  },
  subject: ['patient', 'member'],
  main: ['home'],
  second: ['mailing'],
  place: ['address', 'city', 'state', 'zip_code'],
  coded: ['sex', 'state'],
  others: ['provider'],
  events: ['visit'],
  evidence: ['patient_id', 'first_name', 'last_name', 'birth_date'],
  shared: ['city', 'state', 'zip_code', 'phone'],
  otherTables: ['npi'],
  ownEvidence: ['patient_id', 'birth_date'],
};

const NO_SAMPLE: SampleProfile = { records: 0, columns: [] };

function questionOf(names: readonly string[], profile: SampleProfile = NO_SAMPLE): MappingQuestion {
  return { entity, synonyms, columns: names.map((name, ordinal) => ({ ordinal, name })), profile };
}

const fieldsOf = (mapping: Mapping): Record<string, string> =>
  Object.fromEntries(mapping.fields.map(({ field, from }) => [from[0]!.name, field]));
const suggested = (names: readonly string[], profile?: SampleProfile): Record<string, string> =>
  fieldsOf(suggestMapping(questionOf(names, profile)));

const counted = (ordinal: number, name: string, records: number, nulls: number, fits: Record<string, number>): ColumnProfile => ({
  ordinal,
  name,
  records,
  nulls,
  min_length: 1,
  max_length: 10,
  fits,
});

const KNOWN = [
  'first_name',
  'first',
  'last',
  'Patient First Name',
  'id',
  'mrn',
  'dob',
  'date of birth',
  'gender',
  'sex',
  'zip',
  'mailing zip',
  'state',
  'npi',
  'name',
  '',
  'visit date',
];
const header = fc.oneof(fc.constantFrom(...KNOWN), fc.string({ unit: 'binary', maxLength: 12 }));

describe('laws of every suggestion', () => {
  test('every column is in exactly one place, no field is taken twice, nothing unsure is applied', () => {
    fc.assert(
      fc.property(fc.array(header, { maxLength: 30 }), (names) => {
        const { mapping, unsure } = suggest(questionOf(names));
        const ordinals = [...mapping.fields.flatMap(({ from }) => from), ...mapping.carried].map(({ ordinal }) => ordinal);
        expect([...ordinals].sort((a, b) => a - b)).toEqual(names.map((_, ordinal) => ordinal));
        expect(new Set(mapping.fields.map(({ field }) => field)).size).toBe(mapping.fields.length);
        expect(mapping.fields.every(({ confidence }) => confidence >= AUTO_APPLY && confidence <= 1)).toBe(true);
        expect(unsure.map(({ column }) => column)).toEqual(mapping.carried);
      }),
    );
  });

  test('the same question has the same answer, byte for byte', () => {
    fc.assert(
      fc.property(fc.array(header, { maxLength: 30 }), (names) => {
        expect(JSON.stringify(suggest(questionOf(names)))).toBe(JSON.stringify(suggest(questionOf(names))));
      }),
    );
  });

  test('the order of the columns does not change which column is which field', () => {
    fc.assert(
      fc.property(fc.uniqueArray(header, { maxLength: 20 }), (names) => {
        expect(suggested([...names].reverse())).toEqual(suggested(names));
      }),
    );
  });
});

describe('names', () => {
  test('words for the entity around a name say nothing more', () => {
    expect(suggested(['Patient First Name', 'PATIENTSURNAME', 'dob (member)'])).toEqual({
      'Patient First Name': 'first_name',
      PATIENTSURNAME: 'last_name',
      'dob (member)': 'birth_date',
    });
  });

  test('a prefix that nearly all columns share says nothing, unless it names somebody else', () => {
    expect(suggested(['x_first_name', 'x_surname', 'x_dob', 'x_gender'])).toMatchObject({
      x_first_name: 'first_name',
      x_dob: 'birth_date',
    });
    expect(suggested(['provider_first_name', 'provider_surname', 'provider_dob', 'provider_gender'])).toEqual({});
  });

  test('a known name inside a longer one is told as a guess and not applied', () => {
    const { mapping, unsure } = suggest(questionOf(['provider_first_name', 'gender_concept_id']));
    expect(mapping.fields).toEqual([]);
    expect(unsure.map(({ field }) => field)).toEqual(['first_name', 'sex']);
    expect(unsure.every(({ confidence }) => confidence < AUTO_APPLY)).toBe(true);
  });

  test('a form of the value is not another meaning, an id is', () => {
    expect(suggested(['mrn', 'gender_source_value', 'state_cd'])).toEqual({
      mrn: 'patient_id',
      gender_source_value: 'sex',
      state_cd: 'state',
    });
    expect(suggested(['mrn', 'gender_id'])).toEqual({ mrn: 'patient_id' });
  });

  test('of two columns for one field the surer wins, and the other is carried with the reason', () => {
    const named = suggest(questionOf(['mrn', 'patient_id']));
    expect(fieldsOf(named.mapping)).toEqual({ patient_id: 'patient_id' });
    expect(named.unsure[0]).toMatchObject({ field: 'patient_id', column: { name: 'mrn' } });
    expect(named.unsure[0]!.reasons.at(-1)).toBe('Another column is better for the field.');
  });

  test('two columns equally good for one field are both carried, and the reason says so', () => {
    const { mapping, unsure } = suggest(questionOf(['dob', 'date of birth', 'first_name', 'patient_first_name']));
    expect(mapping.fields).toEqual([]);
    expect(unsure.map(({ reasons }) => reasons.at(-1))).toEqual(Array(4).fill('Several columns are equally good for the field.'));
  });

  test('a field that linkage fills is never suggested', () => {
    expect(suggested(['person_id', 'mrn'])).toEqual({ mrn: 'patient_id' });
  });
});

describe('the rest of the table', () => {
  test('ambiguous names lend each other certainty, and stay unsure alone', () => {
    expect(suggested(['first', 'last'])).toEqual({ first: 'first_name', last: 'last_name' });
    expect(suggested(['first', 'amount'])).toEqual({});
    expect(suggested(['name'])).toEqual({});
  });

  test('an id is the person where the table is about persons, not where it is about events', () => {
    expect(suggested(['id', 'first', 'last'])).toMatchObject({ id: 'patient_id' });
    expect(suggested(['id', 'first', 'last', 'visit_date'])).not.toHaveProperty('id');
    expect(suggested(['id', 'amount'])).toEqual({});
  });

  test('places are not mixed: a mailing address is taken only where it is the only one', () => {
    expect(suggested(['mrn', 'mailing_city', 'mailing_state'])).toEqual({
      mrn: 'patient_id',
      mailing_city: 'city',
      mailing_state: 'state',
    });
    expect(suggested(['mrn', 'home_city', 'mailing_city', 'mailing_state'])).toEqual({ mrn: 'patient_id', home_city: 'city' });
  });

  test('what other things have as well is not taken from a table without a person', () => {
    expect(suggested(['name', 'city', 'state', 'zip', 'phone'])).toEqual({});
    expect(suggested(['mrn', 'city', 'state'])).toEqual({ mrn: 'patient_id', city: 'city', state: 'state' });
  });

  test('nothing is taken from a table about somebody else', () => {
    expect(suggested(['npi', 'first_name', 'last_name', 'city'])).toEqual({});
    expect(suggested(['mrn', 'npi', 'first_name'])).toEqual({ mrn: 'patient_id', first_name: 'first_name' });
  });
});

describe('the sample', () => {
  const columns: readonly SourceColumn[] = [
    { ordinal: 0, name: 'mrn' },
    { ordinal: 1, name: 'state' },
  ];
  const withState = (fits: number, nulls = 0): SampleProfile => ({
    records: 100,
    columns: [counted(0, 'mrn', 100, 0, { identifier: 100 }), counted(1, 'state', 100, nulls, { 'us-state': fits })],
  });

  test.each([
    [100, 0, true],
    [90, 0, true],
    [89, 0, false],
    [9, 0, false],
    [45, 50, true],
    [44, 50, false],
    [0, 100, true],
  ])('%i fitting values with %i nulls of 100: applied is %p', (fits, nulls, applied) => {
    const mapping = suggestMapping({ entity, synonyms, columns, profile: withState(fits, nulls) });
    expect(mapping.fields.some(({ field }) => field === 'state')).toBe(applied);
  });

  test('the reason tells counts, and the confidence falls below the line', () => {
    const [state] = suggest({ entity, synonyms, columns, profile: withState(9) }).unsure;
    expect(state!.reasons).toContain('Only 9 of 100 values of the sample fit us-state.');
    expect(state!.confidence).toBeLessThan(AUTO_APPLY);
  });

  test('dates count by the order that fits best', () => {
    const profile = { records: 10, columns: [counted(0, 'dob', 10, 0, { 'date:mdy': 2, 'date:dmy': 10 })] };
    expect(suggested(['dob'], profile)).toEqual({ dob: 'birth_date' });
  });

  test('names that are numbers are no names, and lend no certainty', () => {
    const profile = { records: 10, columns: [counted(0, 'first', 10, 0, { decimal: 10 }), counted(1, 'last', 10, 0, { decimal: 0 })] };
    expect(suggested(['first', 'last'], profile)).toEqual({});
  });
});

test('a given mapping is explained by its carried columns, in their order', () => {
  const question = questionOf(['dob', 'provider_first_name', 'amount']);
  const given: Mapping = { version: 1, entity: 'person', fields: [], carried: question.columns.map((column) => ({ ...column })) };
  expect(explainUnsure(given, question).map(({ column, field }) => [column.name, field])).toEqual([
    ['dob', 'birth_date'],
    ['provider_first_name', 'first_name'],
    ['amount', undefined],
  ]);
});
