import { literal, sql, type Sql } from '@attune/sql';
import { z } from 'zod';
import { defineRule, FieldName } from '../define-rule.js';
import { isPresent, textOf } from '../silver-value.js';

const TYPES = ['integer', 'decimal', 'boolean', 'date', 'timestamp'] as const;

/** A cast alone takes `1e3`, ` 12` and `1_000`, so the form decides first. */
const FORMS: Readonly<Record<(typeof TYPES)[number], string>> = {
  integer: '-?[0-9]+',
  decimal: '-?[0-9]+(\\.[0-9]+)?',
  boolean: 'true|false',
  date: '[0-9]{4}-[0-9]{2}-[0-9]{2}',
  timestamp: '[0-9]{4}(-[0-9]{2}(-[0-9]{2}(T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\\.[0-9]{1,9})?)?(Z|[+-][0-9]{2}:[0-9]{2})?)?)?)?',
};

/** Values are written in the canonical form of a type; fields that have the type already always pass. */
export const type = defineRule({
  kind: 'type',
  description: 'Values have the canonical form of a type. For carried columns and text fields: other fields have their type already.',
  dimension: 'validity',
  severity: 'error',
  parameters: { field: FieldName, type: z.enum(TYPES) },
  fields: ({ field }) => [field],
  sentence: (rule) => `${rule.field} is written as ${rule.type}.`,
  fix: (rule) => `Map ${rule.field} to a field whose standardizer reads its values, or correct them at the source.`,
  compile: ({ field, type: wanted }) => {
    const text = textOf(field);
    const formed = sql`regexp_full_match(${text}, ${literal(FORMS[wanted])})`;
    return {
      scope: 'record',
      judged: isPresent(field),
      failed: sql`NOT (${formed}${wanted === 'date' || wanted === 'timestamp' ? exists(text) : sql``})`,
      value: text,
    };
  },
  examples: [
    {
      rule: { kind: 'type', field: 'source.count', type: 'integer' },
      types: { 'source.count': 'text' },
      records: [['12'], ['-3'], ['1.5'], ['1e3'], [' 12'], [null], ['']],
      fails: [3, 4, 5, 7],
    },
    {
      rule: { kind: 'type', field: 'source.day', type: 'date' },
      types: { 'source.day': 'text' },
      records: [['2024-02-29'], ['2023-02-29'], ['2024-2-1'], ['20240201']],
      fails: [2, 3, 4],
    },
    {
      rule: { kind: 'type', field: 'source.at', type: 'timestamp' },
      types: { 'source.at': 'text' },
      records: [['2024-02-29T10:00Z'], ['2024'], ['2023-02-29T10:00'], ['2024-02-29 10:00']],
      fails: [3, 4],
    },
    {
      rule: { kind: 'type', field: 'source.x', type: 'decimal' },
      types: { 'source.x': 'text' },
      records: [['1.50'], ['1.'], ['.5']],
      fails: [2, 3],
    },
    {
      rule: { kind: 'type', field: 'death_flag', type: 'boolean' },
      types: { death_flag: 'boolean' },
      records: [['true'], [null]],
      fails: [],
    },
  ],
});

/** A whole day is one of the calendar. */
function exists(text: Sql): Sql {
  return sql` AND (length(${text}) < 10 OR TRY_CAST(left(${text}, 10) AS DATE) IS NOT NULL)`;
}
