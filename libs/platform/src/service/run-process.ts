import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { AppError } from '@attune/core';
import { openBlobs } from '../blobs/open-blobs.js';
import { type Config, readConfig } from '../config/config.js';
import { Database } from '../database/database.js';
import { useFailpoints } from '../failpoints/failpoint.js';
import { createLogger, errorName, type Logger } from '../telemetry/logger.js';
import { startTracing } from '../telemetry/tracing.js';
import { takeDataDirectory } from './data-directory.js';
import { preflight, refuseUnfit } from './preflight.js';
import type { Service } from './service.js';
import { type RunningProcess, startServices } from './start-services.js';

const EXIT_MS = 30_000;

/** Starts services against a database that exists and is migrated. @throws AppError validation_failed where the preflight found what cannot work */
export async function openServices(
  services: readonly Service[],
  config: Config,
  databaseUrl: string,
  log: Logger,
): Promise<RunningProcess & { pepper: string }> {
  useFailpoints(config.failpointsDir);
  if (config.failpointsDir !== undefined) log.warn({}, 'failpoints are on: this process is for tests');
  const stopTracing = config.otlpUrl
    ? await startTracing(config.otlpUrl, `attune-${services.map(({ name }) => name).join('+')}`, config.traceRatio)
    : undefined;
  const pepper = config.keyPepper ?? (await keptSecret(path.join(config.dataDir, 'pepper')));
  const database = await Database.open(databaseUrl);
  const queueUrl = config.queueUrl ?? databaseUrl;
  refuseUnfit(await preflight(database, queueUrl), log);
  const running = await startServices(services, {
    config,
    queueUrl,
    pepper,
    database,
    blobs: await openBlobs(config.blobs),
    log,
  });
  return {
    ...running,
    pepper,
    close: async () => {
      await running.close();
      await stopTracing?.();
    },
  };
}

/** A deployable of its own: the services against the database and queue that the environment names. */
export async function main(services: readonly Service[]): Promise<void> {
  try {
    const config = readConfig();
    const log = createLogger(config.logLevel, services.map(({ name }) => name).join('+'));
    if (config.databaseUrl === undefined)
      throw new AppError('validation_failed', 'ATTUNE_DATABASE_URL is needed; `attune up` runs everything without it');
    if (config.keyPepper === undefined)
      throw new AppError('validation_failed', 'ATTUNE_KEY_PEPPER is needed: API keys and cursors hold for all processes or for none');
    const giveBack = await takeDataDirectory(config.dataDir);
    const running = await openServices(services, config, config.databaseUrl, log);
    log.info({ url: running.url, grpc_port: running.grpcPort }, 'ready');
    stopOnSignal(log, async () => {
      await running.close();
      await giveBack();
    });
  } catch (error) {
    process.stderr.write(`${error instanceof AppError ? error.detail : errorName(error)}\n`);
    process.exit(1);
  }
}

/** SIGTERM and SIGINT stop the process in order; whoever takes too long is left to the leases. */
export function stopOnSignal(log: Logger, close: () => Promise<void>): void {
  let stopping = false;
  const stop = (signal: string): void => {
    if (stopping) return;
    stopping = true;
    log.info({ signal }, 'stopping');
    setTimeout(() => process.exit(1), EXIT_MS).unref();
    close().then(
      () => process.exit(0),
      (error: unknown) => {
        log.error({ error: errorName(error) }, 'stopping failed');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', () => stop('SIGTERM'));
  process.on('SIGINT', () => stop('SIGINT'));
}

/** A secret of this installation: made once, readable by its owner only. */
export async function keptSecret(file: string, make: () => string = () => randomBytes(32).toString('base64url')): Promise<string> {
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, make(), { mode: 0o600, flag: 'wx' }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  return (await readFile(file, 'utf8')).trim();
}
