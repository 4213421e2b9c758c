import { opendir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { AppError } from '@attune/core';
import { atOnce } from '../blobs/at-once.js';
import { copyFile, copyStream } from './copy.js';
import type { Item } from './inventory.js';

/** Contents that a server makes anew, or that would mislead the copy; the directories themselves are needed (PostgreSQL, "Making a Base Backup Using the Low Level API"). */
const EMPTIED = new Set(['pg_wal', 'pg_replslot', 'pg_dynshmem', 'pg_notify', 'pg_serial', 'pg_snapshots', 'pg_stat_tmp', 'pg_subtrans']);
const LEFT_OUT =
  /^(postmaster\.(pid|opts)|backup_label(\.old)?|tablespace_map(\.old)?|backup_manifest|current_logfiles|pgsql_tmp.*|pg_internal\.init.*)$/;
const CONTROL = 'global/pg_control';
const AT_ONCE = 4;
const CONTROL_TRIES = 100;

/** Copies the files of a cluster that is being written to, between start and stop of a backup; `pg_control` is the last. Answers all directories. */
export async function copyCluster(cluster: string, target: string, note: (item: Item) => Promise<void>): Promise<string[]> {
  const directories: string[] = [];
  await atOnce(
    filesOf(cluster, '', directories),
    AT_ONCE,
    async (file) => {
      // Dropped since it was seen: the log of writes says so too.
      const copied = await copyFile(path.join(cluster, file), path.join(target, file));
      if (copied) await note({ path: file, ...copied });
    },
    () => undefined,
  );
  const control = await settled(path.join(cluster, CONTROL));
  await note({ path: CONTROL, ...(await copyStream(() => Readable.from([control]), path.join(target, CONTROL))) });
  return directories;
}

/** The segments of the log of writes from one to another, by their names. */
export async function copyLog(
  cluster: string,
  target: string,
  names: readonly string[],
  note: (item: Item) => Promise<void>,
): Promise<void> {
  for (const name of names) {
    const file = `pg_wal/${name}`;
    const copied = await copyFile(path.join(cluster, file), path.join(target, file));
    if (!copied) throw new AppError('internal', 'a segment of the log of writes is gone that the backup needs');
    await note({ path: file, ...copied });
  }
}

/** Which cluster the files are: the first eight bytes of `pg_control`; undefined where there is none. */
export async function systemOf(cluster: string): Promise<string | undefined> {
  const control = await readFile(path.join(cluster, CONTROL)).catch(() => undefined);
  return control?.readBigUInt64LE(0).toString();
}

async function* filesOf(cluster: string, inner: string, directories: string[]): AsyncGenerator<string> {
  if (inner !== '') directories.push(inner);
  const entries = await opendir(path.join(cluster, inner)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []; // dropped since it was seen
    throw error;
  });
  for await (const entry of entries) {
    const file = inner === '' ? entry.name : `${inner}/${entry.name}`;
    if (LEFT_OUT.test(entry.name) || file === CONTROL) continue;
    if (EMPTIED.has(file)) directories.push(file);
    else if (entry.isDirectory()) yield* filesOf(cluster, file, directories);
    else if (entry.isFile()) yield file;
  }
}

/** The server writes it in one piece, which a reader may see in two: two readings that are equal saw it whole. */
async function settled(file: string): Promise<Buffer> {
  for (let tries = 0; tries < CONTROL_TRIES; tries++) {
    const [one, other] = [await readFile(file), await readFile(file)];
    if (one.equals(other)) return one;
    await pause(10);
  }
  throw new AppError('internal', 'pg_control changes all the time');
}
