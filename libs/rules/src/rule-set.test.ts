import { AppError } from '@attune/core';
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import { literal, sql } from '@attune/sql';
import fc from 'fast-check';
import { patternFault } from './pattern/linear-pattern.js';
import { ruleKinds } from './registry.js';
import { checkRuleSet, GivenRules, parseRuleSet, RuleSet, ruleSetYaml } from './rule-set.js';

const YAML = `
# The rules of plan A.
version: 1
entity: claim
without: [claim.drg_code.form]
rules:
  - id: paid-not-above-a-million
    kind: range
    field: paid_amount
    max: 100000000
    severity: fatal
  - id: in-order
    kind: expression
    expression: claim_start_date <= claim_end_date
`;

function refusal(act: () => unknown): { code: string; places: (string | undefined)[]; messages: string[] } {
  try {
    act();
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { code: error.code, places: error.errors.map(({ pointer }) => pointer), messages: error.errors.map(({ message }) => message) };
  }
  throw new Error('Nothing was refused.');
}

test('a document is the same in YAML and in JSON, out and in again', () => {
  const rules = parseRuleSet(YAML);
  expect(rules).toMatchObject({
    version: 1,
    entity: 'claim',
    defaults: true,
    rules: [{ id: 'paid-not-above-a-million' }, { id: 'in-order' }],
  });
  expect(parseRuleSet(ruleSetYaml(rules))).toEqual(rules);
  expect(parseRuleSet(JSON.stringify(rules))).toEqual(rules);
  expect(GivenRules.parse(YAML)).toEqual(rules);
});

test('every kind of rule survives the way through YAML', () => {
  const rules = ruleKinds.flatMap(({ kind, examples }) => examples.map(({ rule }, i) => ({ id: `${kind}-${i}`, kind, ...rule })));
  const document = checkRuleSet({ rules });
  expect(parseRuleSet(ruleSetYaml(document))).toEqual(document);
});

test.each([
  ['an unknown kind', { rules: [{ id: 'a', kind: 'magic', field: 'x' }] }, '/rules/0/kind'],
  ['an unknown member', { rules: [{ id: 'a', kind: 'required', field: 'x', fields: ['y'] }] }, '/rules/0'],
  ['an id twice', { rules: [1, 2].map(() => ({ id: 'a', kind: 'required', field: 'x' })) }, '/rules/1/id'],
  ['an unknown entity', { entity: 'spaceship', rules: [] }, '/entity'],
  ['a field that the entity does not have', { entity: 'person', rules: [{ id: 'a', kind: 'required', field: 'birthdate' }] }, '/rules/0'],
  ['numbers as bounds of a date', { entity: 'person', rules: [{ id: 'a', kind: 'range', field: 'birth_date', min: 0 }] }, '/rules/0'],
  [
    'an expression of the wrong type',
    { entity: 'person', rules: [{ id: 'a', kind: 'expression', expression: 'birth_date + 1' }] },
    '/rules/0',
  ],
  ['no expression', { rules: [{ id: 'a', kind: 'expression', expression: 'a = ' }] }, '/rules/0'],
  ['an expression without a field', { rules: [{ id: 'a', kind: 'expression', expression: '1 = 1' }] }, '/rules/0'],
  ['a pattern that is not linear', { rules: [{ id: 'a', kind: 'pattern', field: 'x', pattern: '(a)\\1' }] }, '/rules/0'],
  ['a range without bounds', { rules: [{ id: 'a', kind: 'range', field: 'x' }] }, '/rules/0'],
])('%s is refused where it stands', (_, document, place) => {
  const { code, places } = refusal(() => checkRuleSet(document));
  expect([code, places]).toEqual(['validation_failed', [place]]);
});

test.each([
  ['rules: [', 'The text is neither JSON nor YAML.'],
  ['rules: []\nrules: []', 'The text is neither JSON nor YAML.'],
  ['x'.repeat(1_000_001), 'The document has more than a million characters.'],
  [
    `a: &a [x,x,x,x,x,x,x,x,x,x]\n${'bcdefghij'
      .split('')
      .map((key, i) => `${key}: &${key} [${Array(10).fill(`*${'abcdefghi'[i]!}`).join(',')}]`)
      .join('\n')}`,
    'The text is neither JSON nor YAML.',
  ],
])('text that is no document is refused, however it tries to unfold', (text, message) => {
  expect(refusal(() => parseRuleSet(text)).messages).toEqual([message]);
});

describe('patterns', () => {
  let db: DuckDBConnection;
  beforeAll(async () => {
    db = await (await DuckDBInstance.create(':memory:')).connect();
  });
  afterAll(() => db.closeSync());

  test.each([
    '(?=a)',
    '(?<!a)b',
    '(a)\\1',
    '(?<n>a)\\k<n>',
    '(?i)a',
    'a**',
    'a{2,1}',
    '*a',
    '(a',
    'a)',
    '[b-a]',
    '[]',
    'a{9}{9}',
    '((a{100}){100})',
    '\\p{L}',
    'a\\',
  ])('%s is refused', (pattern) => expect(patternFault(pattern)).toBeDefined());

  test('whatever is taken, DuckDB takes as well, and means what JavaScript means by it', async () => {
    const piece = fc.constantFrom(
      'a',
      'b',
      '0',
      '.',
      '\\d',
      '\\w',
      '\\.',
      '[ab]',
      '[^a]',
      '[a-z0-9_]',
      '(a|b)',
      '(?:a0)',
      '|',
      '*',
      '+',
      '?',
      '{2}',
      '{1,3}',
      '^',
      '$',
      '(',
      ')',
      '\\b',
      '-',
    );
    const patterns = fc.array(piece, { minLength: 1, maxLength: 8 }).map((pieces) => pieces.join(''));
    const values = fc.array(fc.stringMatching(/^[ab0. _-]{0,6}$/), { minLength: 5, maxLength: 5 });
    let taken = 0;
    await fc.assert(
      fc.asyncProperty(patterns, values, async (pattern, texts) => {
        if (patternFault(pattern) !== undefined) return;
        taken++;
        const reply = await db.runAndReadAll(
          sql`SELECT ${texts.map((text) => sql`regexp_full_match(${literal(text)}, ${literal(pattern)})`).reduce((all, one) => sql`${all}, ${one}`)}`
            .text,
        );
        expect([pattern, texts, reply.getRows()[0]]).toEqual([
          pattern,
          texts,
          texts.map((text) => new RegExp(`^(?:${pattern})$`, 'u').test(text)),
        ]);
      }),
      { numRuns: 1500 },
    );
    expect(taken).toBeGreaterThan(200);
  });
});

test('a bound that is neither a number nor a day is refused with its place, whatever else its kind looks at', () => {
  const document = { rules: [{ id: 'a', kind: 'range', field: 'birth_date', min: 'soon' }] };
  expect(RuleSet.safeParse(document).success).toBe(false);
});
