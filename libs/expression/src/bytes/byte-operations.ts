import { bounded, divideNumbers, multiplyDecimals, roundDecimal } from '../exact-number.js';
import { DECIMAL_UNIT } from '../limits.js';
import { calendarNumber, dayNumber, FIRST_DAY, isDay, LAST_DAY } from '../syntax/calendar.js';
import type { Operation, Typed } from '../typed/typed.js';
import type { ByteOperation, ByteParts, Compiled } from './byte-operation.js';
import { characters, compareTexts } from './characters.js';
import { NOTHING, type Frame } from './frame.js';
import { readDate, readNumber, type DateOrder } from './read-value.js';
import { TEXT_OPERATIONS } from './text-operations.js';
import { writeValue } from './write-value.js';

/** Of numbers, dates and truth values: null where an argument is, else what `of` says; NaN of values that are there is a failure. */
const numeric =
  (of: (a: number, b: number) => number): ByteOperation =>
  ({ frame, place, args: [left, right] }) => {
    const { numbers } = frame;
    const first = left!.place;
    const second = (right ?? left)!.place;
    return () => {
      left!.step();
      right?.step();
      const a = numbers[first]!;
      const b = numbers[second]!;
      const value = of(a, b);
      numbers[place] = value;
      if (value !== value && a === a && b === b) frame.failed = true;
    };
  };

/** Negative, 0 or positive; NaN where one of the two is null. */
function comparer(frame: Frame, type: Typed['type'], a: number, b: number): () => number {
  const { numbers, buf, start, end } = frame;
  if (type !== 'text') return () => numbers[a]! - numbers[b]!;
  return () => (frame.hasText(a) && frame.hasText(b) ? compareTexts(buf[a]!, start[a]!, end[a]!, buf[b]!, start[b]!, end[b]!) : NOTHING);
}

const comparison =
  (holds: (difference: number) => boolean): ByteOperation =>
  ({ frame, place, args: [left, right] }) => {
    const { numbers } = frame;
    const compare = comparer(frame, left!.typed.type, left!.place, right!.place);
    return () => {
      left!.step();
      right!.step();
      const difference = compare();
      numbers[place] = difference !== difference ? NOTHING : holds(difference) ? 1 : 0;
    };
  };

/** Stops at the first operand that decides. */
const logic =
  (deciding: 0 | 1): ByteOperation =>
  ({ frame, place, args }) => {
    const { numbers } = frame;
    return () => {
      let value: number = 1 - deciding;
      for (let i = 0; i < args.length; i++) {
        args[i]!.step();
        const operand = numbers[args[i]!.place]!;
        if (operand === deciding) {
          value = operand;
          break;
        }
        if (operand !== operand) value = NOTHING;
      }
      numbers[place] = value;
    };
  };

const among: ByteOperation = ({ frame, place, args: [value, ...items] }) => {
  const { numbers } = frame;
  const compares = items.map((item) => comparer(frame, value!.typed.type, value!.place, item.place));
  return () => {
    value!.step();
    let found: number = 0;
    for (let i = 0; i < compares.length && found === 0; i++) {
      const difference = compares[i]!();
      found = difference !== difference ? NOTHING : difference === 0 ? 1 : 0;
    }
    numbers[place] = found;
  };
};

const between: ByteOperation = ({ frame, place, args: [value, low, high] }) => {
  const { numbers } = frame;
  const above = comparer(frame, value!.typed.type, value!.place, low!.place);
  const below = comparer(frame, value!.typed.type, value!.place, high!.place);
  return () => {
    value!.step();
    low!.step();
    high!.step();
    const a = above();
    const b = below();
    numbers[place] = a < 0 || b > 0 ? 0 : a >= 0 && b <= 0 ? 1 : NOTHING;
  };
};

/** Takes over the value of another place. */
function takeOver({ frame, place, type }: ByteParts, from: number): void {
  if (type === 'text' || type === 'timestamp') frame.point(place, frame.buf[from]!, frame.start[from]!, frame.end[from]!);
  else frame.numbers[place] = frame.numbers[from]!;
}

const isNothing = (frame: Frame, { place, typed }: Compiled): boolean =>
  typed.type === 'text' || typed.type === 'timestamp' ? !frame.hasText(place) : Number.isNaN(frame.numbers[place]!);

const choice: ByteOperation = (parts) => {
  const [condition, yes, no] = parts.args;
  const { numbers } = parts.frame;
  return () => {
    condition!.step();
    const chosen = numbers[condition!.place] === 1 ? yes! : no!;
    chosen.step();
    takeOver(parts, chosen.place);
  };
};

const firstOf: ByteOperation = (parts) => () => {
  const { args, frame } = parts;
  for (let i = 0; i < args.length; i++) {
    args[i]!.step();
    if (i === args.length - 1 || !isNothing(frame, args[i]!)) {
      takeOver(parts, args[i]!.place);
      return;
    }
  }
};

