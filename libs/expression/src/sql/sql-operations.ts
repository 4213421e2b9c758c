import { identifier, join, literal, sql, type Sql } from '@attune/sql';
import { CAPITAL_LETTERS, SMALL_LETTERS, WHITE_SPACE } from '../letters.js';
import type { Operation, Typed } from '../typed/typed.js';

/** What an operation is made SQL from: its arguments as SQL and as they were, its type, and names that occur nowhere else. */
export interface SqlParts {
  readonly args: readonly Sql[];
  readonly typed: readonly Typed[];
  readonly type: Typed['type'];
  readonly today: Sql;
  readonly freshName: () => Sql;
}

const INTEGER = sql`DECIMAL(15, 0)`;
const DECIMAL = sql`DECIMAL(15, 6)`;
const numberType = (type: Typed['type']): Sql => (type === 'integer' ? INTEGER : DECIMAL);

/** An empty text is null. */
const orNull = (text: Sql): Sql => sql`nullif(${text}, '')`;
/**
 * A number as a narrower type, null where it is too large. Not TRY_CAST: DuckDB's optimizer takes such a cast away where its result is
 * compared with a constant, and would judge a number that is not there.
 */
export const within = (number: Sql, type: Sql): Sql => sql`TRY(CAST(${number} AS ${type}))`;
/** A number that a text writes, null for an empty text: casts from text are left alone. */
const read = (text: Sql, type: Sql): Sql => sql`TRY_CAST(${text} AS ${type})`;
const count = (number: Sql): Sql => sql`CAST(${number} AS ${INTEGER})`;

const YEAR = '(?:[0-9]{3}[1-9]|[0-9]{2}[1-9]0|[0-9][1-9]00|[1-9]000)';
/** A day of the years 1 to 9999 as DuckDB writes it. */
const DAY = literal(`^${YEAR}-[0-9]{2}-[0-9]{2}$`);
const LOOSE_DAY = literal(`^${YEAR}-[0-9]{1,2}-[0-9]{1,2}$`);
/** What is no day of the calendar becomes null. */
const dayOf = (text: Sql, pattern = DAY): Sql => sql`TRY_CAST(regexp_extract(${text}, ${pattern}) AS DATE)`;
const calendarNumber = (date: Sql): Sql => sql`CAST(strftime(${date}, '%Y%m%d') AS INTEGER)`;

/** Uses a value more than once, although it is written down once: else the text would double with every level. */
function bound({ freshName }: SqlParts, value: Sql, use: (name: Sql) => Sql): Sql {
  const name = freshName();
  return sql`list_transform([${value}], lambda ${name}: ${use(name)})[1]`;
}

const infix =
  (operator: Sql) =>
  ({ args }: SqlParts): Sql =>
    sql`(${join(args, operator)})`;

const arithmetic =
  (operator: Sql) =>
  ({ args: [left, right], type }: SqlParts): Sql =>
    within(sql`CAST(${left!} AS DECIMAL(20, ${literal(type === 'integer' ? 0 : 6)})) ${operator} ${right!}`, numberType(type));

/** Exact: whole numbers of any size, a half rounded away from zero. DuckDB's own division goes through floating point. */
function divide(parts: SqlParts): Sql {
  const [left, right] = parts.args.map((arg) => sql`CAST(CAST(${arg} AS DECIMAL(21, 6)) * 1000000 AS HUGEINT)`);
  const quotient = bound(
    parts,
    sql`{'a': ${left!}, 'b': ${right!}}`,
    (p) =>
      sql`CASE WHEN ${p}.b = 0 THEN NULL ELSE ((2000000 * abs(${p}.a) + abs(${p}.b)) // (2 * abs(${p}.b))) * sign(${p}.a) * sign(${p}.b) END`,
  );
  return within(sql`${within(quotient, INTEGER)} * CAST(0.000001 AS DECIMAL(6, 6))`, DECIMAL);
}

function asText({ args: [value], typed: [of] }: SqlParts): Sql {
  const plain = sql`CAST(${value!} AS VARCHAR)`;
  return of!.type === 'decimal' ? sql`rtrim(rtrim(${plain}, '0'), '.')` : of!.type === 'timestamp' ? orNull(plain) : plain;
}

/** A whole number that is written down, as DuckDB's functions of texts want it. */
const written = (part: Typed | undefined): Sql => literal(part?.kind === 'literal' ? Number(part.value) : null);

function substring({ args: [text], typed: [, position, length] }: SqlParts): Sql {
  const size = length === undefined ? [] : [written(length)];
  const from = position?.kind === 'literal' ? Number(position.value) : 1;
  if (from > 0) return orNull(sql`substring(${join([text!, literal(from), ...size])})`);
  const end = sql`right(${text!}, ${literal(-from)})`;
  return orNull(size.length === 0 ? end : sql`left(${join([end, ...size])})`);
}

const padded =
  (fill: Sql) =>
  (parts: SqlParts): Sql => {
    const [text, , by] = parts.args;
    const length = written(parts.typed[1]);
    return bound(parts, text!, (v) => sql`CASE WHEN length(${v}) >= ${length} THEN ${v} ELSE ${fill}(${v}, ${length}, ${by!}) END`);
  };

