import type { SourceColumn } from '@attune/core';
import { Fault, locating } from './expression-fault.js';
import { partsOf, type Expression } from './syntax/expression.js';
import { parseExpression } from './syntax/parse-expression.js';
import { printExpression } from './syntax/print-expression.js';
import { checked, type Resolve } from './typed/check-expression.js';
import type { CheckedExpression } from './typed/typed.js';

/** How the value of a field is made from columns of the source. */
export interface ColumnExpression {
  /** In its canonical form. */
  readonly text: string;
  /** The columns it names, in the order of first use. */
  readonly columns: readonly SourceColumn[];
  readonly checked: CheckedExpression;
}

/** Columns by their headers, or by their ordinals where headers are repeated or empty. */
function amongColumns(columns: readonly SourceColumn[]): Resolve {
  const found = ({ ordinal, name }: SourceColumn): ReturnType<Resolve> => ({ ordinal, name, holds: 'text' });
  return (expression) => {
    const { at, kind } = expression;
    if (kind === 'field') throw new Fault('expression.unknown', at, 'a column of the source is written in brackets, such as [First Name].');
    if (kind === 'ordinal') {
      const column = columns.find(({ ordinal }) => ordinal === expression.ordinal);
      if (column === undefined) throw new Fault('expression.unknown', at, 'the data has no column with this ordinal; the first one is 0.');
      return found(column);
    }
    const named = columns.filter(({ name }) => name.trim() === expression.name.trim());
    if (named.length === 0) throw new Fault('expression.unknown', at, 'the data has no column with this name.');
    if (named.length > 1)
      throw new Fault(
        'expression.unknown',
        at,
        `several columns have this name; say ${named.map(({ ordinal }) => `column(${ordinal})`).join(' or ')}.`,
      );
    return found(named[0]!);
  };
}

/**
 * Reads how a field is made from columns; its values are texts, and whatever comes out is written as text.
 * @throws AppError `expression_invalid`: where in the text the fault is, and what was expected there.
 */
export function parseColumnExpression(text: string, columns: readonly SourceColumn[]): ColumnExpression {
  const expression = parseExpression(text);
  const typed = locating(text, () => checked(expression, amongColumns(columns)));
  return {
    text: printExpression(expression),
    columns: typed.references.map(({ ordinal, name }) => ({ ordinal: ordinal!, name })),
    checked: typed,
  };
}

/** The columns that a text speaks of, by name or by ordinal, in the order of first use; without data to look them up in. */
export function columnsOf(expression: Expression): readonly (string | number)[] {
  const named = new Set<string | number>();
  const visit = (part: Expression): void => {
    if (part.kind === 'column') named.add(part.name.trim());
    if (part.kind === 'ordinal') named.add(part.ordinal);
    partsOf(part).forEach(visit);
  };
  visit(expression);
  return [...named];
}
