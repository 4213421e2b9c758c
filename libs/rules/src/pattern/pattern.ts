import { literal, sql } from '@attune/sql';
import { z } from 'zod';
import { defineRule, FieldName } from '../define-rule.js';
import { isPresent, textOf } from '../silver-value.js';
import { patternFault } from './linear-pattern.js';

/** A value as a whole has a form. */
export const pattern = defineRule({
  kind: 'pattern',
  description:
    'A value as a whole matches a regular expression, in the part of the syntax of RE2 that is matched in linear time: no references back, no looking around, no flags.',
  dimension: 'validity',
  severity: 'error',
  parameters: { field: FieldName, pattern: z.string().min(1).max(500) },
  contradiction: (rule) => {
    const fault = patternFault(rule.pattern);
    return fault === undefined ? undefined : `The pattern is not taken: ${fault}.`;
  },
  fields: ({ field }) => [field],
  sentence: (rule) => `${rule.field} has the form ${rule.pattern}.`,
  fix: ({ field }) => `Correct ${field} at the source, or change the pattern of the rule.`,
  compile: (rule) => {
    const text = textOf(rule.field);
    return {
      scope: 'record',
      judged: isPresent(rule.field),
      failed: sql`NOT regexp_full_match(${text}, ${literal(rule.pattern)})`,
      value: text,
    };
  },
  examples: [
    {
      rule: { kind: 'pattern', field: 'drg_code', pattern: '\\d{3}' },
      types: { drg_code: 'text' },
      records: [['470'], ['47'], ['4700'], [null], ['']],
      fails: [2, 3, 5],
    },
    {
      rule: { kind: 'pattern', field: 'source_code', pattern: "[A-Z]'?[a-z]+|\\(\\d+(?:-\\d+)?\\)" },
      types: { source_code: 'text' },
      records: [["O'hara"], ['(12-3)'], ['x'], ['(12-)']],
      fails: [3, 4],
    },
  ],
});
