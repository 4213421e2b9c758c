import { literal, sql } from '@attune/sql';
import { z } from 'zod';
import { defineRule, FieldName, notApplicable } from '../define-rule.js';
import { dayOf, isTime, typeOf } from '../silver-value.js';

/** The newest day of a field is not long before the dataset was received. */
export const freshness = defineRule({
  kind: 'freshness',
  description:
    'The newest day in the field lies at most `max_age_days` before the dataset was received. One judgement over the dataset; times that are known by month or year only do not count.',
  dimension: 'timeliness',
  severity: 'warning',
  parameters: { field: FieldName, max_age_days: z.int().min(0).max(36_500) },
  fields: ({ field }) => [field],
  sentence: (rule) => `The newest ${rule.field} is at most ${rule.max_age_days} days older than the receipt.`,
  fix: () => 'Ask the source for a newer extract.',
  compile: ({ field, max_age_days: maxAge }, context) => {
    if (!isTime(typeOf(context, field))) return notApplicable(`${field} is no date.`);
    const newest = sql`max(TRY_CAST(${dayOf(field)} AS DATE))`;
    const received = sql`CAST(${literal(context.receivedAt.slice(0, 10))} AS DATE)`;
    return {
      scope: 'dataset',
      measures: { dated: sql`count(TRY_CAST(${dayOf(field)} AS DATE))`, age: sql`coalesce(date_diff('day', ${newest}, ${received}), 0)` },
      decide: ({ dated = 0, age = 0 }) =>
        dated === 0 ? undefined : { failed: age > maxAge, observed: `The newest is ${age} days older than the receipt.` },
    };
  },
  examples: [
    {
      rule: { kind: 'freshness', field: 'paid_date', max_age_days: 30 },
      types: { paid_date: 'date' },
      records: [['2024-01-01'], ['2024-11-30'], [null]],
      fails: [0],
    },
    {
      rule: { kind: 'freshness', field: 'observation_date', max_age_days: 30 },
      types: { observation_date: 'timestamp' },
      records: [['2024'], ['2024-12-31T10:00:00Z']],
      fails: [],
    },
  ],
});
