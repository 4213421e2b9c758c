import type { Entity, Plan, ValueType } from '@attune/core';
import { findRules } from '@attune/packs';
import { notApplicable, readRule, type FieldMeasures, type GivenRule, type Rule, type RuleCheck, type RuleSet } from '@attune/rules';
import { sql, textList } from '@attune/sql';
import { silverColumns } from '../transform/silver-columns.js';

/** A rule that a job is judged by, where it comes from, and what it asks of this result. */
export interface JobRule {
  readonly rule: Rule;
  readonly origin: 'default' | 'job';
  readonly check: RuleCheck;
}

/** What the rules of a job are compiled against. */
export interface RuledResult {
  readonly silver: readonly string[];
  readonly plan: Plan;
  readonly entity: Entity;
  /** The document of the job; absent: the rules of the pack alone. */
  readonly given?: RuleSet | undefined;
  /** Measures per field of the previous dataset with the same columns. */
  readonly previous?: ReadonlyMap<string, FieldMeasures> | undefined;
}

/**
 * The rules that the result is judged by, compiled, in the order of their documents: those of the pack, then those of the job.
 * A rule that cannot say anything of this result is among them, with the reason.
 */
export function rulesOfJob(result: RuledResult): readonly JobRule[] {
  const { silver, plan, given, previous } = result;
  const context = {
    silver: sql`read_parquet(${textList(silver)})`,
    types: columnTypes(result),
    receivedAt: plan.received_at,
    ...(previous === undefined ? {} : { previous }),
  };
  return namedRules(result).map(({ rule, origin }) => ({ rule, origin, check: why(rule, result) ?? rule.compile(context) }));

  function why(rule: Rule, { entity }: RuledResult): RuleCheck | undefined {
    if (given?.entity !== undefined && given.entity !== entity.name && given.rules.some(({ id }) => id === rule.id))
      return notApplicable(`The rule is about ${given.entity}, and the records are ${entity.plural}.`);
    // Received text has neither types nor one spelling, so nothing can be judged about it.
    return plan.options.standardize_fields ? undefined : notApplicable('The fields were not standardized.');
  }
}

/** Rules of the packs as they were read once: their documents never change. */
const ofPacks = new WeakMap<GivenRule, Rule>();

function ofPack(document: GivenRule): Rule {
  const rule = ofPacks.get(document) ?? readRule(document);
  ofPacks.set(document, rule);
  return rule;
}

function namedRules({ entity, given }: RuledResult): readonly Pick<JobRule, 'rule' | 'origin'>[] {
  const own = (given?.rules ?? []).map((document) => ({ rule: readRule(document), origin: 'job' as const }));
  const replaced = new Set([...own.map(({ rule }) => rule.id), ...(given?.without ?? [])]);
  const defaults = given?.defaults === false ? [] : findRules(entity.name).filter(({ id }) => !replaced.has(id));
  return [...defaults.map((document) => ({ rule: ofPack(document), origin: 'default' as const })), ...own];
}

/** Columns of the result that have a source, and what their values are. */
function columnTypes({ plan, entity }: RuledResult): ReadonlyMap<string, ValueType> {
  const types = new Map<string, ValueType>();
  for (const { name, role, mapping } of silverColumns(plan, entity)) {
    if (role === 'carried') types.set(name, 'text');
    if (role === 'field' && mapping !== undefined) types.set(name, entity.fields.find((field) => field.name === name)!.type);
  }
  return types;
}
