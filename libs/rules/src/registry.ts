import { completeness } from './completeness/completeness.js';
import type { RuleKind } from './define-rule.js';
import { drift } from './drift/drift.js';
import { expression } from './expression/expression.js';
import { freshness } from './freshness/freshness.js';
import { order } from './order/order.js';
import { pattern } from './pattern/pattern.js';
import { range } from './range/range.js';
import { reference } from './reference/reference.js';
import { required } from './required/required.js';
import { type } from './type/type.js';
import { unique } from './unique/unique.js';
import { valueSet } from './value-set/value-set.js';

/** Every kind of rule. */
export const ruleKinds: readonly RuleKind[] = [
  required,
  type,
  range,
  pattern,
  valueSet,
  order,
  expression,
  unique,
  reference,
  completeness,
  freshness,
  drift,
];

export function findRuleKind(kind: string): RuleKind | undefined {
  return ruleKinds.find((candidate) => candidate.kind === kind);
}
