import { AppError, type Entity, findEntity, type ErrorPlace, type ValueType } from '@attune/core';
import { sql } from '@attune/sql';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import type { FieldMeasures, Rule, RuleKind } from './define-rule.js';
import { findRuleKind, ruleKinds } from './registry.js';

/** A document of rules is small; YAML anchors that unfold beyond it are refused. */
const MOST_RULES = 1000;
const MOST_CHARACTERS = 1_000_000;
const MOST_ALIASES = 100;
/** How the names of carried columns begin. */
const CARRIED = 'source.';
/** Stands for the previous dataset where only the types of a rule are looked at. */
const UNMEASURED: FieldMeasures = { records: 1, filled: 0, distinct: 0, min_length: 0, max_length: 0, mean: null };

/** One rule as people write it: what every rule has, and the members of its kind. */
export const GivenRule = z.discriminatedUnion(
  'kind',
  ruleKinds.map(({ schema }) => schema) as [RuleKind['schema'], ...RuleKind['schema'][]],
);
export type GivenRule = Readonly<Record<string, unknown>> & { readonly id: string; readonly kind: string };

/** A document of rules, in JSON or YAML. */
const Document = z.strictObject({
  version: z.literal(1).default(1),
  /** Entity whose records the rules are about; a job over another entity does not judge by them. Absent: whatever has the fields. */
  entity: z.string().min(1).max(64).optional(),
  /** The rules that Attune brings along for the entity count as well; one with an id of theirs replaces it. */
  defaults: z.boolean().default(true),
  /** Ids of rules that Attune brings along and that are not to count. */
  without: z.array(z.string().min(1).max(100)).max(MOST_RULES).optional(),
  rules: z
    .array(GivenRule as unknown as z.ZodType<GivenRule>)
    .max(MOST_RULES)
    .superRefine((rules, context) => {
      const seen = new Set<string>();
      rules.forEach(({ id }, i) => {
        if (seen.has(id)) context.addIssue({ code: 'custom', path: [i, 'id'], message: 'Another rule has this id.' });
        seen.add(id);
      });
    }),
});

/** A document whose rules name fields that its entity has; without an entity any field may be meant. */
export const RuleSet = Document.superRefine((document, context) => {
  const { entity: name, rules } = document;
  if (name === undefined) return;
  const entity = findEntity(name);
  if (entity === undefined) context.addIssue({ code: 'custom', path: ['entity'], message: 'There is no such entity.' });
  if (entity !== undefined)
    rules.forEach((given, i) => {
      const message = unfitness(given, entity);
      if (message !== undefined) context.addIssue({ code: 'custom', path: ['rules', i], message });
    });
});
export type RuleSet = z.infer<typeof RuleSet>;

/** A document, or its text in JSON or YAML. */
export const GivenRules = z.union([
  RuleSet,
  z.string().transform((text, context): RuleSet => {
    try {
      return parseRuleSet(text);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      for (const { pointer = '', message } of error.errors)
        context.addIssue({ code: 'custom', path: pointer.split('/').slice(1), message });
      return z.NEVER;
    }
  }),
]);

/** Completes a rule that has been parsed. Throws ZodError on one that has not. */
export function readRule(given: GivenRule): Rule {
  const kind = findRuleKind(given.kind);
  if (kind === undefined) throw new AppError('plan.unresolved', `there is no kind of rule ${given.kind}`);
  return kind.read(given);
}

/**
 * Reads a document from JSON or YAML 1.2 (JSON is YAML).
 * @throws AppError validation_failed, with a pointer for every fault
 */
export function parseRuleSet(text: string): RuleSet {
  const refuse = (code: string, message: string): never => {
    throw new AppError('validation_failed', 'the rules are not valid', { errors: [{ pointer: '', code, message }] });
  };
  if (text.length > MOST_CHARACTERS) refuse('too_big', 'The document has more than a million characters.');
  let document: unknown;
  try {
    document = parse(text, { maxAliasCount: MOST_ALIASES, uniqueKeys: true, stringKeys: true });
  } catch {
    refuse('invalid_format', 'The text is neither JSON nor YAML.');
  }
  return checkRuleSet(document);
}

/** @throws AppError validation_failed, with a pointer for every fault */
export function checkRuleSet(document: unknown): RuleSet {
  const read = RuleSet.safeParse(document);
  if (read.success) return read.data;
  throw new AppError('validation_failed', 'the rules are not valid', { errors: read.error.issues.map(placeOf) });
}

/** The document as YAML; reading it again gives the same document. */
export function ruleSetYaml(rules: RuleSet): string {
  return stringify(rules, { lineWidth: 0 });
}

/** Why a rule could never judge a record of the entity; a carried column may be there. */
function unfitness(given: GivenRule, entity: Entity): string | undefined {
  const kind = findRuleKind(given.kind);
  if (kind?.schema.safeParse(given).success !== true) return undefined; // reported on its own
  const rule = kind.read(given);
  const types = new Map<string, ValueType>(entity.fields.map(({ name, type }) => [name, type]));
  if (rule.fields.some((field) => !types.has(field) && !field.startsWith(CARRIED)))
    return 'The rule names a field that the entity does not have.';
  for (const field of rule.fields) if (!types.has(field)) types.set(field, 'text');
  const previous = new Map(rule.fields.map((field) => [field, UNMEASURED]));
  const check = rule.compile({ silver: sql`silver`, types, receivedAt: '2000-01-01T00:00:00Z', previous });
  return check.scope === 'none' ? check.reason : undefined;
}

function placeOf({ path, code, message }: z.core.$ZodIssue): ErrorPlace {
  return { pointer: path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join(''), code, message };
}
