import { AppError, bareId } from '@attune/core';
import type { RulesRepository } from '@attune/platform';
import type { RuleSet } from '@attune/rules';

const invalid = (code: string, message: string): AppError =>
  new AppError('validation_failed', message, { errors: [{ pointer: '/options/rules_id', code, message }] });

/**
 * The rules that a job's result is judged by: those in its options, or a copy of what a kept document holds now.
 * @throws AppError validation_failed when both are given, or there is no such document
 */
export async function jobRules(
  kept: RulesRepository,
  tenantId: string,
  { rules, rules_id: id }: { readonly rules?: RuleSet | undefined; readonly rules_id?: string | undefined },
): Promise<RuleSet | undefined> {
  if (id === undefined) return rules;
  if (rules !== undefined) throw invalid('conflict', 'Give rules, or the id of a document that is kept.');
  const bare = bareId('rul', id);
  try {
    if (bare !== undefined) return (await kept.find(tenantId, bare)).document;
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'not_found') throw error;
  }
  throw invalid('rules.unknown', 'There is no such document of rules.');
}
