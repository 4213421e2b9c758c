import { constants } from 'node:fs';
import { access, stat, statfs } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { ApiProblem, Unreachable } from '@attune/api';
import type { Checkup } from '@attune/platform';
import type { Session } from './session.js';

const GiB = 1024 ** 3;
/** Below this a job of ordinary size runs out of space. */
const SPACE_NEEDED = GiB / 2;
const SPACE_ADVISED = 5 * GiB;
const OLDEST_NODE = [20, 19] as const;

export function checkNode(version: string): Checkup {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const fits = major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1]);
  const what = 'Node';
  if (fits) return { what, state: 'ok', found: version };
  return { what, state: 'fail', found: version, remedy: `Install Node ${OLDEST_NODE.join('.')} or later.` };
}

export async function checkDataDirectory(dataDir: string): Promise<Checkup> {
  const what = 'data directory';
  const nearest = await nearestExisting(dataDir);
  try {
    await access(nearest, constants.W_OK | constants.X_OK);
    if ((await stat(nearest)).isDirectory()) {
      return { what, state: 'ok', found: nearest === dataDir ? `${dataDir} is writable` : `${dataDir} will be made by attune up` };
    }
  } catch {
    // Falls through to the same advice: whatever keeps us from writing there, another place helps.
  }
  return {
    what,
    state: 'fail',
    found: `${dataDir} cannot be written`,
    remedy: 'Set ATTUNE_DATA_DIR to a directory that this user may write.',
  };
}

export async function checkSpace(dataDir: string): Promise<Checkup> {
  const what = 'disk space';
  const { bavail, bsize } = await statfs(await nearestExisting(dataDir));
  const free = bavail * bsize;
  const found = `${(free / GiB).toFixed(1)} GiB free`;
  if (free >= SPACE_ADVISED) return { what, state: 'ok', found };
  const remedy = 'Free some space, or set ATTUNE_DATA_DIR to a larger disk: a job needs about three times its file.';
  return { what, state: free < SPACE_NEEDED ? 'fail' : 'warn', found, remedy };
}

/** Asks the server how it is; where nobody answers, whether it could start on its port. */
export async function checkServer({ client, url }: Session, signal: AbortSignal): Promise<{ answers: boolean; checkups: Checkup[] }> {
  try {
    const ready = await client.ready({ signal });
    const health = await client.health({ signal });
    const impaired = Object.entries(health.checks).filter(([, check]) => check?.healthy === false);
    const checkups: Checkup[] = [
      ready.status === 'ready'
        ? { what: 'server', state: 'ok', found: `version ${health.version} is ready at ${url}` }
        : {
            what: 'server',
            state: 'fail',
            found: `${url} is not ready`,
            remedy: 'Wait until it has started; if it stays so, look at its log.',
          },
      ...impaired.map(([name, check]): Checkup => {
        const found = `is not healthy (${check?.code ?? 'no code'}${check?.since == null ? '' : `, since ${check.since}`})`;
        return {
          what: name,
          state: ready.status === 'ready' ? 'warn' : 'fail',
          found,
          remedy: `Look at ${name} and at the log of Attune.`,
        };
      }),
    ];
    return { answers: true, checkups };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof Unreachable) return { answers: false, checkups: [await checkPort(url)] };
    const found = `${url} does not answer as Attune does${error instanceof ApiProblem ? ` (HTTP ${error.status})` : ''}`;
    return {
      answers: false,
      checkups: [{ what: 'server', state: 'fail', found, remedy: 'Another server has the port: set ATTUNE_HTTP_PORT or ATTUNE_URL.' }],
    };
  }
}

/** Nobody speaks HTTP there. On this machine the port may still be taken by something else. */
async function checkPort(url: string): Promise<Checkup> {
  const { hostname, port, protocol } = new URL(url);
  const number = port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port);
  const silent = `Attune is not answering at ${url}`;
  const here = hostname === 'localhost' || hostname === '127.0.0.1' || hostname === '[::1]';
  if (here && !(await isFree(number, hostname === '[::1]' ? '::1' : '127.0.0.1'))) {
    return {
      what: 'server',
      state: 'fail',
      found: `${silent}, and port ${number} cannot be taken`,
      remedy: 'Set ATTUNE_HTTP_PORT to a free port.',
    };
  }
  return { what: 'server', state: 'fail', found: here ? `${silent}; port ${number} is free` : silent, remedy: 'Start it with npm start.' };
}

function isFree(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen({ port, host, exclusive: true }, () => probe.close(() => resolve(true)));
  });
}

export async function checkKey({ client, apiKey, settings }: Session, serverAnswers: boolean, signal: AbortSignal): Promise<Checkup> {
  const what = 'API key';
  const file = join(settings.dataDir, 'api-key');
  if (apiKey === undefined) {
    const remedy = serverAnswers ? `Set ATTUNE_API_KEY, or ATTUNE_DATA_DIR to the directory of the server.` : 'attune up makes one.';
    return { what, state: serverAnswers ? 'fail' : 'warn', found: `there is none in ${file}`, remedy };
  }
  if (serverAnswers) {
    try {
      await client.list({ limit: 1 }, { signal });
    } catch (error) {
      if (error instanceof ApiProblem && (error.status === 401 || error.status === 403)) {
        return {
          what,
          state: 'fail',
          found: `the server refuses it (${error.code})`,
          remedy: 'Use the key of this server: ATTUNE_API_KEY, or ATTUNE_DATA_DIR.',
        };
      }
      throw error;
    }
  }
  // On Windows modes mean nothing.
  const mode = settings.apiKey === undefined && process.platform !== 'win32' ? (await stat(file)).mode & 0o077 : 0;
  if (mode !== 0) return { what, state: 'warn', found: 'others on this machine can read it', remedy: `chmod 600 ${file}` };
  return { what, state: 'ok', found: serverAnswers ? 'the server takes it' : 'it is there' };
}

async function nearestExisting(path: string): Promise<string> {
  for (let candidate = path; ; candidate = dirname(candidate)) {
    const found = await stat(candidate).then(
      () => true,
      () => false,
    );
    if (found || candidate === dirname(candidate)) return candidate;
  }
}
