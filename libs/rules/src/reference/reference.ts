import { sql } from '@attune/sql';
import { defineRule, FieldName } from '../define-rule.js';
import { isPresent, textOf } from '../silver-value.js';
import { isOneOf, ValueList } from '../value-set/value-set.js';

/** A value exists somewhere: in another field of the same dataset, or in a list of known ids that the document brings along. */
export const reference = defineRule({
  kind: 'reference',
  description:
    'A value exists in another field of the same dataset (`to`), or in a list of known ids (`known`). Values of other datasets are brought along as such a list.',
  dimension: 'consistency',
  severity: 'warning',
  parameters: { field: FieldName, to: FieldName.optional(), known: ValueList.optional() },
  contradiction: ({ to, known }) => ((to === undefined) === (known === undefined) ? 'Give to, or known.' : undefined),
  fields: ({ field, to }) => (to === undefined ? [field] : [field, to]),
  sentence: ({ field, to }) => (to === undefined ? `${field} is one of the known ids.` : `${field} is found in ${to} of some record.`),
  fix: ({ field }) => `Send the records that ${field} points to along with these, or correct it.`,
  compile: ({ field, to, known }, { silver }) => {
    const found =
      to === undefined
        ? isOneOf(textOf(field), known ?? [])
        : sql`${textOf(field)} IN (SELECT ${textOf(to)} FROM ${silver} WHERE ${isPresent(to)})`;
    return { scope: 'record', judged: isPresent(field), failed: sql`NOT (${found})`, value: textOf(field) };
  },
  examples: [
    {
      rule: { kind: 'reference', field: 'prior_claim_id', to: 'claim_id' },
      types: { prior_claim_id: 'text', claim_id: 'text' },
      records: [
        [null, 'a'],
        ['a', 'b'],
        ['z', 'c'],
        ['b', null],
      ],
      fails: [3],
    },
    {
      rule: { kind: 'reference', field: 'payer', known: ['P1', 'P2'] },
      types: { payer: 'text' },
      records: [['P1'], ['P3'], [null]],
      fails: [2],
    },
  ],
});
