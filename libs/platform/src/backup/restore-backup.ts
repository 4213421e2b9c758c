import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { AppError } from '@attune/core';
import { atOnce } from '../blobs/at-once.js';
import type { BlobStore } from '../blobs/blob-store.js';
import { BackupRepository } from '../database/backup.repository.js';
import { Database } from '../database/database.js';
import { startEmbeddedPostgres } from '../database/embedded/embedded-postgres.js';
import { serverMajor } from '../database/embedded/server-binaries.js';
import { migrate } from '../database/migrate.js';
import { VerificationRepository } from '../database/verification.repository.js';
import { type Verification, verify } from '../housekeeping/verification.js';
import { emptyQueues } from '../queue/empty-queues.js';
import { DATA_LOCK, takeDataDirectory } from '../service/data-directory.js';
import { copyFile, syncDirectory, syncTree } from './copy.js';
import { type Item, readInventory } from './inventory.js';
import { CLUSTER, machine, type Manifest, PLACES, readManifest } from './manifest.js';

const AT_ONCE = 4;
const BLOCK = 1024 * 1024;
/** Where the files are put until all are there: nothing starts from a half of them. */
const DRAFT = 'restoring';
/** Until the log of writes is done again. */
const RECOVERY_MS = 30 * 60_000;

interface Options {
  readonly folder: string;
  /** Must be empty or not there. */
  readonly dataDir: string;
  /** Must be empty. */
  readonly blobs: BlobStore;
  /** Absent: the queue is in the restored database. */
  readonly queueUrl: string | undefined;
  /** Reads every object once more when all is there. */
  readonly all: boolean;
  readonly log?: (message: string) => void;
}

export interface Restored {
  readonly manifest: Manifest;
  /** Stages whose workers are no more. */
  readonly leases: number;
  /** Uploads that were not whole and have to be begun again. */
  readonly uploads: number;
  readonly verification: Verification;
}

/**
 * Puts a backup into an empty installation, every file proven by its hash, lets the database recover, and verifies rows and objects.
 * What fails before all is there is taken back. @throws AppError validation_failed where the folder is no backup or the target is not empty;
 * artifact_corrupt where the backup was altered
 */
export async function restoreBackup(options: Options): Promise<Restored> {
  const { folder, dataDir, blobs, log = () => undefined } = options;
  const manifest = await readManifest(folder);
  const [from, here] = [`PostgreSQL ${manifest.postgres.major} on ${manifest.machine}`, `PostgreSQL ${serverMajor()} on ${machine}`];
  if (from !== here) throw new AppError('validation_failed', `the backup is of ${from}, and the files of its database do not fit ${here}`);
  await refuseUsed(dataDir, blobs);
  const giveBack = await takeDataDirectory(dataDir);
  try {
    log(`${manifest.files.files + manifest.objects.files} files are restored.`);
    await fill(options, manifest);
    log('The database recovers.');
    return { manifest, ...(await settle(options, log)) };
  } finally {
    await giveBack();
  }
}

async function refuseUsed(dataDir: string, blobs: BlobStore): Promise<void> {
  const found = await readdir(dataDir).catch(() => []);
  if (found.length > 0) throw new AppError('validation_failed', `${dataDir} is not empty; a backup is restored into an empty directory`);
  const objects = blobs.list('')[Symbol.asyncIterator]();
  const { done } = await objects.next();
  await objects.return?.();
  if (done !== true) throw new AppError('validation_failed', 'the object store is not empty; a backup is restored into an empty one');
}

/** The files beside the place where they are looked for, then the objects, and at last the files into their place: the cluster after all others. */
async function fill({ folder, dataDir, blobs }: Options, { postgres: { directories } }: Manifest): Promise<void> {
  const draft = path.join(dataDir, DRAFT);
  try {
    for (const directory of directories) await mkdir(path.join(draft, CLUSTER, directory), { recursive: true, mode: 0o700 });
    await each(path.join(folder, PLACES.fileList), async (item) => {
      const copied = await copyFile(path.join(folder, PLACES.files, item.path), path.join(draft, item.path));
      if (copied?.sha256 !== item.sha256) throw altered(`${PLACES.files}/${item.path}`);
    });
    await syncTree(draft);
    await each(path.join(folder, PLACES.objectList), (item) => restoreObject(folder, blobs, item));
    for (const name of (await readdir(draft)).sort((a, b) => Number(a === CLUSTER) - Number(b === CLUSTER)))
      await rename(path.join(draft, name), path.join(dataDir, name));
    await rm(draft, { recursive: true });
    await syncDirectory(dataDir);
  } catch (error) {
    await takeBack({ folder, dataDir, blobs });
    throw error;
  }
}

async function restoreObject(folder: string, blobs: BlobStore, { path: key, sha256, bytes }: Item): Promise<void> {
  const file = path.join(folder, PLACES.objects, key);
  const keyOf = (found: string): string => {
    if (found !== sha256) throw altered(`${PLACES.objects}/${key}`);
    return key;
  };
  // Opened first: a stream that fails while the store is not listening yet ends the process.
  const handle = await open(file).catch(() => undefined);
  if (handle === undefined) throw altered(`${PLACES.objects}/${key}`);
  try {
    await blobs.receive(handle.createReadStream({ highWaterMark: BLOCK }), keyOf, bytes);
  } catch (error) {
    throw error instanceof AppError && error.code === 'payload_too_large' ? altered(`${PLACES.objects}/${key}`) : error;
  } finally {
    await handle.close();
  }
}

const altered = (file: string): AppError =>
  new AppError('artifact_corrupt', `${file} of the backup is missing or was altered; nothing was restored`);

/** Nothing was there before, so everything that is there now came of us. */
async function takeBack({ folder, dataDir, blobs }: Pick<Options, 'folder' | 'dataDir' | 'blobs'>): Promise<void> {
  await each(path.join(folder, PLACES.objectList), ({ path: key }) => blobs.remove(key)).catch(() => undefined);
  for (const name of await readdir(dataDir)) if (name !== DATA_LOCK) await rm(path.join(dataDir, name), { recursive: true, force: true });
}

/** Lets the database recover, and brings what it says of the past to the present. */
async function settle(
  { dataDir, blobs, queueUrl, all }: Options,
  log: (message: string) => void,
): Promise<Pick<Restored, 'leases' | 'uploads' | 'verification'>> {
  const server = await startEmbeddedPostgres({ dataDir: path.join(dataDir, CLUSTER), startTimeoutMs: RECOVERY_MS });
  try {
    await migrate(server.url, queueUrl);
    await emptyQueues(queueUrl ?? server.url);
    const database = await Database.open(server.url, 2);
    try {
      const forgotten = await new BackupRepository(database).forgetThePast();
      log('Rows and objects are verified.');
      return { ...forgotten, verification: await verify(new VerificationRepository(database), blobs, { all }) };
    } finally {
      await database.close();
    }
  } finally {
    await server.stop();
  }
}

async function each(list: string, work: (item: Item) => Promise<void>): Promise<void> {
  await atOnce(readInventory(list), AT_ONCE, work, () => undefined);
}
