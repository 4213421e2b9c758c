import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { AppError, type Entity } from '@attune/core';
import { loadedColumns } from '@attune/pipeline';
import { columnList, identifier, join, sql, type Sql } from '@attune/sql';
import { failpoint } from '../failpoints/failpoint.js';
import type { Database } from './database.js';
import { STAGING_NAMES, stagingName, stagingPrefix, stagingTable } from './staging-table.js';
import type { Claim, Loaded } from './stages.repository.js';

type Query = Database['query'];

/** The result of a job as rows: a CSV in the order of `loadedColumns`, without a header. */
export interface Rows {
  readonly entity: Entity;
  readonly file: string;
  /** How many rows the result has. */
  readonly records: number;
}

/** The staging table has not the rows that were copied: unlogged tables are empty after a crash of the database. */
export class StagingLost extends Error {}

/** Loads may take their time; so may the one before over the same dataset, which is waited for. */
const PATIENCE = '30min';
/** Whoever stands still with the lock of a dataset makes room after so long. */
const STANDSTILL = '10s';
/** All datasets come as uploads until there are other sources. */
const DATA_SOURCE = 'upload';
const BLOCK = 1 << 18;

/**
 * Loads results into the warehouse, one table per entity. The key of a row is the tenant, the dataset and the number of the record in it.
 * A row is a version: it is open while `valid_to` is null, is closed when a later load has another content for the record, and closed with
 * `is_deleted` when a later load has none. A load is as late as the request behind it: the submit of the job, or the resubmission or
 * redrive that began its generation. Everything is by tenant and dataset.
 */
export class WarehouseRepository {
  constructor(private readonly database: Database) {}

  /**
   * Copies the rows into the staging table of the attempt, made anew. Memory does not grow with them.
   * @throws AppError dependency_unavailable; engine.failed when the file has not as many rows as the result; the signal's reason.
   */
  async copy(claim: Claim, { entity, file, records }: Rows, signal: AbortSignal): Promise<void> {
    const columns = columnList(loadedColumns(entity));
    const staging = stagingTable(stagingName(claim));
    const copied = await this.database.transaction(
      async (query, copyRows) => {
        await query(`SET LOCAL statement_timeout = '${PATIENCE}'`);
        await query(sql`DROP TABLE IF EXISTS ${staging}`.text);
        await query(sql`CREATE UNLOGGED TABLE ${staging} AS SELECT ${columns} FROM ${tableOf(entity)} WITH NO DATA`.text);
        const rows = await copyRows(sql`COPY ${staging} (${columns}) FROM STDIN (FORMAT csv, ENCODING 'UTF8')`.text, bytesOf(file, claim));
        await query(sql`ANALYZE ${staging} (source_record_id, row_hash)`.text);
        return rows;
      },
      { signal },
    );
    if (copied !== records) throw new AppError('engine.failed', `the file of rows has ${copied} rows, the result has ${records}`);
  }

  /**
   * Makes the copied rows the open ones of their dataset, in the caller's transaction, which is to commit the stage too. What the stage has
   * loaded already is not loaded again.
   * @throws AppError stage.fenced when the stage belongs to somebody else by now; StagingLost when the rows have to be copied again.
   */
  async load(query: Query, claim: Claim, { entity, records }: Rows): Promise<Loaded> {
    const table = `warehouse.${entity.name}`;
    await query(`SET LOCAL statement_timeout = '${PATIENCE}'`);
    await query(`SET LOCAL lock_timeout = '${PATIENCE}'`);
    await query(`SET LOCAL idle_in_transaction_session_timeout = '${STANDSTILL}'`);
    await expectHeld(query, claim);
    await query(`SELECT pg_advisory_xact_lock(hashtextextended($1, 0))`, [datasetLock(claim.tenantId, claim.dataset.id, table)]);
    await failpoint('load.before_ledger', claim);
    const begun = await begin(query, claim, table, records);
    const loaded = begun.done ?? (await this.#replace(query, claim, entity, { table, records, ...begun }));
    await failpoint('load.after_ledger', claim);
    for (const setting of ['statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout'])
      await query(`SET LOCAL ${setting} TO DEFAULT`);
    return loaded;
  }

  async #replace(
    query: Query,
    claim: Claim,
    entity: Entity,
    {
      table,
      records,
      superseded,
      at,
    }: { readonly table: string; readonly records: number; readonly superseded: boolean; readonly at: string },
  ): Promise<Loaded> {
    const name = stagingName(claim);
    const staging = stagingTable(name);
    const [there] = await query(`${STAGING_NAMES} AND c.relname = $1`, [name]);
    if (!there || (await counted(query, sql`SELECT 1 FROM ${staging}`)) !== records) throw new StagingLost();
    const changes = superseded ? { added: 0, closed: 0 } : await apply(query, claim, entity, staging, at);
    await query(
      `UPDATE attune.load_ledger SET rows_added = $6, rows_closed = $7 WHERE job_id = $1 AND generation = $2 AND stage = $3 AND shard = $4 AND target_table = $5`,
      [claim.jobId, claim.generation, claim.stage, claim.shard, table, changes.added, changes.closed],
    );
    await query(sql`DROP TABLE ${staging}`.text);
    return { entity: entity.name, rows: records, superseded, ...changes };
  }

