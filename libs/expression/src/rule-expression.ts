import type { ValueType } from '@attune/core';
import { identifier, type Sql } from '@attune/sql';
import { Fault, locating } from './expression-fault.js';
import { compileToSql } from './sql/compile-to-sql.js';
import { parseExpression } from './syntax/parse-expression.js';
import { printExpression } from './syntax/print-expression.js';
import { checked, type Resolve } from './typed/check-expression.js';
import type { CheckedExpression } from './typed/typed.js';

/** A claim about a record, in terms of canonical fields: true, false, or null where it cannot be judged. */
export interface RuleExpression {
  /** In its canonical form. */
  readonly text: string;
  readonly checked: CheckedExpression;
}

/** Canonical fields by their bare names. */
export function amongFields(fields: ReadonlyMap<string, ValueType>): Resolve {
  return (expression) => {
    if (expression.kind !== 'field')
      throw new Fault(
        'expression.unknown',
        expression.at,
        'a rule knows no columns of the source; write the name of a field, such as birth_date.',
      );
    const holds = fields.get(expression.name);
    if (holds === undefined) throw new Fault('expression.unknown', expression.at, 'there is no such field.');
    return { name: expression.name, holds };
  };
}

/**
 * Reads a claim about records: an expression over fields that is true or false.
 * @throws AppError `expression_invalid`: where in the text the fault is, and what was expected there.
 */
export function parseRuleExpression(text: string, fields: ReadonlyMap<string, ValueType>): RuleExpression {
  const expression = parseExpression(text);
  return { text: printExpression(expression), checked: locating(text, () => checked(expression, amongFields(fields), 'boolean')) };
}

/** The fields that the claim speaks of, in the order of first use. */
export const fieldsOf = ({ checked: { references } }: RuleExpression): readonly string[] => references.map(({ name }) => name);

/**
 * The claim as a boolean SQL expression over the columns of silver: NULL where it cannot be judged, never an error.
 * `now` is RFC 3339 in UTC, and `column` says how a field is written in the query; by default by its quoted name alone.
 */
export const ruleSql = ({ checked: expression }: RuleExpression, now: string, column: (field: string) => Sql = identifier): Sql =>
  compileToSql(expression, now, ({ name }) => column(name));
