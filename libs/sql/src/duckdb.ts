import { identifier, join, literal, sql, type Sql } from './sql.js';

/** `['a', 'b']`, a list of texts. */
export const textList = (texts: readonly string[]): Sql => sql`[${join(texts.map(literal))}]`;

/** `{'name': 'TYPE', …}`, the struct in which readers take names and types of columns. */
export const columnTypes = (columns: readonly { readonly name: string; readonly type: string }[]): Sql =>
  sql`{${join(columns.map(({ name, type }) => sql`${literal(name)}: ${literal(type)}`))}}`;

/** `"a", "b"`, a list of columns. */
export const columnList = (names: readonly string[]): Sql => join(names.map(identifier));

const ROW_GROUP = 122_880;
/** A column with more different values in a row group is written as it is: finding that out later costs more than all the rest of the writing. */
const DICTIONARY = 8192;
/** Rows of a row group are a multiple of DuckDB's vector. */
const VECTOR = 2048;
const USUAL_COLUMNS = 64;

/** Options of a COPY that writes one Parquet file. */
export const parquetOptions = (columns: number): Sql => sql`(${parquetSettings(columns)})`;

/**
 * How every Parquet file of ours is written: zstd at its fastest level, row groups of 122,880, less for wide tables, because a row group
 * waits in memory until it is full, and so does a dictionary of a given size for each column. They depend on the number of columns only, so
 * that equal data gives equal bytes.
 */
export function parquetSettings(columns: number): Sql {
  const common = sql`FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1`;
  if (columns <= USUAL_COLUMNS) return sql`${common}, ROW_GROUP_SIZE ${literal(ROW_GROUP)}, DICTIONARY_SIZE_LIMIT ${literal(DICTIONARY)}`;
  const rows = Math.max(VECTOR, Math.floor((ROW_GROUP * USUAL_COLUMNS) / columns / VECTOR) * VECTOR);
  return sql`${common}, ROW_GROUP_SIZE ${literal(rows)}`;
}