  /** Removes the staging tables of this and of earlier attempts at the stage. */
  async discard({ jobId, shard, epoch }: Pick<Claim, 'jobId' | 'shard' | 'epoch'>): Promise<void> {
    const found = await this.database.query<{ name: string }>(
      `${STAGING_NAMES} AND substring(c.relname FROM '^' || $1 || '(\\d+)$')::bigint <= $2`,
      [`${stagingPrefix(jobId)}${shard}_`, epoch],
    );
    await this.#drop(found);
  }

  /** Removes the staging tables that no attempt at work has made; answers how many. Crosses tenants on purpose. */
  async sweepStaging(): Promise<number> {
    const found = await this.database.query<{ name: string }>(
      `${STAGING_NAMES} AND NOT EXISTS (SELECT 1 FROM attune.job_stages s WHERE s.status = 'running'
         AND c.relname = 's_' || replace(s.job_id::text, '-', '') || '_' || s.shard || '_' || s.epoch)`,
    );
    await this.#drop(found);
    return found.length;
  }

  async #drop(tables: readonly { readonly name: string }[]): Promise<void> {
    for (const { name } of tables) await this.database.query(sql`DROP TABLE IF EXISTS ${stagingTable(name)}`.text);
  }
}

export const tableOf = ({ name }: Pick<Entity, 'name'>): Sql => sql`warehouse.${identifier(name)}`;

/** One at a time changes the rows of a dataset in a table, until its transaction ends: they take the lock of this name. */
export const datasetLock = (tenantId: string, datasetId: string, table: string): string => `${table} ${tenantId} ${datasetId}`;

async function expectHeld(query: Query, { jobId, stage, shard, epoch }: Claim): Promise<void> {
  const held = await query(
    `SELECT 1 FROM attune.job_stages WHERE job_id = $1 AND stage = $2 AND shard = $3 AND epoch = $4 AND status = 'running'`,
    [jobId, stage, shard, epoch],
  );
  if (held.length === 0) throw new AppError('stage.fenced', `epoch ${epoch} of stage ${stage} is over`);
}

