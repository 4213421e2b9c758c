import { calendarNumber, dayNumber } from './syntax/calendar.js';
import { CAPITAL_LETTERS, SMALL_LETTERS, WHITE_SPACE } from './letters.js';
import type { CheckedExpression, ExpressionType, Typed } from './typed/typed.js';

/** A text, a number (whole, or millionths) or a date (days), a truth value, or null. */
export type Value = string | bigint | boolean | null;

const MAX = 10n ** 15n - 1n;
const UNIT = 1_000_000n;
const abs = (value: bigint): bigint => (value < 0n ? -value : value);
const within = (value: bigint): Value => (abs(value) > MAX ? null : value);
const roundedQuotient = (a: bigint, b: bigint): bigint => {
  const size = (2n * abs(a) + abs(b)) / (2n * abs(b));
  return a < 0n !== b < 0n ? -size : size;
};
const order = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));
const letters = (text: string, from: string, to: string): string => [...text].map((letter) => to[from.indexOf(letter)] ?? letter).join('');

function day(year: number, month: number, dayOfMonth: number): Value {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, dayOfMonth);
  const same = date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === dayOfMonth;
  return same && year >= 1 && year <= 9999 ? BigInt(date.getTime()) / 86_400_000n : null;
}

const isoOf = (days: bigint): string => new Date(Number(days) * 86_400_000).toISOString().slice(0, 10);

function textOf(value: Value, type: ExpressionType): string | null {
  if (value === null || typeof value !== 'bigint') return value === null ? null : String(value);
  if (type === 'date') return isoOf(value);
  if (type === 'integer') return String(value);
  const size = abs(value);
  return `${value < 0n ? '-' : ''}${size / UNIT}.${String(size % UNIT).padStart(6, '0')}`.replace(/\.?0+$/, '');
}

function readNumber(text: string): Value {
  const match = /^ *([+-]?)(\d*)(?:\.(\d*))? *$/.exec(text);
  const [, sign, whole = '', fraction = ''] = match ?? [];
  if (match === null || whole + fraction === '') return null;
  const size = roundedQuotient(BigInt(whole + fraction) * UNIT, 10n ** BigInt(fraction.length));
  return within(sign === '-' ? -size : size);
}

function readDate(text: string, wanted: string): Value {
  const iso = (
    wanted === 'iso' ? /^(\d{4})-(\d\d)-(\d\d)$/ : wanted === 'ymd' ? /^(\d{4})[-/.](\d\d?)[-/.](\d\d?)$/ : /^(\d{4})-(\d\d?)-(\d\d?)$/
  ).exec(text);
  if (iso !== null) return day(Number(iso[1]), Number(iso[2]), Number(iso[3]));
  const last = wanted === 'mdy' || wanted === 'dmy' ? /^(\d\d?)[-/.](\d\d?)[-/.](\d{4})$/.exec(text) : null;
  if (last === null) return null;
  const [a, b, year] = [Number(last[1]), Number(last[2]), Number(last[3])];
  return wanted === 'mdy' ? day(year, a, b) : day(year, b, a);
}

function ageOf(born: bigint, at: bigint): bigint {
  return BigInt(Math.floor((calendarNumber(Number(at)) - calendarNumber(Number(born))) / 10_000));
}

/** What an expression means, written to be read: a walk over the tree, one record at a time. */
export class Reference {
  /** An operation was given values that it cannot work with. */
  failed = false;

  constructor(
    private readonly values: readonly Value[],
    private readonly today: bigint,
  ) {}

  of(part: Typed): Value {
    if (part.kind === 'reference') return this.values[part.index]!;
    if (part.kind === 'literal') return typeof part.value === 'number' ? BigInt(part.value) : part.value;
    const value = this.#operation(part);
    return value === '' ? null : value;
  }

