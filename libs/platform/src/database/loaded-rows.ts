import { AppError } from '@attune/core';
import { identifier, sql, type Sql } from '@attune/sql';
import type { Database } from './database.js';
import type { Held } from './held-job.js';
import { STAGING_NAMES, stagingPrefix, stagingTable } from './staging-table.js';
import { datasetLock } from './warehouse.repository.js';

type Query = Database['query'];

/** Whose rows a dataset has in a table: those of the latest load. */
interface Latest {
  readonly job_id: string;
  readonly generation: number;
  readonly input_name: string | null;
}

/**
 * Takes what a deleted job has brought out of the warehouse, in the transaction that deletes the job. Rows that it brought are removed;
 * where it was the latest to load its dataset, rows that an earlier job had brought and that it has left as they were are closed; where a later
 * job has left its rows as they were, they are from now on that job's.
 * @throws AppError overloaded while another job loads the dataset
 */
export async function removeLoaded(query: Query, job: Pick<Held, 'id' | 'tenant_id' | 'dataset_id'>): Promise<void> {
  const { id, tenant_id: tenantId, dataset_id: datasetId } = job;
  const loads = await query<{ target_table: string }>(
    `SELECT DISTINCT target_table FROM attune.load_ledger WHERE tenant_id = $1 AND job_id = $2 ORDER BY 1`,
    [tenantId, id],
  );
  for (const { target_table: table } of loads) {
    const [lock] = await query<{ mine: boolean }>(`SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0)) AS mine`, [
      datasetLock(tenantId, datasetId, table),
    ]);
    if (!lock!.mine) throw new AppError('overloaded', 'rows of the same dataset are being loaded; try again when that is done');
    const [latest] = await query<Latest>(
      `SELECT l.job_id, l.generation, j.input_name FROM attune.load_ledger l JOIN attune.jobs j ON j.id = l.job_id
       WHERE l.tenant_id = $1 AND l.dataset_id = $2 AND l.target_table = $3 AND NOT l.superseded ORDER BY l.asked_at DESC, l.job_id DESC LIMIT 1`,
      [tenantId, datasetId, table],
    );
    await removeFrom(query, quoted(table), job, latest);
  }
  await query(`DELETE FROM attune.load_ledger WHERE tenant_id = $1 AND job_id = $2`, [tenantId, id]);
  const staged = await query<{ name: string }>(`${STAGING_NAMES} AND starts_with(c.relname, $1)`, [stagingPrefix(id)]);
  for (const { name } of staged) await query(sql`DROP TABLE IF EXISTS ${stagingTable(name)}`.text);
}

async function removeFrom(
  query: Query,
  table: Sql,
  { id, tenant_id: tenantId, dataset_id: datasetId }: Pick<Held, 'id' | 'tenant_id' | 'dataset_id'>,
  latest: Latest | undefined,
): Promise<void> {
  // However many rows there are, they are all of one dataset.
  await query(`SET LOCAL statement_timeout = '10min'`);
  const own = sql`tenant_id = $1 AND dataset_id = $2 AND job_id = $3`;
  if (latest === undefined || latest.job_id === id) {
    await query(sql`DELETE FROM ${table} WHERE ${own}`.text, [tenantId, datasetId, id]);
    await query(
      sql`UPDATE ${table} SET valid_to = clock_timestamp(), is_deleted = true WHERE tenant_id = $1 AND dataset_id = $2 AND valid_to IS NULL`
        .text,
      [tenantId, datasetId],
    );
  } else {
    await query(sql`DELETE FROM ${table} WHERE ${own} AND valid_to IS NOT NULL`.text, [tenantId, datasetId, id]);
    await query(sql`UPDATE ${table} SET job_id = $4, batch_id = $5, file_name = $6 WHERE ${own}`.text, [
      tenantId,
      datasetId,
      id,
      latest.job_id,
      latest.generation,
      latest.input_name,
    ]);
  }
  await query(`SET LOCAL statement_timeout TO DEFAULT`);
}

/** The name is one of ours, as the ledger has it: schema and table. */
function quoted(table: string): Sql {
  const [schema, name] = table.split('.');
  return sql`${identifier(schema!)}.${identifier(name!)}`;
}
