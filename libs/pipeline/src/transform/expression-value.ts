import { AppError, type FieldMapping, type Kernel, type Plan } from '@attune/core';
import { compileToBytes, parseColumnExpression, type ByteExpression } from '@attune/expression';

/** An expression ready to work on the columns of a record. */
export interface CompiledExpression {
  /** Ordinals of the columns it names, in the order in which it wants their values. */
  readonly sources: readonly number[];
  readonly bytes: ByteExpression;
  /** The columns are clean, as a standardizer would get them; else as received. */
  readonly clean: boolean;
}

/** Throws `plan.unresolved` where the plan holds something that is no expression over its columns. */
export function compileExpression(expression: string, plan: Plan, clean: boolean): CompiledExpression {
  try {
    const { columns, checked } = parseColumnExpression(expression, plan.columns);
    return { sources: columns.map(({ ordinal }) => ordinal), bytes: compileToBytes(checked, plan.received_at), clean };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    throw new AppError('plan.unresolved', `An expression of the plan is not valid. ${error.detail}`, { cause: error });
  }
}

/**
 * The kernel of a field that an expression makes: it refuses nothing at all, which stands for an expression that has failed, and gives
 * everything else to the standardizer. Its own finding, `expression.failed`, comes after those of the standardizer.
 */
export function refusingFailures(kernel: Kernel, findings: number): Kernel {
  return (buf, start, end, out, at) => (start === end ? -1 - findings : kernel(buf, start, end, out, at));
}

export const hasExpression = (mapping: FieldMapping | undefined): mapping is FieldMapping & { readonly expression: string } =>
  mapping?.expression !== undefined;
