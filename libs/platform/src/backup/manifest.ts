import { readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { AppError } from '@attune/core';
import { z } from 'zod';
import { digest } from '../blobs/file-blobs.js';
import { syncDirectory } from './copy.js';
import { Place, Tally } from './inventory.js';

/** Where things lie in the folder of a backup. */
export const PLACES = {
  manifest: 'manifest.json',
  /** The cluster of Postgres and the secrets beside it. */
  files: 'files',
  fileList: 'files.ndjson',
  objects: 'objects',
  objectList: 'objects.ndjson',
} as const;

/** Name of the cluster in a data directory and in a backup. */
export const CLUSTER = 'postgres';

/** What a backup says of itself; it is written last, so a folder without it is no backup. Times as RFC 3339, by the clock of the database. */
const Manifest = z.strictObject({
  format: z.literal(1),
  attune: z.string(),
  /** `process.platform` and `process.arch`: the files of a cluster fit no other. */
  machine: z.string(),
  postgres: z.strictObject({
    major: z.number().int(),
    version: z.string(),
    system: z.string(),
    startLsn: z.string(),
    stopLsn: z.string(),
    /** All directories of the cluster: some have to be there and are empty. */
    directories: z.array(Place),
  }),
  startedAt: z.string(),
  /** Everything that was committed before is in the backup. */
  stoppedAt: z.string(),
  finishedAt: z.string(),
  files: Tally,
  objects: Tally,
  /** Objects that rows name and that were missing or altered before: they are not in the backup. */
  damaged: z.number().int(),
});
export type Manifest = z.infer<typeof Manifest>;

export const machine = `${process.platform}-${process.arch}`;

export async function writeManifest(folder: string, manifest: Manifest): Promise<void> {
  const file = path.join(folder, PLACES.manifest);
  await writeFile(`${file}.draft`, `${JSON.stringify(manifest, null, 2)}\n`, { mode: 0o600, flush: true });
  await rename(`${file}.draft`, file);
  await syncDirectory(folder);
}

/**
 * What the folder holds, its lists proven by their hashes.
 * @throws AppError validation_failed where it is no backup or none that this program can read; artifact_corrupt where a list was altered
 */
export async function readManifest(folder: string): Promise<Manifest> {
  const text = await readFile(path.join(folder, PLACES.manifest), 'utf8').catch(() => undefined);
  if (text === undefined)
    throw new AppError('validation_failed', `${folder} is no backup: it has no ${PLACES.manifest}, which is written last`);
  const manifest = Manifest.safeParse(jsonOf(text));
  if (!manifest.success) throw new AppError('validation_failed', `the ${PLACES.manifest} of ${folder} is none that this version can read`);
  const { files, objects } = manifest.data;
  for (const [list, tally] of [
    [PLACES.fileList, files],
    [PLACES.objectList, objects],
  ] as const) {
    const found = await digest(path.join(folder, list)).catch(() => undefined);
    if (found?.sha256 !== tally.sha256) throw new AppError('artifact_corrupt', `${list} of the backup is missing or was altered`);
  }
  return manifest.data;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
