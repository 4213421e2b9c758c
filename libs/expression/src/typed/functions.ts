import type { ExpressionType, Operation } from './typed.js';
import { MAX_PADDING, MAX_POSITION } from '../limits.js';

/**
 * What may stand in a place. `any`: every type; `same`: one type in all such places; `textual`: every type, made a text.
 * `literal`: only a value written down, a whole number between `least` and `most`, or a text that `allows` takes.
 */
export interface Parameter {
  readonly name: string;
  readonly type: ExpressionType | 'any' | 'same' | 'textual';
  readonly literal?:
    { readonly least: number; readonly most: number } | { readonly allows: (text: string) => boolean; readonly what: string };
}

export interface Signature {
  readonly operation: Operation;
  readonly takes: readonly Parameter[];
  /** The last parameter may come again. */
  readonly repeats?: boolean;
  readonly gives: ExpressionType | 'same';
}

/** One function of the language. The examples are tests and documentation: an expression without columns, and what it gives as text. */
export interface FunctionDefinition {
  readonly name: string;
  readonly description: string;
  readonly signatures: readonly Signature[];
  readonly examples: readonly (readonly [expression: string, gives: string | null])[];
}

const text = (name = 'text'): Parameter => ({ name, type: 'text' });
const textual = (name = 'value'): Parameter => ({ name, type: 'textual' });
const decimal = (name = 'number'): Parameter => ({ name, type: 'decimal' });
const integer = (name: string): Parameter => ({ name, type: 'integer' });
const date = (name = 'date'): Parameter => ({ name, type: 'date' });
const number = (name: string, least: number, most: number): Parameter => ({ name, type: 'integer', literal: { least, most } });
const written = (name: string, what: string, allows: (text: string) => boolean): Parameter => ({
  name,
  type: 'text',
  literal: { allows, what },
});

const SEPARATOR = written('separator', 'a text that is not empty', (value) => value !== '');
const LOOSE = (name: string): Parameter => written(name, 'a text, which may be empty', () => true);
const ORDER = written('order', '"ymd", "mdy" or "dmy"', (value) => ['ymd', 'mdy', 'dmy'].includes(value));
const FILL = written('fill', 'one character', (value) => [...value].length === 1);
const POSITION = number('position', -MAX_POSITION, MAX_POSITION);

