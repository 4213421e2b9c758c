import { identifier, join, literal, sql, type Sql } from '@attune/sql';

/** A column of a Parquet file, with the type that DuckDB reads it as. */
export interface ParquetColumn {
  readonly name: string;
  readonly type: string;
}

const NESTED = /^(STRUCT|MAP|UNION)\(|\]$|^(VARIANT|JSON)$/;

export const isNested = ({ type }: ParquetColumn): boolean => NESTED.test(type);
export const isBinary = ({ type }: ParquetColumn): boolean => type === 'BLOB' || type === 'BIT';

/** Reads the file; `rows` are the first ones only. Its rows stay in order, whatever the number of threads. */
const rowsOf = (file: string, rows: number | undefined): Sql =>
  rows === undefined ? sql`FROM read_parquet(${literal(file)})` : sql`FROM read_parquet(${literal(file)}) LIMIT ${literal(rows)}`;

/** Names and types of the columns, one row each. */
export const describeStatement = (file: string): Sql =>
  sql`SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM read_parquet(${literal(file)}))`;

/** The number of rows that the footer speaks of. */
export const footerStatement = (file: string): Sql => sql`SELECT num_rows FROM parquet_file_metadata(${literal(file)})`;

/** Writes the rows as delimited text: UTF-8, comma, double quotes, LF, a header; null is nothing, an empty text is `""`. */
export function unwrapStatement(file: string, columns: readonly ParquetColumn[], target: string, rows?: number): Sql {
  const texts = columns.map((column) => sql`${textOf(column)} AS ${identifier(column.name)}`);
  // A line with nothing on it is no record: where there is but one column, no value is written as an empty one.
  const selected = columns.length === 1 ? [sql`coalesce(${textOf(columns[0]!)}, '') AS ${identifier(columns[0]!.name)}`] : texts;
  return sql`COPY (SELECT ${join(selected)} ${rowsOf(file, rows)}) TO ${literal(target)} (FORMAT csv, HEADER true, DELIMITER ',', QUOTE '"', ESCAPE '"', NULLSTR '')`;
}

/**
 * A value as text that loses nothing: numbers with all their digits and the shortest text of a binary fraction that is read as the same one
 * again; dates and times as ISO 8601, with `Z` where the file says that times are in UTC and without where it says nothing; bytes as
 * hexadecimal digits; lists, structs and maps as JSON.
 */
function textOf(column: ParquetColumn): Sql {
  const value = identifier(column.name);
  if (column.type === 'VARCHAR') return value;
  if (column.type === 'BLOB') return sql`lower(hex(${value}))`;
  if (column.type === 'TIMESTAMP WITH TIME ZONE') return sql`${timeText(sql`(${value} AT TIME ZONE 'UTC')`)} || 'Z'`;
  if (column.type.startsWith('TIMESTAMP')) return timeText(value);
  return isNested(column) ? sql`CAST(to_json(${value}) AS VARCHAR)` : sql`CAST(${value} AS VARCHAR)`;
}

const timeText = (value: Sql): Sql => sql`replace(CAST(${value} AS VARCHAR), ' ', 'T')`;
