import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { appendFileSync, closeSync, existsSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { AppError } from '@attune/core';
import pg from 'pg';
import { isChildOf, isServing, livePostmaster, readPostmaster, stopPostmaster, waitFor } from './postmaster.js';
import { serverAccount } from './server-account.js';
import type { ServerAccount } from './server-account.js';
import { serverBinaries } from './server-binaries.js';

const HOST = '127.0.0.1';
const NAME = 'attune';
const START_TIMEOUT_MS = 60_000;
const DYING_TIMEOUT_MS = 10_000;

/** Small enough for a laptop, enough connections for every queue and pool of the all-in-one. */
const SETTINGS = [
  `listen_addresses=${HOST}`,
  'unix_socket_directories=',
  'max_connections=200',
  'shared_buffers=64MB',
  'fsync=on',
  // A young database without statistics gets poor plans; a look at its few tables costs next to nothing.
  'autovacuum_naptime=10s',
  'log_timezone=UTC',
  'timezone=UTC',
];

const HASTY = ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off'];

export interface EmbeddedPostgresOptions {
  /** Folder of the cluster; the password, the log and the owner's pid lie beside it. Made when it is missing. */
  readonly dataDir: string;
  /** TCP port on 127.0.0.1; any free one when absent. */
  readonly port?: number;
  /** Told in one sentence what happens; never told the password. */
  readonly log?: (message: string) => void;
  /** False, for tests only: nothing waits for the disk, and a power failure loses the cluster. */
  readonly durable?: boolean;
  /** How long it may take until it serves; a minute when absent. A restored server first does its log of writes again. */
  readonly startTimeoutMs?: number;
}

export interface EmbeddedPostgres {
  /** Address of the database `attune`, with its password. */
  readonly url: string;
  readonly pid: number;
  /** True: the server was left over by a process that died, and was taken over. */
  readonly reused: boolean;
  /** Stops the server, also a reused one; resolves when it is gone. May be called again. */
  stop(): Promise<void>;
}

/** Where everything of one cluster lies. */
interface Cluster {
  readonly dataDir: string;
  readonly password: string;
  readonly logFile: string;
  readonly ownerFile: string;
}

/**
 * Starts a real PostgreSQL server from the binaries of the npm packages, as a user or as root, and makes the database.
 * The cluster is made once and reused; a server that outlived its parent is taken over.
 * Throws `dependency_unavailable` with the way out when the port is taken, the data directory is in use by a living
 * Attune, or the account that runs the server cannot reach its files.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const dataDir = resolve(options.dataDir);
  mkdirSync(dirname(dataDir), { recursive: true });
  const cluster = { dataDir, password: keptPassword(dataDir), logFile: `${dataDir}.log`, ownerFile: `${dataDir}-owner` };
  const found = await takeOver(cluster, options);
  const server = found ?? (await startServer(cluster, options));
  writeFileSync(cluster.ownerFile, `${process.pid}\n`);
  options.log?.(`PostgreSQL ${found ? 'found running' : 'started'} on port ${server.port} (process ${server.pid}).`);
  await createDatabase(cluster, server.port);
  return {
    url: urlOf(cluster, server.port, NAME),
    pid: server.pid,
    reused: found !== undefined,
    stop: () => stopPostmaster(server.pid, dataDir),
  };
}

/** Address of the server that serves the data directory now, without taking it over; undefined where none does. */
export async function findEmbeddedPostgres(dataDir: string): Promise<string | undefined> {
  const folder = resolve(dataDir);
  if (!existsSync(join(folder, 'PG_VERSION'))) return undefined;
  const live = await livePostmaster(folder);
  const cluster = { dataDir: folder, password: keptPassword(folder), logFile: `${folder}.log`, ownerFile: `${folder}-owner` };
  return live?.ready === true ? urlOf(cluster, live.port, NAME) : undefined;
}

/** A server that is alive in the data directory: taken over when it serves us, stopped when it listens elsewhere than asked. */
async function takeOver(cluster: Cluster, { port }: EmbeddedPostgresOptions): Promise<{ pid: number; port: number } | undefined> {
  const { dataDir } = cluster;
  const live = await livePostmaster(dataDir);
  if (!live) return undefined;
  refuseLivingOwner(cluster, live.pid);
  await waitFor(
    () => readPostmaster(dataDir)?.ready === true || !isServing(live.pid, dataDir),
    START_TIMEOUT_MS,
    'The PostgreSQL server found in the data directory is not ready',
  );
  // Killed a moment ago, it may still be on its way out: only an answer tells a server from its remains.
  for (let server = await livePostmaster(dataDir); server && !(await listens(server.port)); server = await livePostmaster(dataDir)) {
    const { pid } = server;
    await waitFor(
      () => !isServing(pid, dataDir),
      DYING_TIMEOUT_MS,
      `The PostgreSQL server found in the data directory (process ${pid}) does not answer`,
    );
  }
  const server = await livePostmaster(dataDir);
  if (!server) return undefined;
  if (port !== undefined && port !== server.port) {
    await stopPostmaster(server.pid, dataDir);
    return undefined;
  }
  return server;
}

function refuseLivingOwner({ ownerFile, dataDir }: Cluster, pid: number): void {
  const owner = existsSync(ownerFile) ? Number(readFileSync(ownerFile, 'utf8')) : 0;
  if (!isChildOf(pid, owner)) return;
  throw new AppError(
    'dependency_unavailable',
    `Another Attune (process ${owner}) is running on ${dirname(dataDir)}: stop it, or set ATTUNE_DATA_DIR to another folder.`,
  );
}

/** Another program may take a free port between our look and the server's: with no port asked for, another one is as good. */
async function startServer(cluster: Cluster, options: EmbeddedPostgresOptions, tries = 3): Promise<{ pid: number; port: number }> {
  mkdirSync(cluster.dataDir, { recursive: true, mode: 0o700 });
  const binaries = serverBinaries();
  const account = serverAccount(cluster.dataDir, Object.values(binaries));
  if (!existsSync(join(cluster.dataDir, 'PG_VERSION'))) {
    options.log?.('Making a PostgreSQL cluster.');
    makeCluster(cluster, binaries.initdb, account, options.durable === false);
  }
  const port = await freePort(options.port);
  const settings = [...SETTINGS, `port=${port}`, ...(options.durable === false ? HASTY : [])].flatMap((setting) => ['-c', setting]);
  const pid = await serve(cluster, account, [binaries.postgres, '-D', cluster.dataDir, ...settings], options.startTimeoutMs);
  if (pid !== undefined) return { pid, port };
  const portWasTaken = readFileSync(cluster.logFile, 'utf8').includes('could not bind');
  if (portWasTaken && options.port === undefined && tries > 1) return startServer(cluster, options, tries - 1);
  throw new AppError('dependency_unavailable', `The embedded PostgreSQL did not start. ${lastWords(cluster.logFile)}`);
}

/** Its pid once it answers; undefined when it has ended, having told its log why. */
async function serve(
  { dataDir, logFile }: Cluster,
  account: ServerAccount,
  [program, ...rest]: [string, ...string[]],
  timeoutMs = START_TIMEOUT_MS,
): Promise<number | undefined> {
  const [command, args] = account.command(program, rest);
  const log = openSync(logFile, 'w', 0o600);
  // A process group of its own: Ctrl-C reaches the whole group, and the database must outlive those who still use it.
  const child = spawn(command, args, { stdio: ['ignore', log, log], detached: true, ...account.identity });
  closeSync(log);
  child.unref();
  child.once('error', (error) => appendFileSync(logFile, `FATAL: ${error.message}\n`));
  const hasEnded = () => child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
  const isReady = () => {
    const postmaster = readPostmaster(dataDir);
    return postmaster?.pid === child.pid && postmaster?.ready === true;
  };
  await waitFor(() => hasEnded() || isReady(), timeoutMs, 'The embedded PostgreSQL is not ready');
  return hasEnded() ? undefined : child.pid;
}

/** Made aside and moved into place when it is whole: who dies half way leaves no half cluster. */
function makeCluster({ dataDir, password }: Cluster, initdb: string, account: ServerAccount, hasty: boolean): void {
  const draft = `${dataDir}.draft`;
  const passwordCopy = `${dataDir}.draft-password`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { mode: 0o700 });
  writeFileSync(passwordCopy, `${password}\n`, { mode: 0o600 });
  try {
    for (const path of [draft, passwordCopy]) account.own(path);
    const [command, args] = account.command(initdb, [
      `--pgdata=${draft}`,
      `--username=${NAME}`,
      `--pwfile=${passwordCopy}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--no-locale', // no locale of the host is relied upon: the same order of text everywhere
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      ...(hasty ? ['--no-sync'] : []),
    ]);
    const made = spawnSync(command, args, { encoding: 'utf8', ...account.identity });
    if (made.status !== 0) {
      throw new AppError('dependency_unavailable', `The PostgreSQL cluster in ${dataDir} could not be made. ${made.stderr}`.trim(), {
        cause: made.error,
      });
    }
    renameSync(draft, dataDir);
  } finally {
    rmSync(passwordCopy, { force: true });
  }
}

/** Random, made once, readable by us alone. */
function keptPassword(dataDir: string): string {
  const file = `${dataDir}-password`;
  if (!existsSync(file)) {
    if (existsSync(join(dataDir, 'PG_VERSION'))) {
      const advice = `put ${file} back, or move ${dataDir} away to begin with an empty database`;
      throw new AppError('dependency_unavailable', `The password of the embedded PostgreSQL is missing: ${advice}.`);
    }
    writeFileSync(`${file}.draft`, `${randomBytes(24).toString('base64url')}\n`, { mode: 0o600 });
    renameSync(`${file}.draft`, file);
  }
  return readFileSync(file, 'utf8').trim();
}

/** The port asked for when nobody listens on it, or any free one. */
function freePort(wanted: number | undefined): Promise<number> {
  return new Promise((fulfil, reject) => {
    const probe = createServer();
    probe.once('error', (cause: NodeJS.ErrnoException) => {
      const advice = 'stop the program that listens there, or choose another port';
      reject(
        new AppError(
          'dependency_unavailable',
          `Port ${wanted ?? 0} on ${HOST} cannot be had for the embedded PostgreSQL (${cause.code}): ${advice}.`,
          { cause },
        ),
      );
    });
    probe.listen(wanted ?? 0, HOST, () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => fulfil(port));
    });
  });
}

function listens(port: number): Promise<boolean> {
  return new Promise((fulfil) => {
    const socket = connect(port, HOST, () => fulfil(true)).once('error', () => fulfil(false));
    socket.once('connect', () => socket.destroy());
  });
}

async function createDatabase(cluster: Cluster, port: number): Promise<void> {
  const client = new pg.Client({ connectionString: urlOf(cluster, port, 'postgres') });
  try {
    await client.connect();
    const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [NAME]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${NAME}`);
  } catch (cause) {
    throw new AppError(
      'dependency_unavailable',
      `The PostgreSQL server on port ${port} does not serve us; is ${cluster.dataDir}-password of this cluster?`,
      { cause },
    );
  } finally {
    await client.end();
  }
}

function urlOf({ password }: Cluster, port: number, database: string): string {
  return `postgres://${NAME}:${password}@${HOST}:${port}/${database}`;
}

/** The last errors of the server's log: they name files and settings, never data, as no statement was executed yet. */
function lastWords(logFile: string): string {
  const lines = readFileSync(logFile, 'utf8').split('\n');
  return lines
    .filter((line) => /FATAL|ERROR|HINT|DETAIL|rror while/.test(line))
    .slice(-4)
    .join(' ');
}