/** Reads a number or a date out of a text; what is no such thing is a failure. */
const reading =
  (read: (buf: Uint8Array, start: number, end: number) => number): ByteOperation =>
  ({ frame, place, args: [text] }) =>
  () => {
    text!.step();
    const from = text!.place;
    if (!frame.hasText(from)) {
      frame.numbers[place] = NOTHING;
      return;
    }
    const value = read(frame.buf[from]!, frame.start[from]!, frame.end[from]!);
    frame.numbers[place] = value;
    if (value !== value) frame.failed = true;
  };

const toDate: ByteOperation = (parts) => {
  const order = parts.args[1]?.typed;
  const wanted = (order?.kind === 'literal' ? order.value : 'iso') as DateOrder;
  return reading((buf, start, end) => readDate(buf, start, end, wanted))(parts);
};

const makeDate: ByteOperation = ({ frame, place, args }) => {
  const { numbers } = frame;
  return () => {
    for (let i = 0; i < args.length; i++) args[i]!.step();
    const year = numbers[args[0]!.place]!;
    const month = numbers[args[1]!.place]!;
    const day = numbers[args[2]!.place]!;
    numbers[place] = isDay(year, month, day) ? dayNumber(year, month, day) : NOTHING;
    if (!isDay(year, month, day) && !Number.isNaN(year + month + day)) frame.failed = true;
  };
};

const toText: ByteOperation = (parts) => {
  const { frame, place, args } = parts;
  const [value] = args;
  const { type } = value!.typed;
  return () => {
    value!.step();
    if (type === 'text' || type === 'timestamp') return takeOver(parts, value!.place);
    const number = frame.numbers[value!.place]!;
    if (number !== number) return frame.noText(place);
    frame.reserve(32);
    const from = frame.used;
    writeValue(frame, type, number);
    return frame.made(place, from);
  };
};

const decimalOr =
  (whole: (a: number, b: number) => number, decimal: (a: number, b: number) => number): ByteOperation =>
  (parts) =>
    numeric(parts.type === 'integer' ? whole : decimal)(parts);

const isWithin = (day: number): number => (day >= FIRST_DAY && day <= LAST_DAY ? day : NOTHING);

/** Every operation on bytes: null where an argument is (unless said otherwise) and where it fails; allocates nothing, never throws. */
export const BYTE_OPERATIONS: Readonly<Record<Operation, ByteOperation>> = {
  ...TEXT_OPERATIONS,
  and: logic(0),
  or: logic(1),
  not: numeric((a) => 1 - a),
  if: choice,
  coalesce: firstOf,
  is_null: ({ frame, place, args: [value] }) => {
    return () => {
      value!.step();
      frame.numbers[place] = isNothing(frame, value!) ? 1 : 0;
    };
  },
  in: among,
  between,
  eq: comparison((difference) => difference === 0),
  ne: comparison((difference) => difference !== 0),
  lt: comparison((difference) => difference < 0),
  le: comparison((difference) => difference <= 0),
  gt: comparison((difference) => difference > 0),
  ge: comparison((difference) => difference >= 0),
  add: numeric((a, b) => bounded(a + b)),
  subtract: numeric((a, b) => bounded(a - b)),
  multiply: decimalOr((a, b) => bounded(a * b), multiplyDecimals),
  divide: numeric(divideNumbers),
  negate: numeric((a) => 0 - a),
  abs: numeric((a) => Math.abs(a)),
  round: numeric(roundDecimal),
  to_decimal: numeric((a) => bounded(a * DECIMAL_UNIT)),
  length: ({ frame, place, args: [text] }) => {
    const from = text!.place;
    return () => {
      text!.step();
      frame.numbers[place] = frame.hasText(from) ? characters(frame.buf[from]!, frame.start[from]!, frame.end[from]!) : NOTHING;
    };
  },
  to_text: toText,
  to_number: reading((buf, start, end) => readNumber(buf, start, end, false)),
  to_integer: reading((buf, start, end) => readNumber(buf, start, end, true)),
  to_date: toDate,
  date_of: reading((buf, start, end) => readDate(buf, start, Math.min(end, start + 10), 'iso')),
  make_date: makeDate,
  days_between: numeric((from, to) => to - from),
  age: (parts) => {
    const { today } = parts;
    const years = (born: number, at: number): number => Math.floor((calendarNumber(at) - calendarNumber(born)) / 10_000);
    return numeric(parts.args.length === 1 ? (born) => years(born, today) : years)(parts);
  },
  add_days: numeric((day, days) => isWithin(day + days)),
  year: numeric((day) => Math.floor(calendarNumber(day) / 10_000)),
  month: numeric((day) => Math.floor(calendarNumber(day) / 100) % 100),
  day: numeric((day) => calendarNumber(day) % 100),
  today:
    ({ frame, place, today }) =>
    () => {
      frame.numbers[place] = today;
    },
};
