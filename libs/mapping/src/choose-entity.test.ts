import fc from 'fast-check';
import { chooseEntity, type EntityCandidate, type EntityChoice } from './choose-entity.js';
import { columnsNamed, entityOf, person, personNames, profileOf, synonymsOf } from './people.fixture.js';

const visit: EntityCandidate = {
  entity: entityOf('visit', { visit_id: 'identifier', patient_id: 'identifier', start_date: 'date', code: 'text', ward: 'text' }, [
    'code',
    'start_date',
  ]),
  synonyms: synonymsOf('visit', { names: { visit_id: [{ name: 'id', confidence: 0.96 }] } }),
};
const illness: EntityCandidate = {
  entity: entityOf('illness', { illness_id: 'identifier', patient_id: 'identifier', onset_date: 'date', code: 'text', severity: 'text' }, [
    'code',
    'onset_date',
  ]),
  synonyms: synonymsOf('illness', { names: { onset_date: ['start date'] } }),
};
const CANDIDATES: readonly EntityCandidate[] = [{ entity: person, synonyms: personNames }, visit, illness];

function choice(names: readonly string[], kinds: readonly string[] = names.map(() => 'word'), fileName?: string): EntityChoice {
  const question = { candidates: CANDIDATES, columns: columnsNamed(names), profile: profileOf(kinds) };
  return chooseEntity(fileName === undefined ? question : { ...question, fileName });
}
const chosen = (...asked: Parameters<typeof choice>): string => choice(...asked).suggestion.mapping.entity;

test('the entity that explains most of the table is taken, and the reason says so', () => {
  expect(chosen(['mrn', 'first_name', 'last_name', 'dob', 'gender'], ['id', 'word', 'word', 'date', 'sex'])).toBe('person');
  const found = choice(['visit_id', 'patient_id', 'start_date', 'ward'], ['id', 'id', 'date', 'word']);
  expect(found).toMatchObject({ clear: true, suggestion: { mapping: { entity: 'visit', reasons: ['"visit" explains 4 of 4 columns.'] } } });
  expect(chosen(['patient_id', 'start_date', 'code', 'severity'], ['id', 'date', 'word', 'word'])).toBe('illness');
});

test('a table of visits that repeats the persons is about visits', () => {
  const names = ['start_date', 'code', 'ward', 'visit_id', 'patient_id', 'first_name', 'last_name', 'dob', 'gender'];
  expect(chosen(names, ['date', 'word', 'word', 'id', 'id', 'word', 'word', 'date', 'sex'])).toBe('visit');
});

test('where two explain the table alike, only what they agree on is applied', () => {
  const found = choice(['patient_id', 'start_date', 'code'], ['id', 'date', 'word']);
  expect(found.clear).toBe(false);
  const { mapping, unsure } = found.suggestion;
  expect([...mapping.fields.flatMap(({ from }) => from), ...mapping.carried].map(({ ordinal }) => ordinal).sort()).toEqual([0, 1, 2]);
  expect(unsure.map(({ column }) => column)).toEqual(mapping.carried);
  expect(mapping.fields.map(({ field }) => field)).toEqual(['patient_id', 'code']);
  expect(unsure[0]!.reasons.at(-1)).toBe('It is not clear whether a record of the table is "visit" or "illness".');
});

test('the name of the file decides between equals', () => {
  const names = ['patient_id', 'start_date', 'code'];
  const kinds = ['id', 'date', 'word'];
  expect(choice(names, kinds, 'illnesses.csv').clear).toBe(false);
  expect(choice(names, kinds, 'Illness_2024.csv.gz')).toMatchObject({ clear: true, suggestion: { mapping: { entity: 'illness' } } });
  expect(chosen(names, kinds, 'visits.csv')).toBe('visit');
});

test('a key that comes again in many records is not the key of the table', () => {
  const profile = profileOf(['id', 'id', 'date', 'word']);
  const repeated = { ...profile, columns: profile.columns.map((column) => (column.ordinal === 0 ? { ...column, distinct: 5 } : column)) };
  const columns = columnsNamed(['visit_id', 'patient_id', 'start_date', 'severity']);
  const scoreOf = (sample: typeof profile): number =>
    chooseEntity({ candidates: CANDIDATES, columns, profile: sample }).scores.find(({ entity }) => entity === 'visit')!.score;
  expect(scoreOf(repeated)).toBeLessThan(scoreOf(profile) - 1);
});

test('a table that nothing explains is taken for persons with nothing mapped', () => {
  const found = choice(['shoe', 'hat'], ['word', 'word']);
  expect(found).toMatchObject({ clear: false, suggestion: { mapping: { entity: 'person', fields: [] } } });
});

test('the same table has the same answer, whatever the order of its columns', () => {
  const header = fc.constantFrom('mrn', 'dob', 'visit_id', 'patient_id', 'start_date', 'code', 'ward', 'severity', 'first_name', 'x', '');
  fc.assert(
    fc.property(fc.uniqueArray(header, { maxLength: 11 }), (names) => {
      const one = choice(
        names,
        names.map(() => 'id'),
      );
      expect(
        JSON.stringify(
          choice(
            names,
            names.map(() => 'id'),
          ),
        ),
      ).toBe(JSON.stringify(one));
      const turned = choice(
        [...names].reverse(),
        names.map(() => 'id'),
      );
      const byName = ({ suggestion: { mapping } }: EntityChoice): unknown => [
        mapping.entity,
        Object.fromEntries(mapping.fields.map(({ field, from }) => [field, from[0]!.name])),
      ];
      expect(byName(turned)).toEqual(byName(one));
    }),
  );
});
