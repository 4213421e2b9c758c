import fc from 'fast-check';
import { isoDate } from './sql/compile-to-sql.js';
import type { Expression, Literal } from './syntax/expression.js';
import { dayNumber } from './syntax/calendar.js';
import type { ExpressionType } from './typed/typed.js';

type Made = fc.Arbitrary<Expression>;
type Drawn = Exclude<ExpressionType, 'timestamp'>;

/** Values that have broken others: empty ones, edges of the limits, marks, half digits, white space of every kind. */
export const HOSTILE_TEXTS: readonly string[] = [
  ...[
    '',
    ' ',
    'Ada',
    "O'Neil",
    'a"b',
    'ß',
    'ÿ',
    'ł',
    'Ł',
    'ı',
    'İ',
    'ς',
    'Σ',
    'e\u0301',
    '😀',
    'x😀y',
    'ǆ',
    '\u00a0x\u2003',
    '\ufeff',
    'a,b,,c',
    ',,',
    'aaa',
  ],
  ...[
    '0',
    '-0',
    '007',
    '+5',
    '.5',
    '5.',
    '.',
    '-',
    '1e3',
    '1,234',
    ' 12 ',
    '12 3',
    '1_000',
    '0x1f',
    'NaN',
    'Infinity',
    '\u0661',
    '12.3456785',
    '-0.0000005',
    '-0.0000004',
  ],
  ...[
    '999999999.999999',
    '999999999.9999995',
    '1000000000',
    '999999999999999',
    '1000000000000000',
    `${'9'.repeat(40)}`,
    `${'0'.repeat(40)}1`,
    '1.00000000000000000000001',
  ],
  ...[
    '1987-03-09',
    '2000-02-29',
    '1900-02-29',
    '0000-01-01',
    '0001-01-01',
    '9999-12-31',
    '10000-01-01',
    '1987-3-9',
    '3/9/1987',
    '31.12.2020',
    '2020/1/2',
    '2020-012-031',
    '1987-03-09T10:00',
    'A\u0000B',
    '\n5',
    '5\n',
    'true',
  ],
];

export const hostileText: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...HOSTILE_TEXTS) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 8 }).map((text) => text.replaceAll(/\p{Cs}/gu, '')) },
  { weight: 1, arbitrary: fc.integer({ min: -2000, max: 2000 }).map(String) },
);

const at = 0;
const plainText = fc
  .oneof(fc.constantFrom('a', ',', '-', 'aa', "O'Neil", ' ', 'ł', '😀', '"', ']'), hostileText)
  .map((text) => text.replaceAll(/[\u0000-\u001f\u007f]/g, ''));
const textLiteral = plainText.map((value): Literal => ({ kind: 'text', at, value }));
const someText = plainText.filter((value) => value !== '').map((value): Literal => ({ kind: 'text', at, value }));
const integerLiteral = (min: number, max: number): fc.Arbitrary<Literal> =>
  fc.integer({ min, max }).map((value): Literal => ({ kind: 'integer', at, value: value + 0 }));
const number = fc.oneof(
  integerLiteral(-20, 20),
  fc.constantFrom(999_999_999_999_999, -1_000_000_000).map((value): Literal => ({ kind: 'integer', at, value })),
);

const LITERALS: Readonly<Record<Drawn, fc.Arbitrary<Literal>>> = {
  text: someText,
  integer: number,
  decimal: fc
    .oneof(fc.integer({ min: -5_000_000, max: 5_000_000 }), fc.constantFrom(999_999_999_999_999, 1, -500_000))
    .map((value): Literal => ({ kind: 'decimal', at, value })),
  boolean: fc.boolean().map((value): Literal => ({ kind: 'boolean', at, value })),
  date: fc
    .oneof(fc.integer({ min: -30_000, max: 30_000 }), fc.constantFrom(dayNumber(1, 1, 1), dayNumber(9999, 12, 31), dayNumber(2004, 2, 29)))
    .map((day): Literal => ({ kind: 'date', at, value: isoDate(day) })),
};

const call = (name: string, ...args: readonly Made[]): Made =>
  fc.tuple(...args).map((made): Expression => ({ kind: 'call', at, name, args: made }));
const COMPARISONS = ['=', '!=', '<', '<=', '>', '>='] as const;

/** References that a tree may hold, by type; they are spelled as columns or as fields. */
export type References = Readonly<Partial<Record<ExpressionType, readonly Expression[]>>>;

/** What was made before: each level is made of the same ones, and there are many. */
const MADE = new WeakMap<References, Map<string, Made>>();

/** Well-typed trees of a type, so many levels deep at most. */
export function expressionOf(type: Drawn, depth: number, references: References): Made {
  const known = MADE.get(references) ?? new Map<string, Made>();
  MADE.set(references, known);
  const key = `${type} ${depth}`;
  const made = known.get(key) ?? drawn(type, depth, references);
  known.set(key, made);
  return made;
}

