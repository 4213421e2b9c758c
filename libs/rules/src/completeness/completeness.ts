import { identifier, sql } from '@attune/sql';
import { z } from 'zod';
import { defineRule, FieldName } from '../define-rule.js';

/** So much of a field is filled. */
export const completeness = defineRule({
  kind: 'completeness',
  description: 'At least the share `min_share` (0 to 1) of the records has a value in the field. One judgement over the dataset.',
  dimension: 'completeness',
  severity: 'warning',
  parameters: { field: FieldName, min_share: z.number().min(0).max(1) },
  fields: ({ field }) => [field],
  sentence: (rule) => `${rule.field} has a value in at least ${percent(rule.min_share)} of the records.`,
  fix: ({ field }) => `Ask the source why ${field} is empty so often; maybe another column holds it too.`,
  compile: ({ field, min_share: minShare }) => ({
    scope: 'dataset',
    measures: { filled: sql`count(${identifier(field)})`, records: sql`count(*)` },
    decide: ({ filled = 0, records = 0 }) =>
      records === 0 ? undefined : { failed: filled < minShare * records, observed: `${filled} of ${records} records have a value.` },
  }),
  examples: [
    {
      rule: { kind: 'completeness', field: 'phone', min_share: 0.5 },
      types: { phone: 'text' },
      records: [['+12175550123'], [null], [null]],
      fails: [0],
    },
    {
      rule: { kind: 'completeness', field: 'phone', min_share: 0.5 },
      types: { phone: 'text' },
      records: [['+12175550123'], [null]],
      fails: [],
    },
  ],
});

const percent = (share: number): string => `${Math.round(share * 10_000) / 100} %`;
