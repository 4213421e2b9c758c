import { identifier, join, literal, sql, textList, type Sql } from '@attune/sql';
import type { SilverColumn } from '../transform/silver-columns.js';

const CARRIED_PREFIX = 'source.';

/**
 * Writes the rows of silver as the CSV that COPY of Postgres reads with its defaults, without a header: the number of the record, the hash
 * of the row, the fields in schema order and the carried columns as one JSON object, as `loadedColumns` names them. Nothing is nothing and an
 * empty text is `""`. Silver is one Parquet file per shard.
 */
export function loadCopy(silver: readonly string[], columns: readonly SilverColumn[], target: string): Sql {
  const fields = columns.filter(({ role }) => role === 'field').map(({ name }) => name);
  const carried = columns.filter(({ role }) => role === 'carried').map(({ name }) => name);
  const row = [identifier('_record'), rowHash([...fields, ...carried]), ...fields.map(identifier), carriedObject(carried)];
  const format = sql`FORMAT csv, HEADER false, DELIMITER ',', QUOTE '"', ESCAPE '"', NULLSTR ''`;
  return sql`COPY (SELECT ${join(row)} FROM read_parquet(${textList(silver)})) TO ${literal(target)} (${format})`;
}

/**
 * SHA-256 in hexadecimal over the columns that have a value: each as its name, the bytes of its value and the value, so that no two rows
 * are written alike. A field that a later version of the entity adds changes nothing for a row without a value in it.
 */
function rowHash(names: readonly string[]): Sql {
  const parts = names.map((name) => {
    const value = sql`CAST(${identifier(name)} AS VARCHAR)`;
    return sql`${literal(`${name}=`)} || CAST(strlen(${value}) AS VARCHAR) || ':' || ${value}`;
  });
  return sql`sha256(concat_ws(',', ${join(parts)}))`;
}

function carriedObject(names: readonly string[]): Sql {
  if (names.length === 0) return literal('{}');
  return sql`json_object(${join(names.map((name) => sql`${literal(name.slice(CARRIED_PREFIX.length))}, ${identifier(name)}`))})`;
}
