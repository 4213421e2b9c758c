import type { DefaultRulesBody, RuleSetList, RuleSetSummary, StoredRuleSetBody } from './rule.api.js';

const summary: RuleSetSummary = {
  rules_id: 'rul_0197c0de-1111-7222-8333-444455556666',
  version: 2,
  name: 'Claims of plan A',
  entity: 'claim',
  updated_at: '2026-03-02T09:00:00.000Z',
};

const given = { id: 'paid-not-above-a-million', kind: 'range', field: 'paid_amount', max: 100_000_000 };

const inOrder = { id: 'death_not_before_birth', kind: 'order', fields: ['birth_date', 'death_date'], strict: false, severity: 'error' };

const defaults: DefaultRulesBody = {
  entity: 'person',
  rules: [
    {
      id: inOrder.id,
      kind: inOrder.kind,
      fields: inOrder.fields,
      severity: 'error',
      dimension: 'consistency',
      message: 'birth_date is not after death_date.',
      fix: 'Correct birth_date or death_date at the source; maybe their columns are mapped the wrong way round.',
      rule: inOrder,
    },
  ],
};

/** Rules by the name of their shape. */
export const ruleExamples: Readonly<Record<string, unknown>> = {
  DefaultRules: defaults,
  RuleSetList: { data: [summary], next_cursor: null, has_more: false } satisfies RuleSetList,
  StoredRuleSet: { ...summary, rules: { version: 1, entity: 'claim', defaults: true, rules: [given] } } satisfies StoredRuleSetBody,
};
