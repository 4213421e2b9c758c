import { AppError } from '@attune/core';

export type FaultCode = 'expression.syntax' | 'expression.type' | 'expression.unknown' | 'expression.limit';

/** Line and column of an offset, both from 1; columns count UTF-16 units as editors do. */
function placeOf(text: string, offset: number): string {
  const before = text.slice(0, offset);
  const lineStart = before.lastIndexOf('\n') + 1;
  return `Line ${before.split('\n').length}, column ${offset - lineStart + 1}`;
}

/** A fault while the text at hand is not known; `at` is the offset in it. */
export class Fault extends Error {
  constructor(
    readonly code: FaultCode,
    readonly at: number,
    readonly explanation: string,
  ) {
    super(explanation);
  }
}

/** Runs `work` over the text; a fault leaves as AppError `expression_invalid` that says where in the text, and what was expected. */
export function locating<T>(text: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    const message = `${placeOf(text, error.at)}: ${error.explanation}`;
    throw new AppError('expression_invalid', message, { errors: [{ pointer: '', code: error.code, message }] });
  }
}
