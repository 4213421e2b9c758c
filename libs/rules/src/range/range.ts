import { AppError } from '@attune/core';
import { join, literal, sql, type Sql } from '@attune/sql';
import { z } from 'zod';
import { defineRule, FieldName, notApplicable, type RuleContext } from '../define-rule.js';
import { dayLiteral, dayOf, isNumber, isPresent, isTime, latestDay, notAfter, numberOf, textOf, typeOf } from '../silver-value.js';

const Bound = z.union([z.number(), z.string().regex(/^\d{4}-\d{2}-\d{2}$/, 'A day is written as 2024-01-31.'), z.literal('received_at')]);
type Bound = z.infer<typeof Bound>;

/** A value lies between two bounds, both included: numbers (money in cents), or days. `received_at` is the day the dataset was received. */
export const range = defineRule({
  kind: 'range',
  description:
    'A number, an amount in cents, or a day lies between `min` and `max`, both included. `received_at` stands for the day on which the dataset was received, in whatever time zone it was latest.',
  dimension: 'validity',
  severity: 'error',
  parameters: { field: FieldName, min: Bound.optional(), max: Bound.optional() },
  contradiction: ({ min, max }) =>
    min === undefined && max === undefined
      ? 'Give min, max, or both.'
      : min !== undefined && max !== undefined && (typeof min === 'number') !== (typeof max === 'number')
        ? 'Both bounds are numbers, or both are days.'
        : undefined,
  fields: ({ field }) => [field],
  sentence: ({ field, min, max }) => `${field} is ${told(min, max)}.`,
  fix: ({ field }) => `Correct ${field} at the source; if the values are right, change the bounds of the rule.`,
  compile: ({ field, min, max }, context) => {
    const type = typeOf(context, field);
    const asNumbers = [min, max].every((bound) => bound === undefined || typeof bound === 'number');
    if (asNumbers ? !isNumber(type) : !isTime(type))
      return notApplicable(`${field} is ${type}, and the bounds are ${asNumbers ? 'numbers' : 'days'}.`);
    const within = asNumbers ? numbersWithin(numberOf(field, type), min, max) : daysWithin(dayOf(field), min, max, context);
    return { scope: 'record', judged: isPresent(field), failed: sql`NOT (${join(within, sql` AND `)})`, value: textOf(field) };
  },
  examples: [
    {
      rule: { kind: 'range', field: 'paid_amount', min: 0 },
      types: { paid_amount: 'money' },
      records: [['0'], ['-1'], ['5'], [null]],
      fails: [2],
    },
    {
      rule: { kind: 'range', field: 'latitude', min: -90, max: 90 },
      types: { latitude: 'decimal' },
      records: [['41.5'], ['90'], ['90.01'], ['-91']],
      fails: [3, 4],
    },
    {
      rule: { kind: 'range', field: 'birth_date', min: '1880-01-01', max: 'received_at' },
      types: { birth_date: 'date' },
      records: [['1987-03-09'], ['2025-01-02'], ['2025-01-03'], ['1879-12-31']],
      fails: [3, 4],
    },
    {
      rule: { kind: 'range', field: 'recorded_date', max: 'received_at' },
      types: { recorded_date: 'timestamp' },
      records: [['2025-01-01T23:59:00-05:00'], ['2025'], ['2025-01'], ['2026'], ['2025-01-03T00:00:00Z']],
      fails: [4, 5],
    },
  ],
});

function told(min: Bound | undefined, max: Bound | undefined): string {
  const name = (bound: Bound): string => (bound === 'received_at' ? 'the day on which the dataset was received' : String(bound));
  if (min === undefined) return `not above ${name(max!)}`;
  return max === undefined ? `not below ${name(min)}` : `between ${name(min)} and ${name(max)}`;
}

function numbersWithin(value: Sql, min: Bound | undefined, max: Bound | undefined): Sql[] {
  return [
    ...(min === undefined ? [] : [sql`${value} >= ${literal(Number(min))}`]),
    ...(max === undefined ? [] : [sql`${value} <= ${literal(Number(max))}`]),
  ];
}

function daysWithin(day: Sql, min: Bound | undefined, max: Bound | undefined, { receivedAt }: RuleContext): Sql[] {
  const at = (bound: Bound): Sql => {
    if (typeof bound === 'number') throw new AppError('internal', 'a day was expected');
    return dayLiteral(bound === 'received_at' ? latestDay(receivedAt) : bound);
  };
  return [...(min === undefined ? [] : [notAfter(at(min), day)]), ...(max === undefined ? [] : [notAfter(day, at(max))])];
}
