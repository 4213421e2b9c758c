import { readFileSync } from 'node:fs';
import { mkdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { AppError } from '@attune/core';
import { clearScratch } from '../stages/scratch-folders.js';

/** Names who has the directory. */
export const DATA_LOCK = 'attune.pid';

const SIGN_OF_LIFE_MS = 3_000;
/** After so long without a sign of life an owner on another host is gone. */
const GONE_MS = 15_000;

/**
 * Takes a data directory for this process alone and clears away what a crash has left of its attempts and nobody can go on with.
 * The lock names the process, when it started, so that a process id used again counts for nothing, and its host: processes of other
 * containers cannot be seen, so that the time of the file is their sign of life, which is waited for as long as `patienceMs`.
 * Answers how to give the directory back. @throws AppError dependency_unavailable when a living Attune has it.
 */
export async function takeDataDirectory(dataDir: string, patienceMs = GONE_MS + SIGN_OF_LIFE_MS): Promise<() => Promise<void>> {
  await mkdir(dataDir, { recursive: true });
  const lock = path.join(dataDir, DATA_LOCK);
  const until = performance.now() + patienceMs;
  for (let owner = await livingOwner(lock); owner !== undefined; owner = await livingOwner(lock)) {
    if (!owner.elsewhere || performance.now() > until) {
      throw new AppError(
        'dependency_unavailable',
        `another Attune (${owner.name}) uses the data directory; stop it, or set ATTUNE_DATA_DIR`,
      );
    }
    await pause(Math.min(SIGN_OF_LIFE_MS, Math.max(1, until - performance.now())));
  }
  await writeFile(lock, `${process.pid} ${startOf(process.pid)} ${hostname()}\n`);
  const living = setInterval(() => void utimes(lock, new Date(), new Date()).catch(() => undefined), SIGN_OF_LIFE_MS);
  living.unref();
  await clearScratch(path.join(dataDir, 'scratch'));
  return () => {
    clearInterval(living);
    return rm(lock, { force: true });
  };
}

async function livingOwner(lock: string): Promise<{ readonly name: string; readonly elsewhere: boolean } | undefined> {
  const [pid = '', started = '', host = hostname()] = (await readFile(lock, 'utf8').catch(() => '')).trim().split(' ');
  if (pid === '') return undefined;
  if (host === hostname())
    return Number(pid) !== process.pid && lives(Number(pid), started) ? { name: `process ${pid}`, elsewhere: false } : undefined;
  const { mtimeMs } = await stat(lock).catch(() => ({ mtimeMs: 0 }));
  return Date.now() - mtimeMs < GONE_MS ? { name: `process ${pid} on ${host}`, elsewhere: true } : undefined;
}

function lives(pid: number, started: string): boolean {
  if (!(pid > 0)) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it lives and belongs to somebody else.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  return started === '' || startOf(pid) === started;
}

/** When a process started, in ticks since the boot (proc(5), field 22 of stat); empty where the system does not tell. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}
