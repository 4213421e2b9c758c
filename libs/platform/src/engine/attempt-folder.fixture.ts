import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LeftFile } from '@attune/core';

/** A folder for the scratch directories and inputs of one test file; it is there before its tests and gone after them. */
export function attemptFolder(prefix: string) {
  let folder = '';
  let attempts = 0;
  beforeAll(async () => (folder = await realpath(await mkdtemp(join(tmpdir(), prefix)))));
  afterAll(() => rm(folder, { recursive: true }));
  return {
    path: (...names: string[]): string => join(folder, ...names),
    /** A scratch directory that nobody has had. */
    attempt: async (): Promise<string> => {
      const scratch = join(folder, `attempt-${attempts++}`);
      await mkdir(scratch);
      return scratch;
    },
    input: async (name: string, bytes: Buffer): Promise<string> => {
      const path = join(folder, name);
      await writeFile(path, bytes);
      return path;
    },
  };
}

export const readJson = async <T>(...path: string[]): Promise<T> => JSON.parse(await readFile(join(...path), 'utf8')) as T;

export const readLines = async (...path: string[]): Promise<Record<string, unknown>[]> =>
  (await readFile(join(...path), 'utf8'))
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Record<string, unknown>);

/** The hash of every file that a task has left, by its kind. */
export async function hashesOf(scratch: string, files: readonly LeftFile[]): Promise<Record<string, string>> {
  const hashes: Record<string, string> = {};
  for (const { kind, file } of files)
    hashes[kind] = createHash('sha256')
      .update(await readFile(join(scratch, file)))
      .digest('hex');
  return hashes;
}
