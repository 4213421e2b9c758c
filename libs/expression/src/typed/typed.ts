import type { ValueType } from '@attune/core';

/** `integer` has up to 15 digits; `decimal` up to 9 before the point and 6 behind it. A `timestamp` is only ever a field of a rule. */
export type ExpressionType = 'text' | 'integer' | 'decimal' | 'boolean' | 'date' | 'timestamp';

/** All that an expression can do, types resolved: each has one meaning in bytes, in SQL and in the reference of the tests. */
export const OPERATIONS = [
  ...(['and', 'or', 'not', 'if', 'coalesce', 'is_null', 'in', 'between'] as const),
  ...(['eq', 'ne', 'lt', 'le', 'gt', 'ge'] as const),
  ...(['add', 'subtract', 'multiply', 'divide', 'negate', 'abs', 'round', 'to_decimal'] as const),
  ...(['concat', 'join', 'upper', 'lower', 'trim', 'substring', 'split_part', 'replace', 'pad_left', 'pad_right', 'digits'] as const),
  ...(['starts_with', 'ends_with', 'contains', 'length', 'to_text', 'to_number', 'to_integer'] as const),
  ...(['to_date', 'date_of', 'make_date', 'days_between', 'age', 'add_days', 'year', 'month', 'day', 'today'] as const),
] as const;
export type Operation = (typeof OPERATIONS)[number];

/** A text; a whole number; millionths of a decimal; days since 1970-01-01; or nothing. */
export type LiteralValue = string | number | boolean | null;

export interface TypedLiteral {
  readonly kind: 'literal';
  readonly type: ExpressionType;
  readonly at: number;
  readonly value: LiteralValue;
}

/** The value of a column or a field; `index` counts the references of the expression in the order of first use. */
export interface TypedReference {
  readonly kind: 'reference';
  readonly type: ExpressionType;
  readonly at: number;
  readonly index: number;
}

export interface TypedOperation {
  readonly kind: 'operation';
  readonly type: ExpressionType;
  readonly at: number;
  readonly operation: Operation;
  readonly args: readonly Typed[];
}

/** A part of an expression whose types fit. */
export type Typed = TypedLiteral | TypedReference | TypedOperation;

/** What a reference reads: a column of the source, always text, or a canonical field. */
export interface Reference {
  readonly name: string;
  /** Of a column. */
  readonly ordinal?: number;
  readonly holds: ValueType;
}

/** An expression that can be compiled. */
export interface CheckedExpression {
  readonly root: Typed;
  /** In the order of first use. */
  readonly references: readonly Reference[];
}

export const typeOfValue = (holds: ValueType): ExpressionType => (holds === 'money' ? 'decimal' : holds);
