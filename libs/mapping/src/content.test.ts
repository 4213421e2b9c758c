import fc from 'fast-check';
import { AUTO_APPLY } from './assess-columns.js';
import { columnsNamed, person, personNames, profileOf } from './people.fixture.js';
import { suggest, type Suggestion } from './suggest-mapping.js';

const suggestion = (names: readonly string[], kinds: readonly string[]): Suggestion =>
  suggest({ entity: person, synonyms: personNames, columns: columnsNamed(names), profile: profileOf(kinds) });

const applied = (names: readonly string[], kinds: readonly string[]): Record<string, string> =>
  Object.fromEntries(suggestion(names, kinds).mapping.fields.map(({ field, from }) => [from[0]!.name, field]));

/** A table as it should be: header, and the kind of values under it. */
const TABLE = [
  ['mrn', 'id'],
  ['first_name', 'word'],
  ['last_name', 'word'],
  ['dob', 'date'],
  ['gender', 'sex'],
  ['state', 'state'],
  ['zip', 'zip'],
  ['email', 'email'],
] as const;
const NAMES = TABLE.map(([name]) => name);
const VALUES = TABLE.map(([, kind]) => kind);
const FIELD: Readonly<Record<string, string>> = {
  id: 'patient_id',
  date: 'birth_date',
  sex: 'sex',
  state: 'state',
  zip: 'zip_code',
  email: 'email',
};

test('names and values that agree are all applied', () => {
  expect(Object.keys(applied(NAMES, VALUES))).toEqual(NAMES);
});

test('under a displaced header row nothing is applied, not even where the values happen to fit', () => {
  for (let shift = 1; shift < NAMES.length; shift += 1) {
    const moved = VALUES.map((_, at) => VALUES[(at + shift) % VALUES.length]!);
    expect([shift, applied(NAMES, moved)]).toEqual([shift, {}]);
  }
});

test('whatever headers are swapped, no column is applied to a field whose form its values do not have', () => {
  fc.assert(
    fc.property(
      fc.shuffledSubarray(
        TABLE.map((_, at) => at),
        { minLength: TABLE.length },
      ),
      (order) => {
        const kinds = order.map((at) => VALUES[at]!);
        for (const [name, field] of Object.entries(applied(NAMES, kinds))) {
          const kind = kinds[NAMES.indexOf(name as (typeof NAMES)[number])]!;
          expect([kind, field]).toEqual([kind, FIELD[kind] ?? expect.stringMatching(/first_name|last_name|patient_id/)]);
        }
      },
    ),
    { numRuns: 500 },
  );
});

test('STATE_CODE over numbers is carried with its reason and never guessed', () => {
  const { mapping, unsure } = suggestion(['mrn', 'dob', 'STATE_CODE'], ['id', 'date', 'number']);
  expect(mapping.fields.map(({ field }) => field)).toEqual(['patient_id', 'birth_date']);
  expect(unsure).toMatchObject([{ column: { name: 'STATE_CODE' }, field: 'state' }]);
  expect(unsure[0]!.reasons).toContain('Only 0 of 100 values of the sample fit us-state.');
  expect(unsure[0]!.confidence).toBeLessThan(AUTO_APPLY);
});

test.each([
  ['a number of units in the name', 'dob_days', 'number'],
  ['dates under a name', 'first_name', 'date'],
  ['numbers under a city', 'city', 'number'],
  ['e-mail addresses under a language', 'language', 'email'],
  ['words under an identifier', 'mrn', 'first last'],
  ['the same two words under a last name', 'last_name', 'sex'],
  ['abbreviations under a city', 'city', 'state'],
])('%s is not applied', (_, name, kind) => {
  expect(applied(['patient_id', 'dob', name], ['id', 'date', kind])).not.toHaveProperty(name);
});

test('values that hardly anything else looks like make a name sure that is nearly so, unless it speaks of somebody else', () => {
  expect(applied(['mrn', 'mail'], ['id', 'email'])).toHaveProperty('mail', 'email');
  expect(applied(['mrn', 'mail'], ['id', 'word'])).not.toHaveProperty('mail');
  expect(applied(['mrn', 'provider mail'], ['id', 'email'])).not.toHaveProperty('provider mail');
});

test('values alone are told and never applied', () => {
  const { mapping, unsure } = suggestion(['mrn', 'column_2'], ['id', 'email']);
  expect(mapping.fields).toHaveLength(1);
  expect(unsure).toMatchObject([{ field: 'email' }]);
});

test('two columns of one name with values alike are both carried', () => {
  const { mapping, unsure } = suggestion(['mrn', 'dob', 'dob'], ['id', 'date', 'date']);
  expect(mapping.fields.map(({ field }) => field)).toEqual(['patient_id']);
  expect(unsure.map(({ column, field }) => [column.ordinal, field])).toEqual([
    [1, 'birth_date'],
    [2, 'birth_date'],
  ]);
});

test('an empty column does not stand in the way of one with values', () => {
  const columns = columnsNamed(['dob', 'birth_date', 'mrn']);
  const profile = profileOf(['date', 'date', 'id']);
  const emptied = {
    ...profile,
    columns: profile.columns.map((column) => (column.ordinal === 1 ? { ...column, nulls: 100, fits: {} } : column)),
  };
  const { mapping } = suggest({ entity: person, synonyms: personNames, columns, profile: emptied });
  expect(mapping.fields.find(({ field }) => field === 'birth_date')?.from).toEqual([columns[0]]);
});

describe('a whole name in one column', () => {
  test('is cut where nearly every value is written "Last, First"', () => {
    const { mapping } = suggestion(['mrn', 'Patient Name', 'dob'], ['id', 'last, first', 'date']);
    expect(mapping.fields.map(({ field, part }) => [field, part])).toEqual([
      ['patient_id', undefined],
      ['first_name', { separator: ',', at: 1 }],
      ['last_name', { separator: ',', at: 0 }],
      ['birth_date', undefined],
    ]);
    expect(mapping.carried).toEqual([]);
  });

  test.each([
    ['the order of the words is not sure', ['mrn', 'name'], ['id', 'first last']],
    ['nothing shows a person', ['name', 'amount'], ['last, first', 'number']],
    ['another column is the last name', ['mrn', 'name', 'last_name'], ['id', 'last, first', 'word']],
    ['it is the name of somebody else', ['mrn', 'provider_name'], ['id', 'last, first']],
  ])('is carried where %s', (_, names, kinds) => {
    const { mapping } = suggestion(names, kinds);
    expect(mapping.fields.some(({ part }) => part !== undefined)).toBe(false);
  });
});
