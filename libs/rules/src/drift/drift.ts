import type { ValueType } from '@attune/core';
import { identifier, sql, type Sql } from '@attune/sql';
import { z } from 'zod';
import { defineRule, FieldName, notApplicable, type FieldMeasures } from '../define-rule.js';
import { isNumber, textOf, typeOf } from '../silver-value.js';

const Change = z.number().min(0).max(1000);

/** A field looks as it did in the previous dataset with the same columns. */
export const drift = defineRule({
  kind: 'drift',
  description:
    'A field looks as it did in the previous dataset with the same columns: the share of empty values (`max_null_share_change`), how many different values there are per filled value (`max_distinct_change`), the mean of numbers or the share of true ones (`max_mean_change`), each as a share of what it was, except for the first, which is a difference of shares; and with `same_lengths` no value is shorter or longer than any was before. One judgement over the dataset.',
  dimension: 'consistency',
  severity: 'warning',
  parameters: {
    field: FieldName,
    max_null_share_change: Change.default(0.1),
    max_distinct_change: Change.optional(),
    max_mean_change: Change.optional(),
    same_lengths: z.boolean().default(false),
  },
  fields: ({ field }) => [field],
  sentence: ({ field }) => `${field} looks as it did in the previous dataset with the same columns.`,
  fix: () => 'Compare the two files: a changed export, another unit or another code system shows here first.',
  compile: (rule, context) => {
    const before = context.previous?.get(rule.field);
    if (before === undefined || before.records === 0) return notApplicable('There is no previous dataset with the same columns.');
    return {
      scope: 'dataset',
      measures: fieldMeasures(rule.field, typeOf(context, rule.field)),
      decide: (now) => {
        if ((now['records'] ?? 0) === 0) return undefined;
        const changes = changesOf(before, now, rule);
        return {
          failed: changes.length > 0,
          observed: changes.length === 0 ? 'Nothing has changed by more than the rule allows.' : changes.join(' '),
        };
      },
    };
  },
  examples: [
    {
      rule: { kind: 'drift', field: 'city' },
      types: { city: 'text' },
      records: [['Springfield'], [null], [null]],
      previous: { city: { records: 100, filled: 98, distinct: 7, min_length: 3, max_length: 20, mean: null } },
      fails: [0],
    },
    {
      rule: { kind: 'drift', field: 'paid_amount', max_mean_change: 0.5, max_distinct_change: 0.9, same_lengths: true },
      types: { paid_amount: 'money' },
      records: [['1000'], ['1200']],
      previous: { paid_amount: { records: 10, filled: 10, distinct: 10, min_length: 3, max_length: 5, mean: 1000 } },
      fails: [],
    },
    {
      rule: { kind: 'drift', field: 'paid_amount', max_mean_change: 0.5 },
      types: { paid_amount: 'money' },
      records: [['1000'], ['120000']],
      previous: { paid_amount: { records: 10, filled: 10, distinct: 10, min_length: 3, max_length: 5, mean: 1000 } },
      fails: [0],
    },
    {
      rule: { kind: 'drift', field: 'zip_code', same_lengths: true },
      types: { zip_code: 'text' },
      records: [['62704'], ['2704']],
      previous: { zip_code: { records: 10, filled: 10, distinct: 10, min_length: 5, max_length: 10, mean: null } },
      fails: [0],
    },
  ],
});

/** The measures of one field as aggregates over the result, each a number that is never null: `measured` tells whether there is a mean. */
export function fieldMeasures(field: string, type: ValueType): Readonly<Record<keyof FieldMeasures | 'measured', Sql>> {
  const column = identifier(field);
  // Sums of exact decimals do not depend on the order in which threads add them; a number too large for them has no part in the mean.
  const number =
    type === 'boolean'
      ? sql`CAST(${column} AS INTEGER)`
      : isNumber(type)
        ? sql`TRY_CAST(${column} AS DECIMAL(18, 6))`
        : sql`CAST(NULL AS DOUBLE)`;
  return {
    records: sql`count(*)`,
    filled: sql`count(${column})`,
    distinct: sql`count(DISTINCT ${column})`,
    min_length: sql`coalesce(min(length(${textOf(field)})), 0)`,
    max_length: sql`coalesce(max(length(${textOf(field)})), 0)`,
    mean: sql`coalesce(avg(${number}), 0)`,
    measured: sql`count(${number})`,
  };
}

interface Tolerances {
  readonly max_null_share_change: number;
  readonly max_distinct_change?: number | undefined;
  readonly max_mean_change?: number | undefined;
  readonly same_lengths: boolean;
}

function changesOf(before: FieldMeasures, now: Readonly<Record<string, number>>, tolerances: Tolerances): string[] {
  const of = (name: keyof FieldMeasures | 'measured'): number => now[name] ?? 0;
  const changes: string[] = [];
  const tell = (what: string, was: number, is: number): number => changes.push(`${what} was ${rounded(was)} and is ${rounded(is)}.`);
  const [wasFilled, isFilled] = [before.filled / before.records, of('filled') / of('records')];
  if (Math.abs(wasFilled - isFilled) > tolerances.max_null_share_change) tell('The share of filled values', wasFilled, isFilled);
  if (before.filled === 0 || of('filled') === 0) return changes;
  const [wasDistinct, isDistinct] = [before.distinct / before.filled, of('distinct') / of('filled')];
  if (beyond(wasDistinct, isDistinct, tolerances.max_distinct_change)) tell('The share of different values', wasDistinct, isDistinct);
  if (before.mean !== null && of('measured') > 0 && beyond(before.mean, of('mean'), tolerances.max_mean_change))
    tell('The mean', before.mean, of('mean'));
  if (tolerances.same_lengths && of('min_length') < before.min_length) tell('The shortest length', before.min_length, of('min_length'));
  if (tolerances.same_lengths && of('max_length') > before.max_length) tell('The longest length', before.max_length, of('max_length'));
  return changes;
}

function beyond(was: number, is: number, tolerance: number | undefined): boolean {
  return tolerance !== undefined && Math.abs(is - was) > tolerance * Math.abs(was);
}

const rounded = (value: number): number => Math.round(value * 10_000) / 10_000;
