import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { literal, sql, type Sql } from '@attune/sql';

/** Writes the rows of a query as a Parquet file and gives its bytes. */
export async function parquetOf(folder: string, query: Sql, options: Sql = sql``): Promise<Buffer> {
  const path = join(folder, `made-${process.hrtime.bigint()}.parquet`);
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  try {
    await connection.run(sql`COPY (${query}) TO ${literal(path)} (FORMAT parquet ${options})`.text);
    return await readFile(path);
  } finally {
    connection.closeSync();
    instance.closeSync();
    await rm(path, { force: true });
  }
}
