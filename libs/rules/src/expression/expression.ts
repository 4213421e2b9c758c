import { AppError } from '@attune/core';
import { type Expression, parseExpression, parseRuleExpression, ruleSql } from '@attune/expression';
import { sql } from '@attune/sql';
import { z } from 'zod';
import { defineRule, notApplicable } from '../define-rule.js';
import { textOf } from '../silver-value.js';

/** A claim about several fields of one record, in the language of docs/reference/expressions.md. */
export const expression = defineRule({
  kind: 'expression',
  description:
    'A claim about the fields of one record in the expression language: true passes, false fails, and null (a field that is empty) is not judged. `if a then b` without `else` judges only where `a` is true.',
  dimension: 'consistency',
  severity: 'error',
  parameters: { expression: z.string().min(1).max(4096) },
  contradiction: (rule) => {
    const names = namesIn(rule.expression);
    return typeof names === 'string' ? names : names.length === 0 ? 'The expression names no field.' : undefined;
  },
  fields: (rule) => {
    const names = namesIn(rule.expression);
    return typeof names === 'string' ? [] : names;
  },
  sentence: (rule) => `The record satisfies ${rule.expression}.`,
  fix: () => 'Correct the fields that contradict each other at the source.',
  compile: (rule, { types, receivedAt }) => {
    try {
      const claim = ruleSql(parseRuleExpression(rule.expression, types), receivedAt);
      const fields = namesIn(rule.expression);
      return { scope: 'record', judged: sql`(${claim}) IS NOT NULL`, failed: sql`NOT (${claim})`, value: textOf(fields[0]!) };
    } catch (error) {
      if (error instanceof AppError && error.code === 'expression_invalid') return notApplicable(error.detail);
      throw error;
    }
  },
  examples: [
    {
      rule: { kind: 'expression', expression: 'if death_date is not null then death_flag' },
      types: { death_date: 'date', death_flag: 'boolean' },
      records: [
        ['2020-01-01', 'true'],
        ['2020-01-01', 'false'],
        ['2020-01-01', null],
        [null, 'false'],
      ],
      fails: [2],
    },
    {
      rule: { kind: 'expression', expression: 'status != "paid" or paid_amount > 0' },
      types: { status: 'text', paid_amount: 'money' },
      records: [
        ['paid', '5'],
        ['paid', '0'],
        ['denied', '0'],
        [null, '0'],
      ],
      fails: [2],
    },
  ],
});

/** The fields that a text names, in the order of first use; the fault as a sentence where it is no expression. */
function namesIn(text: string): readonly string[] | string {
  try {
    const names: string[] = [];
    collect(parseExpression(text), names);
    return [...new Set(names)];
  } catch (error) {
    if (error instanceof AppError && error.code === 'expression_invalid') return `The expression is not taken. ${error.detail}`;
    throw error;
  }
}

function collect(part: unknown, names: string[]): void {
  if (Array.isArray(part)) part.forEach((inner) => collect(inner, names));
  if (part === null || typeof part !== 'object' || Array.isArray(part)) return;
  const node = part as Expression;
  if (node.kind === 'field') names.push(node.name);
  else Object.values(part).forEach((inner) => collect(inner, names));
}
