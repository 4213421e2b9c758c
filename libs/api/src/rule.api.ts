import { GivenRule, GivenRules, RuleSet, RULE_DIMENSIONS, RULE_SEVERITIES } from '@attune/rules';
import { z } from 'zod';
import { openEnum, Timestamp } from './open-enum.js';
import { pageOf, PageQuery } from './page.api.js';

const RulesName = z
  .string()
  .trim()
  .min(1)
  .max(200)
  .regex(/^[^\u0000-\u001f\u007f]*$/, 'A name has no control characters.');

/** Body of `POST /api/v1/rules` and `PUT /api/v1/rules/{id}`; `rules` is a document, or its text in JSON or YAML. */
export const RuleSetRequest = z.strictObject({ name: RulesName, rules: GivenRules });
export type RuleSetRequest = z.input<typeof RuleSetRequest>;

/** What a list tells of a kept document; its version is the ETag. */
export const RuleSetSummary = z.object({
  rules_id: z.string(),
  /** Grows by one with every change. */
  version: z.int().min(1),
  name: z.string(),
  /** Entity that the rules are about; null where any entity with the fields is meant. */
  entity: z.string().nullable(),
  updated_at: Timestamp,
});
export type RuleSetSummary = z.infer<typeof RuleSetSummary>;

/** A document of rules that a tenant keeps. */
export const StoredRuleSetBody = RuleSetSummary.extend({ rules: RuleSet });
export type StoredRuleSetBody = z.infer<typeof StoredRuleSetBody>;

/** Newest first. */
export const RuleSetList = pageOf(RuleSetSummary);
export type RuleSetList = z.infer<typeof RuleSetList>;

export const RuleSetListQuery = PageQuery;

/** The rules that Attune brings along for an entity, and what each says. */
export const DefaultRulesBody = z.object({
  entity: z.string(),
  rules: z.array(
    z.object({
      id: z.string(),
      kind: z.string(),
      fields: z.array(z.string()),
      severity: openEnum(RULE_SEVERITIES),
      dimension: openEnum(RULE_DIMENSIONS),
      message: z.string(),
      fix: z.string(),
      /** The rule as a document has it. */
      rule: GivenRule,
    }),
  ),
});
export type DefaultRulesBody = z.infer<typeof DefaultRulesBody>;

/** The route of one kept document; the same for server and client. `id` is a prefixed or bare id. */
export function ruleSetPath(id: string): string {
  return `/api/v1/rules/${encodeURIComponent(id)}`;
}