function drawn(type: Drawn, depth: number, references: References): Made {
  const own = references[type] ?? [];
  const leaf: Made = own.length === 0 ? LITERALS[type] : fc.oneof(LITERALS[type], { weight: 4, arbitrary: fc.constantFrom(...own) });
  if (depth === 0) return leaf;
  const deeper = (wanted: Drawn): Made => expressionOf(wanted, depth - 1, references);
  const choices: Made[] = [
    fc
      .record({ condition: deeper('boolean'), yes: deeper(type), no: deeper(type) })
      .map((made): Expression => ({ kind: 'if', at, ...made })),
    fc.record({ condition: deeper('boolean'), yes: deeper(type) }).map((made): Expression => ({ kind: 'if', at, ...made })),
    call('coalesce', deeper(type), deeper(type)),
    ...OPERATIONS_OF[type](deeper, references),
  ];
  return fc.oneof(leaf, ...choices.map((arbitrary) => ({ weight: 2, arbitrary })));
}

type Deeper = (type: Drawn) => Made;

const calculations = (made: Made, operators: readonly ('+' | '-' | '*' | '/')[]): Made =>
  fc
    .record({ operator: fc.constantFrom(...operators), left: made, right: made })
    .map((parts): Expression => ({ kind: 'calculate', at, ...parts }));

const negative = (made: Made): Made => made.map((operand): Expression => ({ kind: 'minus', at, operand }));

const OPERATIONS_OF: Readonly<Record<Drawn, (deeper: Deeper, references: References) => readonly Made[]>> = {
  text: (deeper) => [
    call('concat', deeper('text'), deeper('decimal'), deeper('text')),
    call('join', textLiteral, deeper('text'), deeper('date'), deeper('text')),
    ...['upper', 'lower', 'trim', 'digits'].map((name) => call(name, deeper('text'))),
    call('substring', deeper('text'), fc.oneof(integerLiteral(1, 6), integerLiteral(-6, -1))),
    call('substring', deeper('text'), fc.oneof(integerLiteral(1, 6), integerLiteral(-6, -1)), integerLiteral(1, 6)),
    call('split_part', deeper('text'), someText, fc.oneof(integerLiteral(1, 4), integerLiteral(-4, -1))),
    call('replace', deeper('text'), someText, textLiteral),
    call(
      'pad_left',
      deeper('text'),
      integerLiteral(1, 9),
      fc.constantFrom('0', 'ł', '😀').map((value): Literal => ({ kind: 'text', at, value })),
    ),
    call(
      'pad_right',
      deeper('text'),
      integerLiteral(1, 9),
      fc.constantFrom(' ', 'é').map((value): Literal => ({ kind: 'text', at, value })),
    ),
    ...(['integer', 'decimal', 'boolean', 'date'] as const).map((type) => call('text', deeper(type))),
  ],
  integer: (deeper) => [
    call('length', deeper('text')),
    call('integer', deeper('text')),
    call('round', deeper('decimal')),
    call('abs', deeper('integer')),
    call('days_between', deeper('date'), deeper('date')),
    call('age', deeper('date')),
    call('age', deeper('date'), deeper('date')),
    ...['year', 'month', 'day'].map((name) => call(name, deeper('date'))),
    calculations(deeper('integer'), ['+', '-', '*']),
    negative(deeper('integer')),
  ],
  decimal: (deeper) => [
    call('number', deeper('text')),
    call('abs', deeper('decimal')),
    calculations(deeper('decimal'), ['+', '-', '*', '/']),
    calculations(fc.oneof(deeper('integer'), deeper('decimal')), ['/']),
    negative(deeper('decimal')),
  ],
  date: (deeper, { timestamp = [] }) => [
    call('date', deeper('text')),
    call(
      'date',
      deeper('text'),
      fc.constantFrom('ymd', 'mdy', 'dmy').map((value): Literal => ({ kind: 'text', at, value })),
    ),
    call('date', deeper('integer'), deeper('integer'), deeper('integer')),
    call('add_days', deeper('date'), deeper('integer')),
    call('today'),
    ...(timestamp.length === 0 ? [] : [call('date', fc.constantFrom(...timestamp))]),
  ],
  boolean: (deeper) => [
    fc.array(deeper('boolean'), { minLength: 2, maxLength: 3 }).map((operands): Expression => ({ kind: 'and', at, operands })),
    fc.array(deeper('boolean'), { minLength: 2, maxLength: 3 }).map((operands): Expression => ({ kind: 'or', at, operands })),
    deeper('boolean').map((operand): Expression => ({ kind: 'not', at, operand })),
    ...(['text', 'integer', 'decimal', 'date'] as const).flatMap((type): Made[] => [
      fc
        .record({ operator: fc.constantFrom(...COMPARISONS), left: deeper(type), right: deeper(type) })
        .map((made): Expression => ({ kind: 'compare', at, ...made })),
      fc
        .record({ operand: deeper(type), low: deeper(type), high: deeper(type), negated: fc.boolean() })
        .map((made): Expression => ({ kind: 'between', at, ...made })),
      fc
        .record({ operand: deeper(type), items: fc.array(LITERALS[type], { minLength: 1, maxLength: 3 }), negated: fc.boolean() })
        .map((made): Expression => ({ kind: 'in', at, ...made })),
      fc.record({ operand: deeper(type), negated: fc.boolean() }).map((made): Expression => ({ kind: 'is-null', at, ...made })),
    ]),
    ...['starts_with', 'ends_with', 'contains'].map((name) => call(name, deeper('text'), deeper('text'))),
  ],
};