/** The closed list of functions; a name that is not in it is refused. */
export const FUNCTIONS: readonly FunctionDefinition[] = [
  {
    name: 'coalesce',
    description: 'The first value that is not null.',
    signatures: [{ operation: 'coalesce', takes: [{ name: 'value', type: 'same' }], repeats: true, gives: 'same' }],
    examples: [
      ['coalesce(null, "b", "c")', 'b'],
      ['coalesce(number("n/a"), 0)', '0'],
    ],
  },
  {
    name: 'concat',
    description: 'The values one after another as text, without the null ones; null where all are.',
    signatures: [{ operation: 'concat', takes: [textual()], repeats: true, gives: 'text' }],
    examples: [
      ['concat("A", null, 12)', 'A12'],
      ['concat(null, null)', null],
    ],
  },
  {
    name: 'join',
    description: 'The values as text with the separator between them, without the null ones; null where all are.',
    signatures: [{ operation: 'join', takes: [LOOSE('separator'), textual()], repeats: true, gives: 'text' }],
    examples: [['join(", ", "Okafor", null, "Ada")', 'Okafor, Ada']],
  },
  {
    name: 'upper',
    description: 'Capital letters, one for one: Latin, Greek and Cyrillic letters; ß stays as it is.',
    signatures: [{ operation: 'upper', takes: [text()], gives: 'text' }],
    examples: [['upper("łódź ß")', 'ŁÓDŹ ß']],
  },
  {
    name: 'lower',
    description: 'Small letters, one for one.',
    signatures: [{ operation: 'lower', takes: [text()], gives: 'text' }],
    examples: [['lower("O\'NEIL É")', "o'neil é"]],
  },
  {
    name: 'trim',
    description: 'Without white space at both ends.',
    signatures: [{ operation: 'trim', takes: [text()], gives: 'text' }],
    examples: [['trim("  Ada ")', 'Ada']],
  },
  {
    name: 'substring',
    description:
      'The characters from a position on, all or so many of them. The first character is 1; a negative position counts from the end, and then at most that many characters are there.',
    signatures: [
      { operation: 'substring', takes: [text(), POSITION], gives: 'text' },
      { operation: 'substring', takes: [text(), POSITION, number('length', 1, MAX_POSITION)], gives: 'text' },
    ],
    examples: [
      ['substring("19870309", 5, 2)', '03'],
      ['substring("A-1234", -4)', '1234'],
      ['substring("abc", 4)', null],
    ],
  },
  {
    name: 'split_part',
    description: 'One piece between separators. The first piece is 1, the last one -1.',
    signatures: [{ operation: 'split_part', takes: [text(), SEPARATOR, number('piece', -MAX_POSITION, MAX_POSITION)], gives: 'text' }],
    examples: [
      ['split_part("Okafor^Ada^M", "^", 2)', 'Ada'],
      ['split_part("Okafor^Ada^M", "^", -1)', 'M'],
      ['split_part("Okafor", "^", 2)', null],
    ],
  },
  {
    name: 'replace',
    description: 'Every place of one text by another, from left to right, plain characters. An empty last text removes them.',
    signatures: [{ operation: 'replace', takes: [text(), SEPARATOR, LOOSE('by')], gives: 'text' }],
    examples: [
      ['replace("217-555-0123", "-", "")', '2175550123'],
      ['replace("a.b", ".", ", ")', 'a, b'],
    ],
  },
  {
    name: 'pad_left',
    description: 'Filled up at the left to so many characters; a longer text stays as it is.',
    signatures: [{ operation: 'pad_left', takes: [text(), number('length', 1, MAX_PADDING), FILL], gives: 'text' }],
    examples: [
      ['pad_left("2134", 5, "0")', '02134'],
      ['pad_left("021345", 5, "0")', '021345'],
    ],
  },
  {
    name: 'pad_right',
    description: 'Filled up at the right to so many characters; a longer text stays as it is.',
    signatures: [{ operation: 'pad_right', takes: [text(), number('length', 1, MAX_PADDING), FILL], gives: 'text' }],
    examples: [['pad_right("A1", 4, "0")', 'A100']],
  },
  {
    name: 'digits',
    description: 'Only the digits 0 to 9.',
    signatures: [{ operation: 'digits', takes: [text()], gives: 'text' }],
    examples: [
      ['digits("(217) 555-0123")', '2175550123'],
      ['digits("none")', null],
    ],
  },
  {
    name: 'starts_with',
    description: 'Whether the first text begins with the second.',
    signatures: [{ operation: 'starts_with', takes: [text(), text('start')], gives: 'boolean' }],
    examples: [['starts_with("E11.9", "E11")', 'true']],
  },
  {
    name: 'ends_with',
    description: 'Whether the first text ends with the second.',
    signatures: [{ operation: 'ends_with', takes: [text(), text('end')], gives: 'boolean' }],
    examples: [['ends_with("Okafor MD", " MD")', 'true']],
  },
  {
    name: 'contains',
    description: 'Whether the second text is somewhere in the first.',
    signatures: [{ operation: 'contains', takes: [text(), text('part')], gives: 'boolean' }],
    examples: [['contains("Okafor", "MD")', 'false']],
  },
  {
    name: 'length',
    description: 'How many characters (Unicode code points) the text has.',
    signatures: [{ operation: 'length', takes: [text()], gives: 'integer' }],
    examples: [
      ['length("Łódź")', '4'],
      ['length(null)', null],
    ],
  },
  {
    name: 'text',
    description: 'The value as text: numbers without zeros at the end, dates as yyyy-mm-dd, true and false.',
    signatures: [{ operation: 'to_text', takes: [{ name: 'value', type: 'any' }], gives: 'text' }],
    examples: [['text(12.50)', '12.5']],
  },
  {
    name: 'number',
    description:
      'The decimal number that the text writes: digits with a point and a sign, blanks around it; rounded to six decimals. Anything else fails.',
    signatures: [{ operation: 'to_number', takes: [text()], gives: 'decimal' }],
    examples: [
      ['number("-12.50")', '-12.5'],
      ['number("1,234")', null],
    ],
  },
  {
    name: 'integer',
    description: 'The whole number that the text writes: digits with a sign, blanks around it. Anything else fails.',
    signatures: [{ operation: 'to_integer', takes: [text()], gives: 'integer' }],
    examples: [
      ['integer("007")', '7'],
      ['integer("7.5")', null],
    ],
  },
  {
    name: 'abs',
    description: 'The number without its sign.',
    signatures: [
      { operation: 'abs', takes: [integer('number')], gives: 'integer' },
      { operation: 'abs', takes: [decimal()], gives: 'decimal' },
    ],
    examples: [['abs(-2.5)', '2.5']],
  },
  {
    name: 'round',
    description: 'The nearest whole number; a half goes away from zero.',
    signatures: [{ operation: 'round', takes: [decimal()], gives: 'integer' }],
    examples: [
      ['round(2.5)', '3'],
      ['round(-2.5)', '-3'],
    ],
  },
  {
    name: 'date',
    description:
      'The date that a text writes: yyyy-mm-dd, and with an order also three numbers with - / or . between them and a year of four digits; or the date of a year, a month and a day; or the date of a timestamp as it was written. Anything else fails.',
    signatures: [
      { operation: 'to_date', takes: [text()], gives: 'date' },
      { operation: 'to_date', takes: [text(), ORDER], gives: 'date' },
      { operation: 'make_date', takes: [integer('year'), integer('month'), integer('day')], gives: 'date' },
      { operation: 'date_of', takes: [{ name: 'timestamp', type: 'timestamp' }], gives: 'date' },
    ],
    examples: [
      ['date("1987-03-09")', '1987-03-09'],
      ['date("3/9/1987", "mdy")', '1987-03-09'],
      ['date(1987, 3, 9)', '1987-03-09'],
      ['date("1987-02-30")', null],
    ],
  },
  {
    name: 'days_between',
    description: 'Days from the first date to the second; negative where the second lies before.',
    signatures: [{ operation: 'days_between', takes: [date('from'), date('to')], gives: 'integer' }],
    examples: [['days_between(2020-02-28, 2020-03-01)', '2']],
  },
  {
    name: 'age',
    description: 'Whole years from the first date to the second, or to today; negative where it lies before.',
    signatures: [
      { operation: 'age', takes: [date('born')], gives: 'integer' },
      { operation: 'age', takes: [date('born'), date('at')], gives: 'integer' },
    ],
    examples: [
      ['age(1987-03-09, 2020-03-08)', '32'],
      ['age(2004-02-29, 2005-02-28)', '0'],
    ],
  },
  {
    name: 'add_days',
    description: 'The date so many days later, or earlier where the number is negative. Fails outside of the years 1 to 9999.',
    signatures: [{ operation: 'add_days', takes: [date(), integer('days')], gives: 'date' }],
    examples: [['add_days(2020-02-28, 2)', '2020-03-01']],
  },
  ...(['year', 'month', 'day'] as const).map((name): FunctionDefinition => ({
    name,
    description: `The ${name} of the date as a number.`,
    signatures: [{ operation: name, takes: [date()], gives: 'integer' }],
    examples: [[`${name}(1987-03-09)`, { year: '1987', month: '3', day: '9' }[name]]],
  })),
  {
    name: 'today',
    description: 'The day on which the dataset was received, in UTC; the same for every record and whenever the job is repeated.',
    signatures: [{ operation: 'today', takes: [], gives: 'date' }],
    examples: [['year(today()) > 2000', 'true']],
  },
];

/** `substring(text, position, length)`, as the documentation and errors write it. */
export const usageOf = (name: string, { takes, repeats }: Signature): string =>
  `${name}(${takes.map((parameter) => parameter.name).join(', ')}${repeats ? ', …' : ''})`;
