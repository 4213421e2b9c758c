import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { AppError } from '@attune/core';
import {
  type Config,
  createLogger,
  Database,
  hashApiKey,
  keptSecret,
  keyStart,
  migrate,
  newApiKey,
  openServices,
  readConfig,
  startEmbeddedPostgres,
  stopOnSignal,
  sweep,
  TenantsRepository,
} from '@attune/platform';
import { services } from '@attune/services';

const LOCAL_TENANT = 'local';

/** The whole platform in one process: database, migrations, the local tenant's key, then all services. */
export async function runUp(): Promise<void> {
  const config = readConfig();
  const log = createLogger(config.logLevel, 'attune');
  await mkdir(config.dataDir, { recursive: true });
  const lock = await takeDirectory(config.dataDir);
  const embedded =
    config.databaseUrl === undefined ? await startEmbeddedPostgres({ dataDir: path.join(config.dataDir, 'postgres') }) : undefined;
  const databaseUrl = config.databaseUrl ?? embedded!.url;
  const close = async (): Promise<void> => {
    await embedded?.stop();
    await rm(path.join(config.dataDir, 'url'), { force: true });
    await rm(lock, { force: true });
  };
  try {
    await sweep(config);
    await prepareDatabase(config, databaseUrl);
    const running = await openServices(services, config, databaseUrl, log);
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
  const database = await Database.open(databaseUrl, 2);
  try {
    const tenants = new TenantsRepository(database);
    await tenants.addKey(await tenants.ensureTenant(LOCAL_TENANT), keyStart(key), hashApiKey(key, pepper));
  } finally {
    await database.close();
  }
}

/** One all-in-one per data directory. A lock whose process is gone counts for nothing. */
async function takeDirectory(dataDir: string): Promise<string> {
  const lock = path.join(dataDir, 'attune.pid');
  const owner = Number(await readFile(lock, 'utf8').catch(() => ''));
  if (owner > 0 && owner !== process.pid && (await isAttune(owner))) {
    throw new AppError(
      'dependency_unavailable',
      `another Attune (process ${owner}) uses the data directory; stop it, or set ATTUNE_DATA_DIR`,
    );
  }
  await writeFile(lock, String(process.pid));
  return lock;
}

/** Process ids are used again: where the system tells what a process executes, only an Attune counts. */
async function isAttune(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => 'attune\0up');
  return /attune[^\0]*\0up(\0|$)/.test(command);
}
