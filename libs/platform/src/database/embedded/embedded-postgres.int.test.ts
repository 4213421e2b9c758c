import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import pg from 'pg';
import { startEmbeddedPostgres } from './embedded-postgres.js';
import type { EmbeddedPostgres } from './embedded-postgres.js';
import { isServing, stopPostmaster } from './postmaster.js';

const COMPILED = pathToFileURL(join(import.meta.dirname, '../../../dist/database/embedded/embedded-postgres.js')).href;
const PARENT = `
  const { startEmbeddedPostgres } = await import(${JSON.stringify(COMPILED)});
  const { url, pid } = await startEmbeddedPostgres({ dataDir: process.argv[1] });
  console.log(JSON.stringify({ url, pid }));
  setInterval(() => undefined, 1000);
`;

let home: string;
let dataDir: string;
let running: EmbeddedPostgres[];
let parents: ChildProcess[];

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'attune-embedded-'));
  dataDir = join(home, 'postgres');
  running = [];
  parents = [];
});

afterEach(async () => {
  for (const parent of parents) parent.kill('SIGKILL');
  for (const server of running) await server.stop();
  rmSync(home, { recursive: true });
});

async function start(port?: number): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ dataDir, ...(port === undefined ? {} : { port }) });
  running.push(server);
  return server;
}

/** A process of its own that has started the server and lives until it is killed. */
async function startInAnotherProcess(): Promise<{ parent: ChildProcess; url: string; pid: number }> {
  const parent = spawn(process.execPath, ['--input-type=module', '--eval', PARENT, dataDir], { stdio: ['ignore', 'pipe', 'inherit'] });
  parents.push(parent);
  const [line] = (await once(parent.stdout, 'data')) as [Buffer];
  const server = JSON.parse(line.toString()) as { url: string; pid: number };
  running.push({ ...server, reused: false, stop: () => stopPostmaster(server.pid, dataDir) });
  return { parent, ...server };
}

async function killHard(parent: ChildProcess): Promise<void> {
  parent.kill('SIGKILL');
  await once(parent, 'exit');
}

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

test('a first start serves the database over TCP with a password that only its owner can read', async () => {
  const { url, reused } = await start();
  expect(reused).toBe(false);
  expect(await query(url, 'SELECT current_database() AS name')).toEqual([{ name: 'attune' }]);
  expect(statSync(`${dataDir}-password`).mode & 0o777).toBe(0o600);
  const guess = new URL(url);
  guess.password = 'guess';
  await expect(query(guess.href, 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
});

test('a restart keeps the data and the password', async () => {
  const first = await start();
  await query(first.url, 'CREATE TABLE kept AS SELECT 42 AS n');
  await first.stop();
  expect(isServing(first.pid, dataDir)).toBe(false);
  const second = await start();
  expect(second.reused).toBe(false);
  expect(new URL(second.url).password).toBe(new URL(first.url).password);
  expect(await query(second.url, 'SELECT n FROM kept')).toEqual([{ n: 42 }]);
});

test('a server whose parent was killed is taken over, and stopped by who took it over', async () => {
  const orphan = await startInAnotherProcess();
  await killHard(orphan.parent);
  const server = await start();
  expect(server).toMatchObject({ reused: true, pid: orphan.pid, url: orphan.url });
  await server.stop();
  await server.stop();
  expect(isServing(orphan.pid, dataDir)).toBe(false);
});

test('an orphan on another port than the one asked for is replaced', async () => {
  const orphan = await startInAnotherProcess();
  await killHard(orphan.parent);
  const port = await freePort();
  const server = await start(port);
  expect(server.reused).toBe(false);
  expect(Number(new URL(server.url).port)).toBe(port);
});

test('a start after parent and server were both killed recovers the data', async () => {
  const killed = await startInAnotherProcess();
  await query(killed.url, 'CREATE TABLE kept AS SELECT 42 AS n');
  process.kill(killed.pid, 'SIGKILL');
  await killHard(killed.parent);
  const server = await start();
  expect(server.reused).toBe(false);
  expect(await query(server.url, 'SELECT n FROM kept')).toEqual([{ n: 42 }]);
});

test('a lock file that names a process of another program does not keep the server from starting', async () => {
  const killed = await startInAnotherProcess();
  const lock = readFileSync(join(dataDir, 'postmaster.pid'), 'utf8');
  process.kill(killed.pid, 'SIGKILL');
  await killHard(killed.parent);
  const stranger = spawn(process.execPath, ['--eval', 'setInterval(() => undefined, 1000)']);
  parents.push(stranger);
  writeFileSync(join(dataDir, 'postmaster.pid'), lock.replace(/^\d+/, String(stranger.pid)));
  expect((await start()).reused).toBe(false);
});

test('the server of a living process is not taken away from it', async () => {
  const { parent, url } = await startInAnotherProcess();
  await expect(start()).rejects.toMatchObject({
    code: 'dependency_unavailable',
    detail: expect.stringContaining(`process ${parent.pid}`) as string,
  });
  expect(await query(url, 'SELECT 1 AS n')).toEqual([{ n: 1 }]);
});

test('a port that is taken is named in the complaint, and nothing is left running', async () => {
  const other = createServer().listen(0, '127.0.0.1').unref();
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  await expect(start(port)).rejects.toMatchObject({
    code: 'dependency_unavailable',
    detail: expect.stringContaining(`Port ${port}`) as string,
  });
  other.close();
  expect((await start(port)).url).toContain(`:${port}/`);
});

const asRoot = process.getuid?.() === 0 ? test : test.skip;

asRoot("an account without rights is let through root's private folders, and they stay closed", async () => {
  mkdirSync(dataDir);
  chownSync(dataDir, 65534, 65534);
  const { url } = await start();
  expect(await query(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  expect([statSync(home).mode & 0o777, statSync(home).uid, statSync(dataDir).uid]).toEqual([0o700, 0, 65534]);
});

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}
