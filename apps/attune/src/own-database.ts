import { existsSync } from 'node:fs';
import path from 'node:path';
import { AppError } from '@attune/core';
import { type Config, findEmbeddedPostgres, startEmbeddedPostgres, takeDataDirectory } from '@attune/platform';

/** The database that is named, the embedded one that is running, or the embedded one started for the while. */
export async function databaseOf({ databaseUrl, dataDir }: Config): Promise<{ url: string; giveBack: () => Promise<void> }> {
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
