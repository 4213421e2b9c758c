import path from 'node:path';
import { migrate, readConfig, startEmbeddedPostgres, useFailpoints } from '@attune/platform';

/** Brings the database that the environment names, or the embedded one, to the current schema. */
export async function runMigrate(): Promise<void> {
  const config = readConfig();
  useFailpoints(config.failpointsDir);
  const embedded =
    config.databaseUrl === undefined ? await startEmbeddedPostgres({ dataDir: path.join(config.dataDir, 'postgres') }) : undefined;
  const databaseUrl = config.databaseUrl ?? embedded!.url;
  try {
    await migrate(databaseUrl, config.queueUrl);
  } finally {
    if (embedded && !embedded.reused) await embedded.stop();
  }
}
