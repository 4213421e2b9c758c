import { readFileSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { AppError } from '@attune/core';
import { clearScratch } from '../stages/scratch-folders.js';

/** Names who has the directory. */
export const DATA_LOCK = 'attune.pid';

/**
 * Takes a data directory for this process alone and clears away what a crash has left of its attempts and nobody can go on with.
 * The lock names the process and when it started, so that a process id used again counts for nothing.
 * Answers how to give the directory back. @throws AppError dependency_unavailable when a living Attune has it.
 */
export async function takeDataDirectory(dataDir: string): Promise<() => Promise<void>> {
  await mkdir(dataDir, { recursive: true });
  const lock = path.join(dataDir, DATA_LOCK);
  const [owner = '', started = ''] = (await readFile(lock, 'utf8').catch(() => '')).trim().split(' ');
  if (Number(owner) !== process.pid && lives(Number(owner), started)) {
    throw new AppError(
      'dependency_unavailable',
      `another Attune (process ${owner}) uses the data directory; stop it, or set ATTUNE_DATA_DIR`,
    );
  }
  await writeFile(lock, `${process.pid} ${startOf(process.pid)}\n`);
  await clearScratch(path.join(dataDir, 'scratch'));
  return () => rm(lock, { force: true });
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
