import { AppError } from '@attune/core';
import fc from 'fast-check';
import { expressionOf } from '../expressions.fixture.js';
import { MAX_CHARACTERS } from '../limits.js';
import { FUNCTIONS } from '../typed/functions.js';
import { partsOf, type Expression } from './expression.js';
import { KEYWORDS, parseExpression } from './parse-expression.js';
import { printExpression } from './print-expression.js';

const printed = (text: string): string => printExpression(parseExpression(text));

function refusal(text: string): string {
  try {
    parseExpression(text);
  } catch (error) {
    if (error instanceof AppError && error.code === 'expression_invalid') return error.detail;
    throw error;
  }
  return 'none';
}

/** The tree without the places in the text. */
const bare = (expression: Expression): unknown =>
  JSON.parse(JSON.stringify(expression, (key, value: unknown) => (key === 'at' ? undefined : value)));

test.each([
  ['[First Name]', '[First Name]'],
  ['[a]]b]', '[a]]b]'],
  ['COLUMN( 3 )', 'column(3)'],
  ["'it''s'", '"it\'s"'],
  ['"a""b"', '"a""b"'],
  ['1.50', '1.5'],
  ['2.0', '2.0'],
  ['a = 1 AND b <> 2 or not c', 'a = 1 and b != 2 or not c'],
  ['(a or b) and c', '(a or b) and c'],
  ['a - (b - c)', 'a - (b - c)'],
  ['(a - b) - c', 'a - b - c'],
  ['a * (b + c) / d', 'a * (b + c) / d'],
  ['-5', '-5'],
  ['- -5', '-(-5)'],
  ['-(5)', '-(5)'],
  ['-(a + b)', '-(a + b)'],
  ['a - -5', 'a - -5'],
  ['a = -b', 'a = -b'],
  ['(a = b) = c', '(a = b) = c'],
  ['not (a = b)', 'not a = b'],
  ['a not in (1, -2.5, "x", 2020-01-31, true)', 'a not in (1, -2.5, "x", 2020-01-31, true)'],
  ['a NOT BETWEEN 1 AND 2 and b', 'a not between 1 and 2 and b'],
  ['a is not null', 'a is not null'],
  ['if a then b else if c then d else e', 'if a then b else if c then d else e'],
  ['if a then (if b then c) else d', 'if a then (if b then c) else d'],
  ['if a then if b then c else d', 'if a then if b then c else d'],
  ['(if a then b else c) = d', '(if a then b else c) = d'],
  ['upper(  "x" ,null)', 'upper("x", null)'],
  ['2020-01-31', '2020-01-31'],
  ['2020 - 01 - 31', '2020 - 1 - 31'],
])('%j is written %j', (text, canonical) => {
  expect(printed(text)).toBe(canonical);
  expect(printed(canonical)).toBe(canonical);
});

