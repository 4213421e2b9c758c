import type { ValueType } from '@attune/core';
import { identifier, literal, sql, type Sql } from '@attune/sql';
import type { RuleContext } from './define-rule.js';

/** What the values of a column are. The column has a source. */
export function typeOf({ types }: RuleContext, field: string): ValueType {
  return types.get(field) ?? 'text';
}

export const isPresent = (field: string): Sql => sql`${identifier(field)} IS NOT NULL`;

export const textOf = (field: string): Sql => sql`CAST(${identifier(field)} AS VARCHAR)`;

const NUMBERS: readonly ValueType[] = ['integer', 'decimal', 'money'];
const TIMES: readonly ValueType[] = ['date', 'timestamp'];

export const isNumber = (type: ValueType): boolean => NUMBERS.includes(type);
export const isTime = (type: ValueType): boolean => TIMES.includes(type);

/** A column of numbers as numbers; a decimal is kept as text, which no rule needs more than 15 digits of. */
export function numberOf(field: string, type: ValueType): Sql {
  return type === 'decimal' ? sql`TRY_CAST(${identifier(field)} AS DOUBLE)` : identifier(field);
}

/** The day of a date or timestamp as `YYYY-MM-DD`, or as much of it as is known: `YYYY-MM`, `YYYY`. Texts of this form are in order of time. */
export const dayOf = (field: string): Sql => sql`left(${textOf(field)}, 10)`;

/** The last calendar day that has begun anywhere on earth at a moment (UTC+14); local dates are not later than that. */
export function latestDay(moment: string): string {
  return new Date(Date.parse(moment) + 14 * 3_600_000).toISOString().slice(0, 10);
}

/** Compares as many characters as both days have, so that `2020` is not before `2020-03-01`. */
export function notAfter(day: Sql, other: Sql, { strict = false }: { readonly strict?: boolean } = {}): Sql {
  const known = sql`least(length(${day}), length(${other}))`;
  return strict ? sql`left(${day}, ${known}) < left(${other}, ${known})` : sql`left(${day}, ${known}) <= left(${other}, ${known})`;
}

export const dayLiteral = (day: string): Sql => literal(day);
