import { identifier, sql, textList, type Sql } from '@attune/sql';
import { z } from 'zod';
import { defineRule, FieldName } from '../define-rule.js';
import { isPresent, textOf } from '../silver-value.js';

/** A list in a document; longer ones belong into a code system. */
const MOST_VALUES = 10_000;
export const ValueList = z.array(z.string().max(256)).min(1).max(MOST_VALUES);

/** True where the text is one of the list. A list is looked through once per record, a set is not. */
export function isOneOf(text: Sql, values: readonly string[]): Sql {
  return sql`${text} IN (SELECT unnest(${textList([...new Set(values)])}))`;
}

/** A value is one of a list. */
export const valueSet = defineRule({
  kind: 'value-set',
  description: 'A value is one of a list. Upper and lower case differ unless `ignore_case` says otherwise.',
  dimension: 'validity',
  severity: 'error',
  parameters: { field: FieldName, values: ValueList, ignore_case: z.boolean().default(false) },
  fields: ({ field }) => [field],
  sentence: ({ field, values }) =>
    values.length <= 12 ? `${field} is one of ${values.join(', ')}.` : `${field} is one of ${values.length} known values.`,
  fix: ({ field }) => `Translate the values of ${field} by \`values\` in its mapping, or add what is right to the list of the rule.`,
  compile: ({ field, values, ignore_case: ignoreCase }) => {
    const text = ignoreCase ? sql`lower(${textOf(field)})` : textOf(field);
    const allowed = ignoreCase ? values.map((value) => value.toLowerCase()) : values;
    return { scope: 'record', judged: isPresent(field), failed: sql`NOT (${isOneOf(text, allowed)})`, value: identifier(field) };
  },
  examples: [
    {
      rule: { kind: 'value-set', field: 'frequency_code', values: ['1', '7', '8'] },
      types: { frequency_code: 'text' },
      records: [['1'], ['9'], [null], ['']],
      fails: [2, 4],
    },
    {
      rule: { kind: 'value-set', field: 'status', values: ['Active', 'Resolved'], ignore_case: true },
      types: { status: 'text' },
      records: [['active'], ['RESOLVED'], ['gone'], ["x' OR true --"]],
      fails: [3, 4],
    },
  ],
});
