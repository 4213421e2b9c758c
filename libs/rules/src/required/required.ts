import { sql } from '@attune/sql';
import { defineRule, FieldName } from '../define-rule.js';
import { isPresent, textOf } from '../silver-value.js';

/** Every record has a value in the field. */
export const required = defineRule({
  kind: 'required',
  description: 'Every record has a value in the field.',
  dimension: 'completeness',
  severity: 'error',
  parameters: { field: FieldName },
  fields: ({ field }) => [field],
  sentence: ({ field }) => `${field} has a value.`,
  fix: ({ field }) => `Fill ${field} in at the source, or map the column that holds it.`,
  compile: ({ field }) => ({ scope: 'record', judged: sql`true`, failed: sql`NOT (${isPresent(field)})`, value: textOf(field) }),
  examples: [
    { rule: { kind: 'required', field: 'claim_id' }, types: { claim_id: 'text' }, records: [['c-1'], [null], ['']], fails: [2] },
    { rule: { kind: 'required', field: 'paid_date' }, types: { paid_date: 'date' }, records: [['2024-01-02']], fails: [] },
  ],
});
