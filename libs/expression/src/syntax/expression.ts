export type Comparison = '=' | '!=' | '<' | '<=' | '>' | '>=';
export type Arithmetic = '+' | '-' | '*' | '/';

/** A value written down. `at` is the offset in the text. */
export type Literal =
  | { readonly kind: 'text'; readonly at: number; readonly value: string }
  /** Whole, or with decimals, then `value` is a millionth of it (limits.ts). */
  | { readonly kind: 'integer' | 'decimal'; readonly at: number; readonly value: number }
  | { readonly kind: 'boolean'; readonly at: number; readonly value: boolean }
  /** yyyy-mm-dd, of the calendar. */
  | { readonly kind: 'date'; readonly at: number; readonly value: string }
  | { readonly kind: 'null'; readonly at: number };

/** What a text says, before anybody asked whether its types fit. */
export type Expression =
  | Literal
  /** `[Header]`: a column of the source by its name. */
  | { readonly kind: 'column'; readonly at: number; readonly name: string }
  /** `column(3)`: a column of the source by its ordinal, from 0. */
  | { readonly kind: 'ordinal'; readonly at: number; readonly ordinal: number }
  /** `birth_date`: a canonical field. */
  | { readonly kind: 'field'; readonly at: number; readonly name: string }
  | { readonly kind: 'call'; readonly at: number; readonly name: string; readonly args: readonly Expression[] }
  | { readonly kind: 'not' | 'minus'; readonly at: number; readonly operand: Expression }
  | { readonly kind: 'and' | 'or'; readonly at: number; readonly operands: readonly Expression[] }
  | { readonly kind: 'compare'; readonly at: number; readonly operator: Comparison; readonly left: Expression; readonly right: Expression }
  | {
      readonly kind: 'calculate';
      readonly at: number;
      readonly operator: Arithmetic;
      readonly left: Expression;
      readonly right: Expression;
    }
  | { readonly kind: 'if'; readonly at: number; readonly condition: Expression; readonly yes: Expression; readonly no?: Expression }
  | { readonly kind: 'is-null'; readonly at: number; readonly operand: Expression; readonly negated: boolean }
  | {
      readonly kind: 'in';
      readonly at: number;
      readonly operand: Expression;
      readonly items: readonly Literal[];
      readonly negated: boolean;
    }
  | {
      readonly kind: 'between';
      readonly at: number;
      readonly operand: Expression;
      readonly low: Expression;
      readonly high: Expression;
      readonly negated: boolean;
    };

/** The parts of an expression, in their order in the text. */
export function partsOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case 'call':
      return expression.args;
    case 'not':
    case 'minus':
    case 'is-null':
      return [expression.operand];
    case 'and':
    case 'or':
      return expression.operands;
    case 'compare':
    case 'calculate':
      return [expression.left, expression.right];
    case 'if':
      return [expression.condition, expression.yes, ...(expression.no === undefined ? [] : [expression.no])];
    case 'in':
      return [expression.operand, ...expression.items];
    case 'between':
      return [expression.operand, expression.low, expression.high];
    case 'text':
    case 'integer':
    case 'decimal':
    case 'boolean':
    case 'date':
    case 'null':
    case 'column':
    case 'ordinal':
    case 'field':
      return [];
  }
}
