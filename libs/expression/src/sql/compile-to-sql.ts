import { identifier, literal, sql, type Sql } from '@attune/sql';
import { calendarNumber } from '../syntax/calendar.js';
import { decimalText } from '../syntax/parse-expression.js';
import type { CheckedExpression, Reference, Typed, TypedLiteral } from '../typed/typed.js';
import { SQL_OPERATIONS, within } from './sql-operations.js';

const TYPES: Readonly<Record<Typed['type'], Sql>> = {
  text: sql`VARCHAR`,
  timestamp: sql`VARCHAR`,
  integer: sql`DECIMAL(15, 0)`,
  decimal: sql`DECIMAL(15, 6)`,
  boolean: sql`BOOLEAN`,
  date: sql`DATE`,
};

export function isoDate(dayNumber: number): string {
  const digits = String(calendarNumber(dayNumber)).padStart(8, '0');
  return `${digits.slice(0, 4)}-${digits.slice(4, 6)}-${digits.slice(6)}`;
}

function literalSql({ type, value }: TypedLiteral): Sql {
  // Nothing but null is empty: the places where an empty text means something take it as it is.
  const held =
    typeof value === 'number' ? (type === 'date' ? isoDate(value) : type === 'decimal' ? decimalText(value) : String(value)) : value;
  return type === 'text' && value !== null ? literal(held) : sql`CAST(${literal(held)} AS ${TYPES[type]})`;
}

/** A column of silver as its type in expressions; beyond its limits it is null, as every failure is. */
function referenceSql({ holds }: Reference, column: Sql): Sql {
  switch (holds) {
    case 'text':
    case 'timestamp':
      return sql`nullif(${column}, '')`;
    case 'integer':
      return within(column, sql`DECIMAL(15, 0)`);
    case 'decimal':
      return sql`TRY_CAST(${column} AS DECIMAL(15, 6))`;
    case 'money':
      return within(sql`CAST(${column} AS DECIMAL(19, 0)) * CAST(0.01 AS DECIMAL(2, 2))`, sql`DECIMAL(15, 6)`);
    case 'boolean':
    case 'date':
      return column;
  }
}

/**
 * The expression in DuckDB's SQL: every literal quoted, every function from our own list, each part written down once. It gives what
 * the bytes give: VARCHAR, DECIMAL(15, 0) for a whole number, DECIMAL(15, 6), BOOLEAN or DATE; where an operation fails, null and never
 * an error. `now` is RFC 3339 in UTC; `columnOf` says how what is referred to is written in the query.
 */
export function compileToSql({ root, references }: CheckedExpression, now: string, columnOf: (reference: Reference) => Sql): Sql {
  const columns = references.map((reference) => referenceSql(reference, columnOf(reference)));
  const today = sql`CAST(${literal(now.slice(0, 10))} AS DATE)`;
  let names = 0;
  const freshName = (): Sql => identifier(`bound ${++names}`);
  const compiled = (part: Typed): Sql => {
    if (part.kind === 'literal') return literalSql(part);
    if (part.kind === 'reference') return columns[part.index]!;
    return SQL_OPERATIONS[part.operation]({ args: part.args.map(compiled), typed: part.args, type: part.type, today, freshName });
  };
  return compiled(root);
}
