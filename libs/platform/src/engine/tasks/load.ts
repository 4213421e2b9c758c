import { join } from 'node:path';
import { loadCopy, silverColumns } from '@attune/pipeline';
import { DuckDb, limitsFor } from '../duckdb.js';
import { entityOf } from '../entity-of.js';
import type { Task } from '../protocol.js';
import { ROWS_FILE } from '../rows-file.js';

/** Writes the rows of the result in the columns of the warehouse. The file is for this attempt alone and becomes no artifact. */
export const loadTask: Task<'load'> = async ({ silver, plan, scratch }, { limits, onProgress, timed }) => {
  const columns = silverColumns(plan, entityOf(plan));
  const db = await DuckDb.open(scratch, limitsFor(limits, columns.length));
  try {
    await timed('load.rows', () => db.run(loadCopy(silver, columns, join(scratch, ROWS_FILE))));
  } finally {
    db.close();
  }
  onProgress({ done: 1, total: 1 });
  return { files: [] };
};
