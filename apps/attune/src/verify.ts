import { existsSync } from 'node:fs';
import path from 'node:path';
import { AppError } from '@attune/core';
import {
  type Config,
  Database,
  findEmbeddedPostgres,
  openBlobs,
  readConfig,
  startEmbeddedPostgres,
  takeDataDirectory,
  type Verification,
  VerificationRepository,
  verify,
} from '@attune/platform';

/** Proves the rows and objects of the installation that the environment names, whether it is running or not. */
export async function runVerify(all: boolean): Promise<Verification> {
  const config = readConfig();
  const { url, giveBack } = await databaseOf(config);
  try {
    const database = await Database.open(url, 2);
    try {
      return await verify(new VerificationRepository(database), await openBlobs(config.blobs), { all });
    } finally {
      await database.close();
    }
  } finally {
    await giveBack();
  }
}

/** The database that is named, the embedded one that is running, or the embedded one started for the while. */
async function databaseOf({ databaseUrl, dataDir }: Config): Promise<{ url: string; giveBack: () => Promise<void> }> {
  if (databaseUrl !== undefined) return { url: databaseUrl, giveBack: () => Promise.resolve() };
  const folder = path.join(dataDir, 'postgres');
  if (!existsSync(folder))
    throw new AppError('validation_failed', `there is no database in ${dataDir}; set ATTUNE_DATA_DIR or ATTUNE_DATABASE_URL`);
  const running = await findEmbeddedPostgres(folder);
  if (running !== undefined) return { url: running, giveBack: () => Promise.resolve() };
  const giveBackDirectory = await takeDataDirectory(dataDir);
  try {
    const embedded = await startEmbeddedPostgres({ dataDir: folder });
    return {
      url: embedded.url,
      giveBack: async () => {
        await embedded.stop();
        await giveBackDirectory();
      },
    };
  } catch (error) {
    await giveBackDirectory();
    throw error;
  }
}
