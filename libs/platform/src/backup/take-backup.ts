import { mkdir, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { AppError } from '@attune/core';
import { atOnce } from '../blobs/at-once.js';
import type { BlobStore, StoredBlob } from '../blobs/blob-store.js';
import { READINGS } from '../blobs/hashing.js';
import { type BackedUpObject, BackupRepository } from '../database/backup.repository.js';
import type { Database } from '../database/database.js';
import { REMOVAL_LOCK } from '../database/removal.js';
import { readVersion } from '../service/version.js';
import { takeBaseBackup } from './base-backup.js';
import { copyFile, copyStream, syncTree } from './copy.js';
import { InventoryWriter, readInventory } from './inventory.js';
import { CLUSTER, machine, type Manifest, PLACES, writeManifest } from './manifest.js';

/** Beside the cluster in the data directory; each is copied where it is. */
const SECRETS = ['postgres-password', 'pepper', 'api-key'] as const;
const AT_ONCE = 4;
const GATE_MS = 30_000;
/** The list of what is to be copied; the list of what was copied takes its place. */
const WANTED = 'objects.wanted';

interface Options {
  /** Must be empty or not there. */
  readonly folder: string;
  readonly dataDir: string;
  readonly databaseUrl: string;
  readonly database: Database;
  readonly blobs: Pick<BlobStore, 'open'>;
  /** Told in a few words what is done now. */
  readonly log?: (message: string) => void;
}

/**
 * Copies a running installation: its database as of one moment, then every object that it named in that moment. Nothing is removed
 * meanwhile. The manifest comes last. @throws AppError validation_failed where the folder is not empty or the database is not here;
 * overloaded while another backup is taken
 */
export async function takeBackup(options: Options): Promise<Manifest> {
  const { folder, database, log = () => undefined } = options;
  await emptyFolder(folder);
  const rows = new BackupRepository(database);
  let lost = false;
  const lists: InventoryWriter[] = [];
  const list = async (name: string): Promise<InventoryWriter> => {
    const made = await InventoryWriter.create(path.join(folder, name));
    lists.push(made);
    return made;
  };
  const giveBack = await keepRemovalOut(database, () => (lost = true));
  try {
    const startedAt = await rows.now();
    const files = await list(PLACES.fileList);
    const wanted = await list(WANTED);
    let stoppedAt = startedAt;
    log('The database is copied.');
    const postgres = await takeBaseBackup({
      url: options.databaseUrl,
      cluster: path.join(options.dataDir, CLUSTER),
      target: path.join(folder, PLACES.files, CLUSTER),
      note: (item) => files.add([{ ...item, path: `${CLUSTER}/${item.path}` }]),
      around: async (stop) => {
        const name = (page: readonly BackedUpObject[]): Promise<void> =>
          wanted.add(page.map(({ key, sha256, bytes }) => ({ path: key, sha256, bytes })));
        stoppedAt = await rows.now();
        await rows.namedDuring(stop, name);
      },
    });
    await copySecrets(options, files);
    const { files: count } = await wanted.close();
    log(`${count} objects are copied.`);
    const { tally: objects, damaged } = await copyObjects(options, await list(PLACES.objectList));
    await rm(path.join(folder, WANTED));
    if (lost) throw new AppError('dependency_unavailable', 'the database was lost while the objects were copied: begin again');
    for (const tree of [PLACES.files, PLACES.objects]) await syncTree(path.join(folder, tree));
    const manifest: Manifest = {
      format: 1,
      attune: readVersion().version,
      machine,
      postgres,
      startedAt,
      stoppedAt,
      finishedAt: await rows.now(),
      files: await files.close(),
      objects,
      damaged,
    };
    await writeManifest(folder, manifest);
    await rows.noteTaken();
    return manifest;
  } finally {
    for (const made of lists) await made.abandon();
    await giveBack();
  }
}

async function emptyFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  if ((await readdir(folder)).length > 0)
    throw new AppError('validation_failed', `${folder} is not empty; a backup takes a folder of its own`);
}

/** Those who remove are soon done, and those who come then are refused. */
async function keepRemovalOut(database: Database, onLost: () => void): Promise<() => Promise<void>> {
  for (const deadline = performance.now() + GATE_MS; ; await pause(50)) {
    const giveBack = await database.hold(REMOVAL_LOCK, onLost);
    if (giveBack !== undefined) return giveBack;
    if (performance.now() > deadline) throw new AppError('overloaded', 'another backup is being taken; begin again when it is done');
  }
}

async function copySecrets({ folder, dataDir }: Options, files: InventoryWriter): Promise<void> {
  for (const name of SECRETS) {
    const copied = await copyFile(path.join(dataDir, name), path.join(folder, PLACES.files, name));
    if (copied) await files.add([{ path: name, ...copied }]);
  }
}

/** Every wanted object as its row says it is; one that is not so is left out and counted. */
async function copyObjects({ folder, blobs }: Options, list: InventoryWriter): Promise<{ tally: Manifest['objects']; damaged: number }> {
  await mkdir(path.join(folder, PLACES.objects), { recursive: true, mode: 0o700 });
  let damaged = 0;
  await atOnce(
    readInventory(path.join(folder, WANTED)),
    AT_ONCE,
    async (item) => {
      if (await copyObject(blobs, item.path, item, path.join(folder, PLACES.objects, item.path))) await list.add([item]);
      else damaged++;
    },
    () => undefined,
  );
  return { tally: await list.close(), damaged };
}

async function copyObject(blobs: Options['blobs'], key: string, expected: StoredBlob, target: string): Promise<boolean> {
  for (let reading = 1; ; reading++) {
    try {
      const { sha256, bytes } = await copyStream(() => blobs.open(key), target);
      if (sha256 === expected.sha256 && bytes === expected.bytes) return true;
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
    await rm(target, { force: true });
    if (reading === READINGS) return false;
  }
}

/** The object is not there. A store that does not answer is another thing: then there is no backup. */
function isMissing(error: unknown): boolean {
  return error instanceof AppError ? error.code === 'artifact_corrupt' : (error as NodeJS.ErrnoException).code === 'ENOENT';
}
