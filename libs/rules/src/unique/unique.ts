import { columnList, identifier, join, sql } from '@attune/sql';
import { z } from 'zod';
import { defineRule, FieldName } from '../define-rule.js';
import { isPresent, textOf } from '../silver-value.js';

/** No two records have the same values in the fields; of those that have, the first passes. */
export const unique = defineRule({
  kind: 'unique',
  description:
    'No two records have the same values in all of the fields. Of those that have, the first one passes and every later one fails; a record without one of the values is not judged.',
  dimension: 'uniqueness',
  severity: 'error',
  parameters: { fields: z.array(FieldName).min(1).max(16) },
  fields: ({ fields }) => fields,
  sentence: ({ fields }) => `No other record has the same ${fields.join(', ')}.`,
  fix: () => 'Find out which of the records is right, or name all the fields that tell records apart.',
  compile: ({ fields }, { silver }) => {
    const present = join(fields.map(isPresent), sql` AND `);
    const keys = columnList(fields);
    const same = join(
      fields.map((field) => sql`later.${identifier(field)} = first.${identifier(field)}`),
      sql` AND `,
    );
    const first = sql`SELECT ${keys}, min(_record) AS _first FROM ${silver} WHERE ${present} GROUP BY ${keys} HAVING count(*) > 1`;
    const later = sql`SELECT later._record FROM ${silver} later JOIN (${first}) first ON ${same} WHERE later._record > first._first`;
    return { scope: 'record', judged: present, failed: sql`_record IN (${later})`, value: textOf(fields[0]!) };
  },
  examples: [
    {
      rule: { kind: 'unique', fields: ['claim_id'] },
      types: { claim_id: 'text' },
      records: [['a'], ['b'], ['a'], [null], [null], ['a']],
      fails: [3, 6],
    },
    {
      rule: { kind: 'unique', fields: ['claim_id', 'claim_line_number'] },
      types: { claim_id: 'text', claim_line_number: 'integer' },
      records: [
        ['a', '1'],
        ['a', '2'],
        ['a', '2'],
        ['a', null],
        ['a', null],
      ],
      fails: [3],
    },
  ],
});