  #operation(part: Extract<Typed, { kind: 'operation' }>): Value {
    const { operation, args, type } = part;
    switch (operation) {
      case 'and':
      case 'or': {
        let result: Value = operation === 'and';
        for (const arg of args) {
          const value = this.of(arg);
          if (value === (operation === 'or')) return value;
          if (value === null) result = null;
        }
        return result;
      }
      case 'if':
        return this.of(args[0]!) === true ? this.of(args[1]!) : this.of(args[2]!);
      case 'coalesce':
        for (const arg of args) {
          const value = this.of(arg);
          if (value !== null) return value;
        }
        return null;
      case 'is_null':
        return this.of(args[0]!) === null;
      case 'between': {
        const [value, low, high] = args.map((arg) => this.of(arg));
        const [above, below] = [this.#compared(value!, low!, (n) => n >= 0), this.#compared(value!, high!, (n) => n <= 0)];
        return above === false || below === false ? false : above === null || below === null ? null : true;
      }
      case 'concat':
        return args.map((arg) => this.of(arg)).join('');
      case 'join': {
        const [separator, ...texts] = args.map((arg) => this.of(arg));
        return texts.filter((text) => text !== null).join(separator as string);
      }
      case 'replace':
        return this.#text(args[0]!, (text) =>
          text.replaceAll((args[1] as { value: string }).value, () => (args[2] as { value: string }).value),
        );
      case 'abs':
      case 'add_days':
      case 'add':
      case 'age':
      case 'contains':
      case 'date_of':
      case 'day':
      case 'days_between':
      case 'digits':
      case 'divide':
      case 'ends_with':
      case 'eq':
      case 'ge':
      case 'gt':
      case 'in':
      case 'le':
      case 'length':
      case 'lower':
      case 'lt':
      case 'make_date':
      case 'month':
      case 'multiply':
      case 'ne':
      case 'negate':
      case 'not':
      case 'pad_left':
      case 'pad_right':
      case 'round':
      case 'split_part':
      case 'starts_with':
      case 'substring':
      case 'subtract':
      case 'to_date':
      case 'to_decimal':
      case 'to_integer':
      case 'to_number':
      case 'to_text':
      case 'today':
      case 'trim':
      case 'upper':
      case 'year': {
        const values = args.map((arg) => this.of(arg));
        if (values.includes(null)) return null;
        const result = this.#known(part, values as Exclude<Value, null>[], type);
        if (result === null && type !== 'text') this.failed = true;
        return result;
      }
    }
  }

  #text(part: Typed, change: (text: string) => string): Value {
    const text = this.of(part);
    return text === null ? null : change(text as string);
  }

  #compared(a: Value, b: Value, holds: (difference: number) => boolean): boolean | null {
    if (a === null || b === null) return null;
    if (typeof a === 'string') return holds(order(a, b as string));
    return holds(a === b ? 0 : (a as bigint) < (b as bigint) ? -1 : 1);
  }

  /** Of arguments none of which is null. */
  #known({ operation, args }: Extract<Typed, { kind: 'operation' }>, values: Exclude<Value, null>[], type: ExpressionType): Value {
    const [first, second, third] = values;
    const [a, b] = [first as bigint, second as bigint];
    const [text, other] = [first as string, second as string];
    const characters = [...String(first)];
    switch (operation) {
      case 'not':
        return !first;
      case 'in':
        return values.slice(1).includes(first!);
      case 'eq':
        return first === second;
      case 'ne':
        return first !== second;
      case 'lt':
        return this.#compared(first!, second!, (n) => n < 0);
      case 'le':
        return this.#compared(first!, second!, (n) => n <= 0);
      case 'gt':
        return this.#compared(first!, second!, (n) => n > 0);
      case 'ge':
        return this.#compared(first!, second!, (n) => n >= 0);
      case 'add':
        return within(a + b);
      case 'subtract':
        return within(a - b);
      case 'multiply':
        return within(type === 'integer' ? a * b : roundedQuotient(a * b, UNIT));
      case 'divide':
        return b === 0n ? null : within(roundedQuotient(a * UNIT, b));
      case 'negate':
        return -a;
      case 'abs':
        return abs(a);
      case 'round':
        return roundedQuotient(a, UNIT);
      case 'to_decimal':
        return within(a * UNIT);
      case 'upper':
        return letters(text, SMALL_LETTERS, CAPITAL_LETTERS);
      case 'lower':
        return letters(text, CAPITAL_LETTERS, SMALL_LETTERS);
      case 'trim': {
        const kept = characters.map((character) => !WHITE_SPACE.includes(character));
        return characters.slice(Math.max(0, kept.indexOf(true)), kept.lastIndexOf(true) + 1).join('');
      }
      case 'substring': {
        const from = b > 0n ? characters.slice(Number(b) - 1) : characters.slice(Math.max(0, characters.length + Number(b)));
        return (third === undefined ? from : from.slice(0, Number(third))).join('');
      }
      case 'split_part':
        return text.split(other).at(Number(third) > 0 ? Number(third) - 1 : Number(third)) ?? null;
      case 'pad_left':
        return (third as string).repeat(Math.max(0, Number(b) - characters.length)) + text;
      case 'pad_right':
        return text + (third as string).repeat(Math.max(0, Number(b) - characters.length));
      case 'digits':
        return text.replaceAll(/[^0-9]/g, '');
      case 'starts_with':
        return text.startsWith(other);
      case 'ends_with':
        return text.endsWith(other);
      case 'contains':
        return text.includes(other);
      case 'length':
        return BigInt(characters.length);
      case 'to_text':
        return textOf(first!, args[0]!.type);
      case 'to_number':
        return readNumber(text);
      case 'to_integer':
        return /^ *[+-]?\d+ *$/.test(text) ? within(BigInt(text.trim().replace('+', ''))) : null;
      case 'to_date':
        return readDate(text, other ?? 'iso');
      case 'date_of':
        return readDate(characters.slice(0, 10).join(''), 'iso');
      case 'make_date':
        return day(Number(first), Number(second), Number(third));
      case 'days_between':
        return b - a;
      case 'age':
        return ageOf(a, second === undefined ? this.today : b);
      case 'add_days': {
        const later = a + b;
        return later < BigInt(dayNumber(1, 1, 1)) || later > BigInt(dayNumber(9999, 12, 31)) ? null : later;
      }
      case 'year':
        return BigInt(isoOf(a).slice(0, 4));
      case 'month':
        return BigInt(isoOf(a).slice(5, 7));
      case 'day':
        return BigInt(isoOf(a).slice(8));
      case 'and':
      case 'between':
      case 'coalesce':
      case 'concat':
      case 'if':
      case 'is_null':
      case 'join':
      case 'or':
      case 'replace':
      case 'today':
        return operation === 'today' ? this.today : null;
    }
  }
}

/** The result as text, and whether null came of a failure. */
export function referenceText(
  { root }: CheckedExpression,
  values: readonly Value[],
  today: string,
): { text: string | null; failed: boolean } {
  const reference = new Reference(values, BigInt(Date.parse(today)) / 86_400_000n);
  const text = textOf(reference.of(root), root.type);
  return { text, failed: text === null && reference.failed };
}