/** Three numbers are first turned into year-month-day; whatever then is no date is null. */
function toDate({ args: [text], typed: [, order] }: SqlParts): Sql {
  const wanted = order?.kind === 'literal' ? order.value : 'iso';
  if (wanted === 'iso') return dayOf(text!);
  const [pattern, by] =
    wanted === 'ymd'
      ? ['^([0-9]{4})[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})$', '\\1-\\2-\\3']
      : ['^([0-9]{1,2})[-/.]([0-9]{1,2})[-/.]([0-9]{4})$', wanted === 'mdy' ? '\\3-\\1-\\2' : '\\3-\\2-\\1'];
  return dayOf(sql`regexp_replace(${text!}, ${literal(pattern)}, ${literal(by)})`, LOOSE_DAY);
}

const NUMBER = literal('^ *([+-]?(?:[0-9]+(?:\\.[0-9]*)?|\\.[0-9]+)) *$');
const WHOLE = literal('^ *([+-]?[0-9]+) *$');

/** Every operation in DuckDB's SQL: null where an argument is (unless said otherwise) and where it fails, never an error. */
export const SQL_OPERATIONS: Readonly<Record<Operation, (parts: SqlParts) => Sql>> = {
  and: infix(sql` AND `),
  or: infix(sql` OR `),
  not: ({ args }) => sql`(NOT ${args[0]!})`,
  if: ({ args: [condition, yes, no] }) => sql`CASE WHEN ${condition!} THEN ${yes!} ELSE ${no!} END`,
  coalesce: ({ args }) => sql`coalesce(${join(args)})`,
  is_null: ({ args }) => sql`(${args[0]!} IS NULL)`,
  in: ({ args: [value, ...items] }) => sql`(${value!} IN (${join(items)}))`,
  between: ({ args: [value, low, high] }) => sql`(${value!} BETWEEN ${low!} AND ${high!})`,
  eq: infix(sql` = `),
  ne: infix(sql` <> `),
  lt: infix(sql` < `),
  le: infix(sql` <= `),
  gt: infix(sql` > `),
  ge: infix(sql` >= `),
  add: arithmetic(sql`+`),
  subtract: arithmetic(sql`-`),
  multiply: arithmetic(sql`*`),
  divide,
  negate: ({ args }) => sql`(-${args[0]!})`,
  abs: ({ args }) => sql`abs(${args[0]!})`,
  round: ({ args }) => within(args[0]!, INTEGER),
  to_decimal: ({ args }) => within(args[0]!, DECIMAL),
  concat: ({ args }) => orNull(sql`concat(${join(args)})`),
  join: ({ args }) => orNull(sql`concat_ws(${join(args)})`),
  upper: ({ args }) => sql`translate(${args[0]!}, ${literal(SMALL_LETTERS)}, ${literal(CAPITAL_LETTERS)})`,
  lower: ({ args }) => sql`translate(${args[0]!}, ${literal(CAPITAL_LETTERS)}, ${literal(SMALL_LETTERS)})`,
  trim: ({ args }) => orNull(sql`trim(${args[0]!}, ${literal(WHITE_SPACE)})`),
  substring,
  split_part: ({ args: [text, separator], typed }) => orNull(sql`split_part(${join([text!, separator!, written(typed[2])])})`),
  replace: ({ args }) => orNull(sql`replace(${join(args)})`),
  pad_left: padded(identifier('lpad')),
  pad_right: padded(identifier('rpad')),
  digits: ({ args }) => orNull(sql`regexp_replace(${args[0]!}, '[^0-9]', '', 'g')`),
  starts_with: ({ args }) => sql`starts_with(${join(args)})`,
  ends_with: ({ args }) => sql`suffix(${join(args)})`,
  contains: ({ args }) => sql`contains(${join(args)})`,
  length: ({ args }) => count(sql`length(${args[0]!})`),
  to_text: asText,
  to_number: ({ args }) => read(sql`regexp_extract(${args[0]!}, ${NUMBER}, 1)`, DECIMAL),
  to_integer: ({ args }) => read(sql`regexp_extract(${args[0]!}, ${WHOLE}, 1)`, INTEGER),
  to_date: toDate,
  date_of: ({ args }) => dayOf(sql`left(${args[0]!}, 10)`),
  make_date: ({ args: [year, month, day] }) =>
    dayOf(
      sql`CAST(TRY(make_date(CAST(${within(year!, sql`DECIMAL(4, 0)`)} AS INTEGER), CAST(${within(month!, sql`DECIMAL(2, 0)`)} AS INTEGER), CAST(${within(day!, sql`DECIMAL(2, 0)`)} AS INTEGER))) AS VARCHAR)`,
    ),
  days_between: ({ args: [from, to] }) => count(sql`(${to!} - ${from!})`),
  age: ({ args: [born, at], today }) => count(sql`floor((${calendarNumber(at ?? today)} - ${calendarNumber(born!)}) / 10000)`),
  add_days: ({ args: [date, days] }) => dayOf(sql`CAST(${date!} + CAST(${within(days!, sql`DECIMAL(7, 0)`)} AS INTEGER) AS VARCHAR)`),
  year: ({ args }) => count(sql`year(${args[0]!})`),
  month: ({ args }) => count(sql`month(${args[0]!})`),
  day: ({ args }) => count(sql`day(${args[0]!})`),
  today: ({ today }) => today,
};
