// Starts real servers for the tests, prints their addresses as one line of JSON (environment variables of the tests), and stops them
// when standard input closes. A plain script over the compiled platform: `npm run build` comes first.
import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { redisProgram } from '../../tools/redis.mjs';

const PLATFORM = join(import.meta.dirname, '../platform/dist');
const TEMPLATE = 'attune_template';
const closed = new Promise((fulfil) => process.stdin.once('close', fulfil).resume());
const folder = mkdtempSync(join(tmpdir(), 'attune-servers-'));
chmodSync(folder, 0o755); // as root Postgres may have to run as somebody else, who must come in
const stops = [];
let failure;
try {
  const postgres = await startPostgres();
  const redis = process.env.TEST_REDIS_URL || (await startRedis());
  process.stdout.write(`${JSON.stringify({ TEST_POSTGRES_URL: postgres, ...(redis ? { TEST_REDIS_URL: redis } : {}) })}\n`);
  await closed;
} catch (error) {
  failure = error;
}
await Promise.allSettled(stops.map((stop) => stop()));
rmSync(folder, { recursive: true, force: true });
if (failure) console.error(failure);
process.exit(failure ? 1 : 0);

async function startPostgres() {
  const { startEmbeddedPostgres } = await compiled('database/embedded/embedded-postgres.js');
  const server = await startEmbeddedPostgres({ dataDir: join(folder, 'postgres'), durable: false });
  stops.push(server.stop);
  await makeTemplate(server.url);
  return server.url;
}

/** Migrated once; every test clones it in milliseconds. */
async function makeTemplate(url) {
  const { default: pg } = await import('pg');
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(`CREATE DATABASE ${TEMPLATE}`);
  await client.end();
  const { migrate } = await compiled('index.js');
  const template = new URL(url);
  template.pathname = TEMPLATE;
  await migrate?.(template.href);
}

/** Undefined when this machine has no Redis. */
async function startRedis() {
  const program = redisProgram();
  if (!program) return undefined;
  const port = await freePort();
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder];
  const child = spawn(program, args, { stdio: 'ignore' });
  let ended = false;
  const end = new Promise((fulfil) => child.once('error', fulfil).once('exit', fulfil)).then(() => (ended = true));
  stops.push(() => (child.kill('SIGTERM'), end));
  for (let tries = 0; !(await listens(port)); tries++) {
    if (ended || tries > 500) throw new Error(`${program} does not answer on port ${port}.`);
    await pause(10);
  }
  return `redis://127.0.0.1:${port}`;
}

async function compiled(file) {
  const path = join(PLATFORM, file);
  if (!existsSync(path)) throw new Error(`${path} is missing: the platform has to be built before its tests can start (npm run build).`);
  return import(pathToFileURL(path).href);
}

function listens(port) {
  return new Promise((fulfil) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
    const answer = (answered) => (socket.destroy(), fulfil(answered));
    socket.once('data', (data) => answer(data.toString().startsWith('+PONG'))).once('error', () => answer(false));
  });
}

function freePort() {
  return new Promise((fulfil, reject) => {
    const probe = createServer().once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => fulfil(port));
    });
  });
}