/** Writes the line of the ledger, which there is once; says whether a later load was faster, or what was done already. */
async function begin(
  query: Query,
  claim: Claim,
  table: string,
  records: number,
): Promise<{ readonly superseded: boolean; readonly at: string; readonly done?: Loaded }> {
  const { tenantId, jobId, generation, stage, shard, epoch, dataset } = claim;
  const [line] = await query<{ superseded: boolean; at: string }>(
    `INSERT INTO attune.load_ledger (tenant_id, job_id, generation, stage, shard, target_table, dataset_id, epoch, asked_at, superseded, rows, rows_added, rows_closed, loaded_at)
     SELECT j.tenant_id, j.id, $2::integer, $3, $4::integer, $5, j.dataset_id, $6::bigint, a.asked_at, EXISTS (
         SELECT 1 FROM attune.load_ledger l WHERE l.tenant_id = j.tenant_id AND l.dataset_id = j.dataset_id AND l.target_table = $5
           AND NOT l.superseded AND (l.asked_at, l.job_id) > (a.asked_at, j.id)), $7::bigint, 0, 0, clock_timestamp()
     FROM attune.jobs j CROSS JOIN LATERAL (SELECT CASE WHEN $2::integer > 1 THEN j.started_at ELSE j.created_at END AS asked_at) a
     WHERE j.tenant_id = $8 AND j.id = $1 AND j.dataset_id = $9
     ON CONFLICT DO NOTHING RETURNING superseded, loaded_at::text AS at`,
    [jobId, generation, stage, shard, table, epoch, records, tenantId, dataset.id],
  );
  if (line) return line;
  const [done] = await query<Loaded>(
    `SELECT split_part(target_table, '.', 2) AS entity, rows::float8 AS rows, rows_added::float8 AS added, rows_closed::float8 AS closed, superseded
     FROM attune.load_ledger WHERE tenant_id = $6 AND job_id = $1 AND generation = $2 AND stage = $3 AND shard = $4 AND target_table = $5`,
    [jobId, generation, stage, shard, table, tenantId],
  );
  if (!done) throw new AppError('internal', 'a job to be loaded is not there');
  return { superseded: done.superseded, at: '', done };
}

/** Closes what is gone or different and adds what is new or different. */
async function apply(query: Query, claim: Claim, entity: Entity, staging: Sql, at: string): Promise<{ added: number; closed: number }> {
  const { tenantId, dataset, jobId, generation, inputName } = claim;
  const table = tableOf(entity);
  const open = sql`w.tenant_id = $1 AND w.dataset_id = $2 AND w.valid_to IS NULL`;
  const same = sql`s.source_record_id = w.source_record_id`;
  const gone = await counted(
    query,
    sql`UPDATE ${table} w SET valid_to = $3::timestamptz, is_deleted = true WHERE ${open} AND NOT EXISTS (SELECT 1 FROM ${staging} s WHERE ${same}) RETURNING 1`,
    [tenantId, dataset.id, at],
  );
  const replaced = await counted(
    query,
    sql`UPDATE ${table} w SET valid_to = $3::timestamptz FROM ${staging} s WHERE ${open} AND ${same} AND s.row_hash <> w.row_hash RETURNING 1`,
    [tenantId, dataset.id, at],
  );
  const fields = entity.fields.map(({ name }) => identifier(name));
  const added = await counted(
    query,
    sql`INSERT INTO ${table} (tenant_id, dataset_id, valid_from, data_source, job_id, batch_id, file_name, ingest_datetime, is_deleted,
        source_record_id, row_hash, carried, ${join(fields)})
      SELECT $1::uuid, $2::uuid, $3::timestamptz, $4::text, $5::uuid, $6::integer, $7::text, $8::timestamptz, false, s.source_record_id, s.row_hash, jsonb_strip_nulls(s.carried), ${join(fields.map((name) => sql`s.${name}`))}
      FROM ${staging} s WHERE NOT EXISTS (SELECT 1 FROM ${table} w WHERE ${open} AND ${same}) RETURNING 1`,
    [tenantId, dataset.id, at, DATA_SOURCE, jobId, generation, inputName, dataset.receivedAt],
  );
  return { added, closed: gone + replaced };
}

/** How many rows a statement has. */
async function counted(query: Query, statement: Sql, parameters: readonly unknown[] = []): Promise<number> {
  const [answer] = await query<{ n: number }>(sql`WITH done AS (${statement}) SELECT count(*)::float8 AS n FROM done`.text, parameters);
  return answer!.n;
}

/** The bytes of the file. */
async function* bytesOf(file: string, claim: Claim): AsyncGenerator<Uint8Array> {
  const { size } = await stat(file);
  let read = 0;
  let isHalf = false;
  for await (const block of createReadStream(file, { highWaterMark: BLOCK })) {
    yield block as Uint8Array;
    read += (block as Uint8Array).length;
    if (isHalf || read * 2 < size) continue;
    isHalf = true;
    await failpoint('load.mid_copy', claim);
  }
}
