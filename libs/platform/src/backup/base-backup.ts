import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { AppError } from '@attune/core';
import pg from 'pg';
import { copyCluster, copyLog, systemOf } from './cluster-files.js';
import { copyStream } from './copy.js';
import { Readable } from 'node:stream';
import type { Item } from './inventory.js';

/** What the server said of the backup. */
export interface BaseBackup {
  readonly major: number;
  readonly version: string;
  /** The cluster's own number. */
  readonly system: string;
  readonly startLsn: string;
  readonly stopLsn: string;
  /** All directories of the cluster. */
  readonly directories: string[];
}

interface Options {
  readonly url: string;
  /** The data directory of the server at `url`, readable from here. */
  readonly cluster: string;
  readonly target: string;
  readonly note: (item: Item) => Promise<void>;
  /** Called once the files are copied; it calls `stop` when it likes, and what is committed by then is in the backup. */
  readonly around: (stop: () => Promise<void>) => Promise<void>;
}

/**
 * A physical copy of a running cluster by the low level interface of PostgreSQL. The log of writes is kept by a slot that goes with
 * the session, so whatever ends this process leaves nothing behind. @throws AppError validation_failed where it cannot be taken
 */
export async function takeBaseBackup({ url, cluster, target, note, around }: Options): Promise<BaseBackup> {
  const session = await sessionTo(url);
  try {
    const { major, version, system } = await serverOf(session);
    await refuseOthers(session, system, cluster);
    await session.query(`SELECT pg_create_physical_replication_slot($1, true, true)`, [`attune_backup_${randomBytes(4).toString('hex')}`]);
    const startLsn = await lsnOf(session, `SELECT pg_backup_start('attune', true) AS lsn`);
    const directories = await copyCluster(cluster, target, note);
    let stopped: { lsn: string; labelfile: string } | undefined;
    await around(async () => {
      const { rows } = await session.query<{ lsn: string; labelfile: string }>('SELECT lsn, labelfile FROM pg_backup_stop(false)');
      stopped = rows[0]!;
    });
    if (stopped === undefined) throw new AppError('internal', 'the backup was not stopped');
    const label = Buffer.from(stopped.labelfile);
    const written = await copyStream(() => Readable.from([label]), path.join(target, 'backup_label'));
    await note({ path: 'backup_label', ...written });
    await copyLog(cluster, target, await segments(session, startLsn, stopped.lsn), note);
    return { major, version, system, startLsn, stopLsn: stopped.lsn, directories };
  } finally {
    await session.end().catch(() => undefined);
  }
}

async function sessionTo(url: string): Promise<pg.Client> {
  const options = '-c statement_timeout=0 -c idle_session_timeout=0 -c lock_timeout=0';
  const session = new pg.Client({ connectionString: url, keepAlive: true, application_name: 'attune backup', options });
  session.on('error', () => undefined); // what is asked of it next fails, and that is told
  try {
    await session.connect();
  } catch (cause) {
    throw new AppError('dependency_unavailable', 'the database does not answer', { cause });
  }
  return session;
}

async function serverOf(session: pg.Client): Promise<{ major: number; version: string; system: string }> {
  const { rows } = await session.query<{ number: number; version: string; system: string }>(
    `SELECT current_setting('server_version_num')::int AS number, current_setting('server_version') AS version,
       (SELECT system_identifier::text FROM pg_control_system()) AS system`,
  );
  const { number, ...server } = rows[0]!;
  return { ...server, major: Math.floor(number / 10_000) };
}

async function refuseOthers(session: pg.Client, system: string, cluster: string): Promise<void> {
  if ((await systemOf(cluster)) !== system) {
    const advice =
      'back it up as PostgreSQL does (pg_basebackup, an archive of its log), and the store beside it; see docs/how-to-backup.md';
    throw new AppError(
      'validation_failed',
      `the files of the database do not lie in ${cluster}, and only such a database is copied: ${advice}`,
    );
  }
  const { rows } = await session.query(`SELECT 1 FROM pg_tablespace WHERE spcname NOT IN ('pg_default', 'pg_global')`);
  if (rows.length > 0) throw new AppError('validation_failed', 'the database has tablespaces of its own, which are not copied');
}

async function lsnOf(session: pg.Client, sql: string): Promise<string> {
  const { rows } = await session.query<{ lsn: string }>(sql);
  return rows[0]!.lsn;
}

/** Names of the segments that hold the log from one place to another. */
async function segments(session: pg.Client, from: string, to: string): Promise<string[]> {
  const { rows } = await session.query<{ name: string }>(
    `SELECT name FROM pg_ls_waldir() WHERE name ~ '^[0-9A-F]{24}$' AND name BETWEEN pg_walfile_name($1::pg_lsn) AND pg_walfile_name($2::pg_lsn) ORDER BY name`,
    [from, to],
  );
  return rows.map(({ name }) => name);
}
