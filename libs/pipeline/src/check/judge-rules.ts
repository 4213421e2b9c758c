import type { RuleQuality } from '@attune/api';
import { AppError } from '@attune/core';
import type { JobRule } from './rules-of-job.js';
import type { Answers } from './silver-aggregates.js';

/** What the answers of silver say of every rule; a rule over the dataset is one judgement. */
export function judgeRules(rules: readonly JobRule[], answers: Answers): readonly RuleQuality[] {
  return rules.map((judged) => {
    const { id, kind, severity, dimension, message, fix, fields } = judged.rule;
    return { id, kind, origin: judged.origin, message, fix, fields: [...fields], severity, dimension, ...verdict(judged, answers) };
  });
}

type Verdict = Pick<RuleQuality, 'status' | 'judged' | 'failed' | 'score' | 'reason' | 'observed'>;

function verdict({ rule, check }: JobRule, answers: Answers): Verdict {
  if (check.scope === 'none') return nothing(check.reason);
  if (check.scope === 'record') {
    const judged = answer(answers, `judged.${rule.id}`);
    return judged === 0 ? nothing('No record has what the rule judges.') : share(judged, answer(answers, `failed.${rule.id}`));
  }
  const names = Object.keys(check.measures);
  const decided = check.decide(Object.fromEntries(names.map((name) => [name, answer(answers, `${name}@${rule.id}`)])));
  if (decided === undefined) return nothing('There is nothing to judge.');
  return { ...share(1, decided.failed ? 1 : 0), observed: decided.observed };
}

function nothing(reason: string): Verdict {
  return { status: 'not_applicable', judged: 0, failed: 0, score: null, reason };
}

function share(judged: number, failed: number): Verdict {
  return { status: failed === 0 ? 'passed' : 'failed', judged, failed, score: percent(judged - failed, judged) };
}

/** 0..100, rounded down to hundredths, so that 100 means that nothing is missing; the addend takes back what binary fractions lose. */
export function percent(numerator: number, denominator: number): number {
  return hundredths((100 * numerator) / denominator);
}

export function hundredths(score: number): number {
  return Math.floor(score * 100 + 1e-9) / 100;
}

/** @throws AppError engine.failed for a question that was not asked. */
export function answer(answers: Answers, name: string): number {
  const value = answers[name];
  if (value === undefined) throw new AppError('engine.failed', `silver was not asked for ${name}`);
  return value;
}
