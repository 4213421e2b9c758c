import { columnList, identifier, join, literal, parquetOptions, sql, textList, type Sql } from '@attune/sql';
import type { SilverColumn } from '../transform/silver-columns.js';

/**
 * The rows of a small silver file that are in earlier shards already, value for value, each with the first of its equals: lines with the
 * members of the list of duplicates. The small side is looked up, the large one read once.
 */
export function equalRowsCopy(columns: readonly SilverColumn[], mended: string, earlier: readonly string[], target: string): Sql {
  const compared = columns.filter(({ role }) => role === 'field' || role === 'carried');
  const equal = join(
    compared.map(({ name }) => sql`mended.${identifier(name)} IS NOT DISTINCT FROM kept.${identifier(name)}`),
    sql` AND `,
  );
  return sql`COPY (SELECT mended._record AS record, mended._line AS line, mended._byte_offset AS byte_offset, kept._record AS survivor_record, kept._line AS survivor_line, kept._byte_offset AS survivor_byte_offset FROM read_parquet(${textList(earlier)}) AS kept JOIN read_parquet(${literal(mended)}) AS mended ON ${equal} QUALIFY row_number() OVER (PARTITION BY mended._record ORDER BY kept._record) = 1 ORDER BY record) TO ${literal(target)} (FORMAT json)`;
}

/** The rows of a silver file without those of some records, in the same order. */
export function withoutRecords(columns: readonly SilverColumn[], source: string, records: readonly number[], target: string): Sql {
  const stored = columns.filter(({ role }) => role !== 'identity').map(({ name }) => name);
  return sql`COPY (SELECT ${columnList(stored)} FROM read_parquet(${literal(source)}) WHERE _record NOT IN (${join(records.map((record) => literal(record)))})) TO ${literal(target)} ${parquetOptions(stored.length)}`;
}
