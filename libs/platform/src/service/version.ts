import { readFileSync, statSync } from 'node:fs';

export interface Version {
  readonly api: string;
  readonly version: string;
  readonly commit: string | null;
  readonly built_at: string;
}

let read: Version | undefined;

/** What is running: the package's version and the time its code was compiled; the commit where the build noted it. */
export function readVersion(): Version {
  read ??= {
    api: 'v1',
    version: (JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }).version,
    commit: readCommit(),
    built_at: statSync(new URL(import.meta.url)).mtime.toISOString(),
  };
  return read;
}

/** Images have no repository: their build writes the commit beside the package. */
function readCommit(): string | null {
  for (const file of ['../../COMMIT', '../../../../.git/refs/heads/main']) {
    try {
      return readFileSync(new URL(file, import.meta.url), 'utf8').trim();
    } catch {
      continue;
    }
  }
  return null;
}
