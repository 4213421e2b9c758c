import { existsSync, readdirSync, readFileSync, readlinkSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { AppError } from '@attune/core';

/** What a server says of itself in `postmaster.pid` (PostgreSQL, miscadmin.h, "data-directory lock file"). */
export interface Postmaster {
  readonly pid: number;
  readonly port: number;
  readonly ready: boolean;
}

const LOCK = 'postmaster.pid';
const POLL_MS = 10;
const LINUX = existsSync('/proc/self/stat');

/** The server that the data directory names, whether it is alive or not. */
export function readPostmaster(dataDir: string): Postmaster | undefined {
  let lines;
  try {
    lines = readFileSync(join(dataDir, LOCK), 'utf8').split('\n');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  return { pid: Number(lines[0]), port: Number(lines[3]), ready: lines[7]?.trim() === 'ready' };
}

/**
 * The live server of the data directory, if there is one. A lock file whose server is dead, a zombie that nobody reaps
 * (containers without an init), or whose pid belongs to another program by now, is removed as soon as the last backend has
 * gone: Postgres would refuse to start while `kill(pid, 0)` succeeds.
 */
export async function livePostmaster(dataDir: string): Promise<Postmaster | undefined> {
  const named = readPostmaster(dataDir);
  if (!named || isServing(named.pid, dataDir)) return named;
  if (!LINUX) return undefined; // Postgres can judge by itself that the process is gone
  await waitFor(() => !anybodyIn(dataDir), 10_000, 'Processes of a dead PostgreSQL server do not leave the data directory');
  rmSync(join(dataDir, LOCK), { force: true });
  return undefined;
}

/** Every process of a server works in its data directory, and a zombie works nowhere. Elsewhere than on Linux: whether the process exists. */
export function isServing(pid: number, dataDir: string): boolean {
  if (LINUX) return workingFolder(pid) === realpathSync(dataDir);
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** True while the process that started the server lives: a server whose parent died gets a new one. */
export function isChildOf(pid: number, parent: number): boolean {
  if (!LINUX) return false;
  try {
    return (
      Number(
        readFileSync(`/proc/${pid}/stat`, 'utf8')
          .replace(/^.*\) \S /s, '')
          .split(' ')[0],
      ) === parent
    );
  } catch {
    return false;
  }
}

/** Fast shutdown: sessions are ended, transactions rolled back, the cluster is left clean. Resolves when the server is gone. */
export async function stopPostmaster(pid: number, dataDir: string): Promise<void> {
  if (!isServing(pid, dataDir)) return;
  process.kill(pid, 'SIGINT');
  await waitFor(() => !isServing(pid, dataDir), 60_000, `The embedded PostgreSQL (process ${pid}) does not stop`);
}

/** Looks until the fact is true; throws `dependency_unavailable` with the complaint when it takes too long. */
export async function waitFor(fact: () => boolean, timeoutMs: number, complaint: string): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!fact()) {
    if (performance.now() > deadline) throw new AppError('dependency_unavailable', `${complaint}; waited ${timeoutMs / 1000} s.`);
    await pause(POLL_MS);
  }
}

function anybodyIn(dataDir: string): boolean {
  const folder = realpathSync(dataDir);
  return readdirSync('/proc').some((name) => /^\d+$/.test(name) && workingFolder(Number(name)) === folder);
}

function workingFolder(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return undefined; // gone, a zombie, or not ours to look at
  }
}
