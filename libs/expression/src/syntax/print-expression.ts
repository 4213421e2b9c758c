import type { Expression } from './expression.js';
import { decimalText } from './parse-expression.js';

/** How strongly each kind holds together; a part that holds more weakly than its place demands stands in parentheses. */
const CHOICE = 0;
const OR = 1;
const AND = 2;
const NOT = 3;
const COMPARE = 4;
const SUM = 5;
const PRODUCT = 6;
const FACTOR = 7;
const PRIMARY = 8;

function strengthOf(expression: Expression): number {
  switch (expression.kind) {
    case 'if':
      return CHOICE;
    case 'or':
      return OR;
    case 'and':
      return AND;
    case 'not':
      return NOT;
    case 'compare':
    case 'is-null':
    case 'in':
    case 'between':
      return COMPARE;
    case 'calculate':
      return expression.operator === '+' || expression.operator === '-' ? SUM : PRODUCT;
    case 'minus':
      return FACTOR;
    case 'integer':
    case 'decimal':
      return expression.value < 0 ? FACTOR : PRIMARY;
    case 'text':
    case 'boolean':
    case 'date':
    case 'null':
    case 'column':
    case 'ordinal':
    case 'field':
    case 'call':
      return PRIMARY;
  }
}

const quote = (value: string): string => `"${value.replaceAll('"', '""')}"`;

function printed(expression: Expression, demanded: number): string {
  const text = bare(expression);
  return strengthOf(expression) < demanded ? `(${text})` : text;
}

function bare(expression: Expression): string {
  switch (expression.kind) {
    case 'text':
      return quote(expression.value);
    case 'integer':
    case 'boolean':
      return String(expression.value);
    case 'decimal':
      return decimalText(expression.value).replace(/^[^.]+$/, '$&.0');
    case 'date':
      return expression.value;
    case 'null':
      return 'null';
    case 'column':
      return `[${expression.name.replaceAll(']', ']]')}]`;
    case 'ordinal':
      return `column(${expression.ordinal})`;
    case 'field':
      return expression.name;
    case 'call':
      return `${expression.name}(${expression.args.map((arg) => printed(arg, CHOICE)).join(', ')})`;
    case 'not':
    case 'minus':
    case 'and':
    case 'or':
    case 'compare':
    case 'calculate':
    case 'if':
    case 'is-null':
    case 'in':
    case 'between':
      return composed(expression);
  }
}

function composed(
  expression: Exclude<
    Expression,
    { kind: 'text' | 'integer' | 'decimal' | 'boolean' | 'date' | 'null' | 'column' | 'ordinal' | 'field' | 'call' }
  >,
): string {
  switch (expression.kind) {
    case 'not':
      return `not ${printed(expression.operand, NOT)}`;
    case 'minus':
      // `-5` would be read as one number.
      return `-${printed(expression.operand, expression.operand.kind === 'integer' || expression.operand.kind === 'decimal' ? PRIMARY + 1 : FACTOR)}`;
    case 'and':
    case 'or': {
      const own = expression.kind === 'or' ? OR : AND;
      return expression.operands.map((operand) => printed(operand, own + 1)).join(` ${expression.kind} `);
    }
    case 'compare':
      return `${printed(expression.left, SUM)} ${expression.operator} ${printed(expression.right, SUM)}`;
    case 'calculate': {
      const own = strengthOf(expression);
      return `${printed(expression.left, own)} ${expression.operator} ${printed(expression.right, own + 1)}`;
    }
    case 'if':
      return choice(expression);
    case 'is-null':
      return `${printed(expression.operand, SUM)} is ${expression.negated ? 'not ' : ''}null`;
    case 'in':
      return `${printed(expression.operand, SUM)} ${expression.negated ? 'not ' : ''}in (${expression.items.map(bare).join(', ')})`;
    case 'between':
      return `${printed(expression.operand, SUM)} ${expression.negated ? 'not ' : ''}between ${printed(expression.low, SUM)} and ${printed(expression.high, SUM)}`;
  }
}

/** An inner choice without `else` would take the `else` of the outer one. */
function choice({ condition, yes, no }: Extract<Expression, { kind: 'if' }>): string {
  const start = `if ${printed(condition, CHOICE)} then `;
  return no === undefined ? `${start}${printed(yes, CHOICE)}` : `${start}${printed(yes, OR)} else ${printed(no, CHOICE)}`;
}

/** The one way to write the expression down: parsed again it is the same, and printed again it is the same text. */
export const printExpression = (expression: Expression): string => printed(expression, CHOICE);
