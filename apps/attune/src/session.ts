import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AttuneClient } from '@attune/api';
import type { CliSettings } from '@attune/platform';
import type { Io } from './command.js';
import { UsageError } from './arguments.js';
import { errorCodeOf } from './error-code.js';

export interface Session {
  readonly url: string;
  readonly apiKey: string | undefined;
  readonly settings: CliSettings;
  readonly client: AttuneClient;
}

/** Option of every command that speaks to the server. */
export const SESSION_OPTIONS = { url: { type: 'string' } } as const;
export const SESSION_USAGE = '  --url URL           where Attune answers (ATTUNE_URL, else what `attune up` wrote down)';

/**
 * Finds the server and the key: flag, then environment, then the files that `attune up` leaves in the data directory.
 * Without a key the session still works for health and version.
 */
export async function openSession(io: Io, flags: { readonly url?: string | undefined; readonly tries?: number } = {}): Promise<Session> {
  const settings = await io.settings();
  const written = flags.url ?? settings.url ?? (await wordIn(join(settings.dataDir, 'url'))) ?? `http://127.0.0.1:${settings.httpPort}`;
  const url = parseUrl(written);
  const apiKey = settings.apiKey ?? (await wordIn(join(settings.dataDir, 'api-key')));
  const tries = flags.tries === undefined ? {} : { tries: flags.tries };
  return { url, apiKey, settings, client: new AttuneClient({ url, apiKey, fetch: io.fetch, newKey: randomUUID, ...tries }) };
}

function parseUrl(text: string): string {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) {
    throw new UsageError('The URL of Attune starts with http:// or https://.');
  }
  return text.replace(/\/+$/, '');
}

/** The trimmed text of a small file; undefined when there is no such file or nothing in it. */
export async function wordIn(path: string): Promise<string | undefined> {
  try {
    const text = (await readFile(path, 'utf8')).trim();
    return text === '' ? undefined : text;
  } catch (error) {
    if (errorCodeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