const FAULTS: readonly (readonly [text: string, explanation: string])[] = [
  ['', 'Line 1, column 1: expected a value'],
  ['a =', 'Line 1, column 4: expected a value'],
  ['a = 1\n  and b = = 2', 'Line 2, column 11: expected a value'],
  ['a b', 'Line 1, column 3: expected the end'],
  ['if a b', 'Line 1, column 6: expected then'],
  ['a in ()', 'Line 1, column 7: expected a value written down'],
  ['a in (b)', 'Line 1, column 7: expected a value written down'],
  ['a in (-"x")', 'Line 1, column 8: expected a value written down'],
  ['a not = b', 'Line 1, column 7: expected in or between'],
  ['"abc', 'Line 1, column 1: this text is never closed'],
  ['x = [abc', 'Line 1, column 5: this name of a column is never closed'],
  ['"a\u0000b"', 'Line 1, column 1: a text or a name holds no control character'],
  ['a ; b', 'Line 1, column 3: this character begins nothing'],
  ['12abc', 'Line 1, column 1: this is no number'],
  ['1.2.3', 'Line 1, column 1: this is no number'],
  ['2021-02-29', 'Line 1, column 1: the calendar has no such day'],
  ['1.1234567', 'Line 1, column 1: a number has at most 6 digits behind the point'],
  ['1234567890.5', 'Line 1, column 1: a number with decimals has at most 9 digits'],
  ['1234567890123456', 'Line 1, column 1: a whole number has at most 15 digits'],
  ['column(a)', 'Line 1, column 8: expected the ordinal of a column'],
  ['\ud800', 'Line 1, column 1: the text is not well-formed'],
  [`${'('.repeat(65)}1${')'.repeat(65)}`, 'Line 1, column 65: an expression is at most 64 levels deep'],
  [`${'not '.repeat(70)}true`, 'Line 1, column 253: an expression is at most 64 levels deep'],
  [`${'- '.repeat(70)}a`, 'Line 1, column 127: an expression is at most 64 levels deep'],
  [`1${'+1'.repeat(70)}`, 'an expression is at most 64 levels deep'],
  [`a in (${'1,'.repeat(1500)}1)`, 'an expression has at most 1000 parts'],
  ['x'.repeat(MAX_CHARACTERS + 1), 'an expression has at most 4096 characters'],
];

test('every fault is located, with what was expected there', () => {
  expect(FAULTS.map(([text]) => refusal(text))).toEqual(FAULTS.map(([, explanation]) => expect.stringContaining(explanation) as string));
});

test('a chain of and or or is one level, however long it is', () => {
  const long = Array.from({ length: 300 }, (_, i) => `a = ${i}`).join(' or ');
  expect(printed(long)).toBe(long);
});

test('whatever is written down is read again as the same tree, and printed as the same text', () => {
  const field: Expression = { kind: 'field', at: 0, name: 'birth_date' };
  const column: Expression = { kind: 'column', at: 0, name: 'First ]Name' };
  const references = { date: [field], text: [column, { kind: 'ordinal', at: 0, ordinal: 7 } as const] };
  fc.assert(
    fc.property(expressionOf('boolean', 4, references), (expression) => {
      const text = printExpression(expression);
      fc.pre(text.length <= MAX_CHARACTERS && size(expression) < 900);
      const again = parseExpression(text);
      expect(bare(again)).toEqual(bare(expression));
      expect(printExpression(again)).toBe(text);
    }),
    { numRuns: 300, seed: 4 },
  );
});

const size = (expression: Expression): number => partsOf(expression).reduce((sum, part) => sum + size(part), 1);

test('any text is read, or refused with a place: nothing else is thrown, and nothing lasts', () => {
  const word = fc.constantFrom(
    ...[...KEYWORDS, ...FUNCTIONS.map(({ name }) => name), 'column', 'birth_date', '[a b]', '"x"', "'", '"', '[', ']'],
    ...[
      '(',
      ')',
      ',',
      '=',
      '!=',
      '<>',
      '<',
      '<=',
      '-',
      '+',
      '*',
      '/',
      '1',
      '2.5',
      '2020-01-31',
      '2020-99-99',
      '\n',
      '\u0000',
      '\ud800',
      'é',
      '.',
      ';',
      '--',
    ],
  );
  const texts = fc.oneof(
    fc.array(word, { maxLength: 60 }).map((words) => words.join(' ')),
    fc.array(word, { maxLength: 60 }).map((words) => words.join('')),
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc
      .tuple(fc.constantFrom('(', 'not ', '-', '[', '"', 'if ', 'a = ', 'upper(', '1+', 'a.'), fc.nat(4200))
      .map(([piece, times]) => piece.repeat(times)),
  );
  let read = 0;
  fc.assert(
    fc.property(texts, (text) => {
      const refused = refusal(text);
      if (refused === 'none') {
        read++;
        expect(printed(printed(text))).toBe(printed(text));
      } else expect(refused).toMatch(/^Line \d+, column \d+: /);
    }),
    { numRuns: 5000, seed: 5 },
  );
  expect(read).toBeGreaterThan(100);
});
