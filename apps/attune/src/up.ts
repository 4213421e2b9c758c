import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import {
  type Config,
  createLogger,
  FileBlobs,
  keptSecret,
  migrate,
  newApiKey,
  openServices,
  readConfig,
  startEmbeddedPostgres,
  stopOnSignal,
  takeDataDirectory,
} from '@attune/platform';
import { services } from '@attune/services';
import { keepKey } from './keys.js';

const LOCAL_TENANT = 'local';

/** The whole platform in one process: database, migrations, the local tenant's key, then all services. */
export async function runUp(): Promise<void> {
  const config = readConfig();
  const log = createLogger(config.logLevel, 'attune');
  const giveBack = await takeDataDirectory(config.dataDir);
  const embedded =
    config.databaseUrl === undefined ? await startEmbeddedPostgres({ dataDir: path.join(config.dataDir, 'postgres') }) : undefined;
  const databaseUrl = config.databaseUrl ?? embedded!.url;
  const close = async (): Promise<void> => {
    await embedded?.stop();
    await rm(path.join(config.dataDir, 'url'), { force: true });
    await giveBack();
  };
  try {
    // Uploads that a crash cut off: nobody else writes into the directory. A bucket is left to the reconciler.
    if (config.blobs.kind === 'files') await new FileBlobs(config.blobs.directory).sweep(0);
    await prepareDatabase(config, databaseUrl);
    // Whoever has the key of the local tenant has the data directory too.
    const operators = config.operators ?? [LOCAL_TENANT];
    const running = await openServices(services, { ...config, operators }, databaseUrl, log);
    await writeFile(path.join(config.dataDir, 'url'), running.url);
    log.info(
      {
        url: running.url,
        data_dir: config.dataDir,
        database: embedded ? (embedded.reused ? 'embedded, found running' : 'embedded') : 'external',
      },
      'ready',
    );
    process.stderr.write(
      `Attune is ready at ${running.url}\nThe API key of the local tenant is in ${path.join(config.dataDir, 'api-key')}\n`,
    );
    stopOnSignal(log, async () => {
      await running.close();
      await close();
    });
  } catch (error) {
    await close();
    throw error;
  }
}

/** Migrations first, then the local tenant with its key: made once, kept in the data directory, known to the database by its hash. */
async function prepareDatabase(config: Config, databaseUrl: string): Promise<void> {
  await migrate(databaseUrl, config.queueUrl);
  const pepper = config.keyPepper ?? (await keptSecret(path.join(config.dataDir, 'pepper')));
  const key = await keptSecret(path.join(config.dataDir, 'api-key'), newApiKey);
  await keepKey(databaseUrl, pepper, LOCAL_TENANT, key);
}
