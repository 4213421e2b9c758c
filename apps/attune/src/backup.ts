import path from 'node:path';
import { AppError } from '@attune/core';
import { Database, type Manifest, openBlobs, readConfig, type Restored, restoreBackup, takeBackup } from '@attune/platform';
import { databaseOf } from './own-database.js';

type Log = (message: string) => void;

/** Copies the installation that the environment names, whether it is running or not. */
export async function runBackup(folder: string, log: Log): Promise<Manifest> {
  const config = readConfig();
  const { url, giveBack } = await databaseOf(config);
  try {
    const database = await Database.open(url, 4);
    try {
      const blobs = await openBlobs(config.blobs);
      return await takeBackup({ folder: path.resolve(folder), dataDir: config.dataDir, databaseUrl: url, database, blobs, log });
    } finally {
      await database.close();
    }
  } finally {
    await giveBack();
  }
}

/** Puts a backup into the empty installation that the environment names. */
export async function runRestore(folder: string, all: boolean, log: Log): Promise<Restored> {
  const { databaseUrl, dataDir, blobs, queueUrl } = readConfig();
  if (databaseUrl !== undefined)
    throw new AppError(
      'validation_failed',
      'a backup holds the files of a database, which go into the data directory: unset ATTUNE_DATABASE_URL',
    );
  return restoreBackup({ folder: path.resolve(folder), dataDir, blobs: await openBlobs(blobs), queueUrl, all, log });
}
