import { readFile, writeFile } from 'node:fs/promises';
import type { ListName } from '@attune/pipeline';
import type { Sql } from '@attune/sql';
import type { DuckDb } from './duckdb.js';

/** What DuckDB makes of a list without lines: always the same, so this process has it made once. */
const empty = new Map<ListName | 'rule_findings', Uint8Array>();

/** Writes a list of so many records as Parquet: what `copy` leaves at `target`, where nothing is yet. */
export async function writeListParquet(
  db: DuckDb,
  list: ListName | 'rule_findings',
  { records, copy, target }: { readonly records: number; readonly copy: Sql; readonly target: string },
): Promise<void> {
  const known = records === 0 ? empty.get(list) : undefined;
  if (known !== undefined) return writeFile(target, known, { flag: 'wx' });
  await db.run(copy);
  if (records === 0) empty.set(list, await readFile(target));
}
