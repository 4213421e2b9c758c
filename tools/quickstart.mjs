// npm run quickstart: from a fresh checkout to clean data, a summary, and nothing left running.
import { closeSync, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { join, relative } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { ensureInstalled, ROOT } from './install.mjs';
import { ATTUNE, build, interrupted, PRODUCT, startNode } from './processes.mjs';
import { summaryOf } from './quickstart-summary.mjs';

const SAMPLE = 'samples/members.csv';
const DATA = join(ROOT, '.attune');
const OUT = join(DATA, 'quickstart');
const LOG = join(DATA, 'quickstart.log');
const READY_TIMEOUT_MS = 60_000;

const started = performance.now();
let failure;
try {
  await quickstart();
} catch (error) {
  failure = error;
}
if (failure && !interrupted()) console.error(`\nThe quickstart has failed: ${failure.message}`);
process.exit(interrupted() ? 130 : failure ? 1 : 0);

async function quickstart() {
  ensureInstalled();
  step('Compiling');
  if ((await build(PRODUCT)) !== 0) throw new Error('the compiler stands above with its reasons.');
  goOn();
  mkdirSync(DATA, { recursive: true });
  const env = environment(await choosePort());
  step(`Starting Attune on ${env.ATTUNE_URL}`);
  const log = openSync(LOG, 'w');
  // A process group of its own: Ctrl-C reaches us alone, and we stop Attune in order.
  const server = startNode([ATTUNE, 'up'], { env, stdio: ['ignore', log, log], detached: true });
  closeSync(log);
  try {
    await ready(env.ATTUNE_URL, server);
    goOn();
    step(`Submitting ${SAMPLE}`);
    const job = await submit(env);
    console.log(summaryOf({ job, ...left(), files: OUT, root: ROOT, seconds: (performance.now() - started) / 1000 }));
  } finally {
    server.child.kill('SIGTERM');
    await Promise.race([server.gone, pause(20_000, undefined, { ref: false })]);
    if (server.child.exitCode === null) server.child.kill('SIGKILL');
  }
}

/** Settings of the caller would lead us elsewhere than to the embedded default; a quickstart is the same everywhere. */
function environment(port) {
  const foreign = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('ATTUNE_')));
  return { ...foreign, ATTUNE_DATA_DIR: DATA, ATTUNE_HTTP_PORT: String(port), ATTUNE_URL: `http://127.0.0.1:${port}` };
}

/** 8080 as everywhere in the documentation, or a free port when something else listens there. */
async function choosePort() {
  return (await portIfFree(8080)) ?? (await portIfFree(0));
}

function portIfFree(port) {
  return new Promise((fulfil) => {
    const probe = createServer().once('error', () => fulfil(undefined));
    probe.listen(port, '127.0.0.1', () => {
      const { port: found } = probe.address();
      probe.close(() => fulfil(found));
    });
  });
}

async function ready(url, server) {
  let code;
  server.gone.then((exit) => (code = exit));
  for (const deadline = performance.now() + READY_TIMEOUT_MS; ; await pause(50)) {
    goOn();
    if (code !== undefined) throw new Error(`Attune ended with code ${code}.\n${lastLines(LOG)}`);
    if (performance.now() > deadline) throw new Error(`Attune was not ready in ${READY_TIMEOUT_MS / 1000} s.\n${lastLines(LOG)}`);
    if (
      await fetch(`${url}/health/ready`).then(
        (answer) => answer.ok,
        () => false,
      )
    )
      return;
  }
}

/** The job as the command line tells it with --json; progress goes to the terminal. */
async function submit(env) {
  rmSync(OUT, { recursive: true, force: true });
  const args = [ATTUNE, 'submit', SAMPLE, '--wait', '--out', OUT, '--json'];
  const { child, gone } = startNode(args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  let told = '';
  child.stdout.setEncoding('utf8').on('data', (text) => (told += text));
  const code = await gone;
  goOn();
  if (code !== 0) throw new Error(`attune submit ended with code ${code}.\n${told}\n${lastLines(LOG)}`);
  return JSON.parse(told);
}

/** What the job left in the folder. */
function left() {
  const json = (name) => JSON.parse(readFileSync(join(OUT, name), 'utf8'));
  return { quality: json('quality.json'), manifest: json('manifest.json') };
}

function step(text) {
  console.log(`${((performance.now() - started) / 1000).toFixed(1).padStart(6)} s  ${text} ...`);
}

function goOn() {
  if (interrupted()) throw new Error('it was interrupted.');
}

function lastLines(file) {
  return `The last lines of ${relative(ROOT, file)}:\n${readFileSync(file, 'utf8').trimEnd().split('\n').slice(-15).join('\n')}`;
}
