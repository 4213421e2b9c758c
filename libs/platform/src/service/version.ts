import { readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

export interface Version {
  readonly api: string;
  readonly version: string;
  readonly commit: string | null;
  readonly built_at: string;
}

/** The folder of this library, from wherever the code was bundled to. */
const PACKAGE = dirname(createRequire(import.meta.url).resolve('@attune/platform/package.json'));

let read: Version | undefined;

/** What is running: the package's version and the time its code was compiled; the commit where the build noted it. */
export function readVersion(): Version {
  read ??= {
    api: 'v1',
    version: (JSON.parse(readFileSync(join(PACKAGE, 'package.json'), 'utf8')) as { version: string }).version,
    commit: readCommit(),
    built_at: statSync(new URL(import.meta.url)).mtime.toISOString(),
  };
  return read;
}

/** Images have no repository: their build writes the commit beside the package. */
function readCommit(): string | null {
  for (const file of ['COMMIT', '../../.git/refs/heads/main']) {
    try {
      return readFileSync(join(PACKAGE, file), 'utf8').trim();
    } catch {
      continue;
    }
  }
  return null;
}

/** What runs, to the commit: processes of which it is equal do the same with the same bytes. */
export function runningVersion(): string {
  const { version, commit } = readVersion();
  return `${version} ${commit}`;
}
