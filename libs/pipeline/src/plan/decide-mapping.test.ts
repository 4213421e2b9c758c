import { createHash } from 'node:crypto';
import { AppError, entities, GivenMapping } from '@attune/core';
import { inspectText } from '../inspect/inspect-text.js';
import { checkMapping, decideMapping, type MappingDecision, type MappingDecisionQuestion } from './decide-mapping.js';

type Known = Omit<MappingDecisionQuestion, 'detection' | 'profile'>;

function decide(text: string, known: Known = {}): MappingDecision {
  const head = new TextEncoder().encode(text);
  const fingerprint = (names: string): string => createHash('sha256').update(names).digest('hex');
  return decideMapping({ ...inspectText({ head, windows: [], size: head.length, fingerprint }), ...known });
}

function refusal(work: () => unknown): AppError {
  try {
    work();
  } catch (error) {
    if (error instanceof AppError) return error;
  }
  throw new Error('Nothing was refused.');
}

const given = (fields: object[], more: object = {}): GivenMapping => GivenMapping.parse({ fields, ...more });
const PEOPLE = `patient_id,first_name,last_name,dob,sex,shoe_size
p1,Ada,Farrow,1980-03-25,F,38
p2,Nils,Upton,1999-12-31,M,44
p3,Zara,Walden,2000-02-01,U,39
`;

test('what the tenant has accepted for the same columns needs no decision, and says where it comes from', () => {
  const first = decide(PEOPLE, { given: given([{ field: 'birth_date', from: [{ ordinal: 3, name: 'dob' }] }]) });
  const second = decide(PEOPLE, { remembered: GivenMapping.parse(first.mapping) });
  expect(second).toMatchObject({ decidedBy: 'memory', unsure: [], misfits: [] });
  expect(second.mapping.fields.map(({ field, options }) => [field, options])).toEqual([['birth_date', { order: 'mdy' }]]);
  expect(second.mapping.fields[0]!.reasons).toContain('Accepted before for the same columns.');
  expect(second.mapping.carried).toHaveLength(5);
});

test('values that no longer fit what was accepted are told, and the mapping is applied all the same', () => {
  const remembered = GivenMapping.parse(decide(PEOPLE, { given: given([{ field: 'sex', from: [{ ordinal: 4, name: 'sex' }] }]) }).mapping);
  const later = decide(PEOPLE.replaceAll(/,[FMU],/g, ',north,'), { remembered });
  expect(later.mapping.fields.map(({ field }) => field)).toEqual(['sex']);
  expect(later.misfits).toMatchObject([{ field: 'sex', column: { ordinal: 4 }, reason: 'Only 0 of 3 values of the sample fit sex.' }]);
});

test('the caller comes before memory, and memory that no longer fits the entities comes after nothing', () => {
  const remembered = given([{ field: 'sex', from: [{ ordinal: 4, name: 'sex' }] }]);
  const caller = given([{ field: 'first_name', from: [{ ordinal: 1, name: '' }] }]);
  expect(decide(PEOPLE, { given: caller, remembered })).toMatchObject({
    decidedBy: 'caller',
    mapping: { fields: [{ field: 'first_name' }] },
  });
  const gone = given([{ field: 'favourite_colour', from: [{ ordinal: 5, name: '' }] }]);
  expect(decide(PEOPLE, { remembered: gone }).decidedBy).toBe('suggestion');
});

test('a constant is made canonical once, and one that the field does not take is refused with its place', () => {
  const made = decide(PEOPLE, {
    given: given([
      { field: 'birth_date', from: [], constant: ' 3/9/1987 ' },
      { field: 'sex', from: [], constant: 'female' },
    ]),
  });
  expect(made.mapping.fields.map(({ field, constant }) => [field, constant])).toEqual([
    ['birth_date', '1987-03-09'],
    ['sex', 'female'],
  ]);
  for (const constant of ['2/30/1987', 'n/a', '']) {
    const error = refusal(() => decide(PEOPLE, { given: given([{ field: 'birth_date', from: [], constant }]) }));
    expect(error).toMatchObject({ code: 'mapping_invalid', errors: [{ pointer: '/fields/0/constant', code: 'constant.refused' }] });
    expect(JSON.stringify([error.message, error.errors])).not.toContain('1987');
  }
});

test('a translation into something that the field does not take is refused, one into nothing is not', () => {
  const from = [{ ordinal: 4, name: 'sex' }];
  expect(decide(PEOPLE, { given: given([{ field: 'sex', from, values: { U: '' } }]) }).mapping.fields).toHaveLength(1);
  const error = refusal(() => decide(PEOPLE, { given: given([{ field: 'sex', from, values: { U: 'north' } }]) }));
  expect(error).toMatchObject({ code: 'mapping_invalid', errors: [{ pointer: '/fields/0/values', code: 'values.refused' }] });
});

test('a whole name is cut into its parts where that is sure', () => {
  const rows = Array.from({ length: 20 }, (_, n) => `p${n},"Farrow${'abcdefghijklmnopqrst'[n]}, Ada",1980-03-25\n`);
  const { mapping } = decide(`patient_id,patient_name,dob\n${rows.join('')}`);
  expect(mapping.fields.map(({ field }) => field)).toEqual(['patient_id', 'first_name', 'last_name', 'birth_date']);
});

test('every entity that has synonyms may be named, and only those', () => {
  for (const { name } of entities) {
    const work = (): MappingDecision => decide(PEOPLE, { entity: name });
    expect(work().mapping.entity).toBe(name);
  }
  expect(refusal(() => decide(PEOPLE, { entity: 'starship' }))).toMatchObject({
    code: 'mapping_invalid',
    errors: [{ pointer: '/entity' }],
  });
});

test('persons are found to be persons, with the reason', () => {
  const { mapping, scores } = decide(PEOPLE);
  expect(mapping).toMatchObject({ entity: 'person', reasons: [expect.stringMatching(/^"person" explains 5 of 6 columns/)] });
  expect(scores[0]!.entity).toBe('person');
});

test('a document is checked without data as far as that goes', () => {
  expect(() => checkMapping(given([{ field: 'sex', from: [{ ordinal: 9, name: 'g' }] }]))).not.toThrow();
  for (const [document, pointer] of [
    [given([{ field: 'shoe', from: [{ ordinal: 9, name: 'g' }] }]), '/fields/0/field'],
    [given([{ field: 'sex', from: [{ ordinal: 9, name: 'g' }], standardizer: 'date' }]), '/fields/0/standardizer'],
    [given([], { entity: 'starship' }), '/entity'],
  ] as const) {
    const error = refusal(() => checkMapping(document));
    expect(error.errors[0]?.pointer).toBe(pointer);
  }
});
