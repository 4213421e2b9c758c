import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AppError, type ValueType } from '@attune/core';
import { compileToBytes } from '../bytes/compile-to-bytes.js';
import { columnsOf, parseColumnExpression } from '../column-expression.js';
import { fieldsOf, parseRuleExpression } from '../rule-expression.js';
import { parseExpression } from '../syntax/parse-expression.js';
import { FUNCTIONS, usageOf } from './functions.js';
import { OPERATIONS, type Typed } from './typed.js';

const NOW = '2026-02-28T00:00:00Z';
const columns = ['First Name', 'b', 'twice', 'twice'].map((name, ordinal) => ({ ordinal, name }));
const fields = new Map<string, ValueType>([
  ['birth_date', 'date'],
  ['paid', 'money'],
  ['seen_at', 'timestamp'],
  ['name', 'text'],
  ['dead', 'boolean'],
  ['visits', 'integer'],
]);

function refusal(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof AppError && error.code === 'expression_invalid') return error.detail;
    throw error;
  }
  return 'none';
}

const RULES: readonly (readonly [text: string, explanation: string])[] = [
  ['birth_date > "2020-01-31"', 'Line 1, column 14: expected a date, this is a text; date(…) reads one'],
  ['name', 'Line 1, column 1: expected true or false, this is a text.'],
  ['visits = name', 'Line 1, column 10: expected a whole number, this is a text; integer(…) reads one'],
  ['name = visits', 'Line 1, column 8: expected a text, this is a whole number; text(…) makes one'],
  ['dead < true', 'Line 1, column 6: true and false are compared by = and != only'],
  ['seen_at > seen_at', 'Line 1, column 1: timestamps are not compared; compare their dates'],
  ['name = ""', 'Line 1, column 8: an empty text is null; ask with is null'],
  ['name in ("a", null)', 'Line 1, column 15: null is in no list'],
  ['visits in (1, "a")', 'Line 1, column 15: expected a whole number, this is a text'],
  ['if name then dead', 'Line 1, column 4: expected true or false'],
  ['coalesce(name, visits) = "a"', 'Line 1, column 16: expected a text, this is a whole number'],
  ['nobody = 1', 'Line 1, column 1: there is no such field'],
  ['[name] = "a"', 'Line 1, column 1: a rule knows no columns of the source'],
  ['eval("1")', 'Line 1, column 1: there is no such function'],
  ['length(name, name) = 1', 'Line 1, column 1: expected length(text).'],
  ['substring(name, visits) = "a"', 'Line 1, column 17: the position must be written down'],
  ['split_part(name, "", 1) = "a"', 'Line 1, column 18: the separator must be written down: a text that is not empty'],
  ['date(name, "ydm") = birth_date', 'Line 1, column 12: the order must be written down: "ymd", "mdy" or "dmy"'],
  ['pad_left(name, 1001, "0") = "a"', 'Line 1, column 16: the length must be written down'],
  ['pad_left(name, 5, "00") = "a"', 'Line 1, column 19: the fill must be written down: one character'],
  ['-name = 1', 'Line 1, column 2: expected a number, this is a text'],
];

test('what does not fit is refused with its place, what was expected and what is there', () => {
  expect(RULES.map(([text]) => refusal(() => parseRuleExpression(text, fields)))).toEqual(
    RULES.map(([, explanation]) => expect.stringContaining(explanation) as string),
  );
});

test('a column is found by its header or its ordinal, never one of two of the same name', () => {
  const column = (text: string) => parseColumnExpression(text, columns);
  expect(column('concat([b], [ First Name ], column(3), [b])').columns.map(({ ordinal }) => ordinal)).toEqual([1, 0, 3]);
  expect(refusal(() => column('[twice]'))).toContain('several columns have this name; say column(2) or column(3)');
  expect(refusal(() => column('[first name]'))).toContain('the data has no column with this name');
  expect(refusal(() => column('name'))).toContain('a column of the source is written in brackets');
  expect(columnsOf(parseExpression('if [x] = column(4) then [ y ] else [x]'))).toEqual(['x', 4, 'y']);
});

test('a rule tells its fields in the order of first use, and its canonical text', () => {
  const rule = parseRuleExpression('VISITS > 0 AND paid>=0 or visits is null'.replace('VISITS', 'visits'), fields);
  expect(fieldsOf(rule)).toEqual(['visits', 'paid']);
  expect(rule.text).toBe('visits > 0 and paid >= 0 or visits is null');
});

test('a text that could grow out of proportion to the record is refused', () => {
  const nested = (levels: number): string => `${'replace('.repeat(levels)}[b]${', "a", "aaaa")'.repeat(levels)}`;
  const doubled = (levels: number): string => (levels === 0 ? '[b]' : `concat(${doubled(levels - 1)}, ${doubled(levels - 1)})`);
  const constant = (levels: number): string => `${'replace('.repeat(levels)}"a"${', "a", "aaaaaaaaaa")'.repeat(levels)}`;
  expect([nested(3), doubled(6), constant(5)].map((text) => refusal(() => parseColumnExpression(text, columns)))).toEqual([
    'none',
    'none',
    'none',
  ]);
  expect(refusal(() => parseColumnExpression(nested(4), columns))).toContain('64 times as long');
  expect(refusal(() => parseColumnExpression(doubled(7), columns))).toContain('64 times as long');
  expect(refusal(() => parseColumnExpression(constant(7), columns))).toContain('more than a million bytes');
});

test('hostile values cost time in proportion to their length, and no memory that grows with the records', () => {
  const half = Buffer.from('a'.repeat(500_000));
  const part = Buffer.from(`${'a'.repeat(250_000)}b`);
  const expression = compileToBytes(
    parseColumnExpression('if contains([b], [First Name]) then "x" else replace([b], "aaaaaaab", "c")', columns).checked,
    NOW,
  );
  const before = process.memoryUsage().arrayBuffers;
  for (let i = 0; i < 50; i++) {
    expression.give(0, half, 0, half.length);
    expression.give(1, part, 0, part.length);
    expect(expression.run()).toBe(true);
    expect(expression.end - expression.start).toBe(half.length);
  }
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 << 20);
});

test('every function and every operation is documented with its examples', () => {
  const page = readFileSync(join(import.meta.dirname, '../../../../docs/reference/expressions.md'), 'utf8');
  const sections = FUNCTIONS.map(({ name, description, signatures, examples }) =>
    [
      `### ${name}\n`,
      `${signatures.map((signature) => `\`${usageOf(name, signature)}\``).join(' · ')}\n`,
      `${description}\n`,
      `${examples.map(([text, gives]) => `- \`${text}\` gives ${gives === null ? 'null' : `\`${gives}\``}`).join('\n')}\n`,
    ].join('\n'),
  );
  expect(page.slice(page.indexOf('### '))).toBe(sections.join('\n'));
  const reached = new Set(FUNCTIONS.flatMap(({ signatures }) => signatures.map(({ operation }) => operation as string)));
  const spelled = 'and or not if is_null in between eq ne lt le gt ge add subtract multiply divide negate to_decimal'.split(' ');
  expect([...reached, ...spelled].toSorted()).toEqual([...OPERATIONS].toSorted());
});

test('a part that is used twice has one place among the references', () => {
  const { checked } = parseColumnExpression('concat([b], [b])', columns);
  const { args } = checked.root as Extract<Typed, { kind: 'operation' }>;
  expect([checked.references.length, args]).toMatchObject([1, [{ index: 0 }, { index: 0 }]]);
});
