import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, opendir, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import type { StoredBlob } from '../blobs/blob-store.js';

const BLOCK = 1024 * 1024;

/**
 * Writes a new file from what `source` opens, safe on the disk when it resolves, and tells what was written; nothing is left of a file that
 * could not be written whole. The stream is opened when it is read: one that fails while nobody listens ends the process.
 */
export async function copyStream(source: () => Readable, target: string): Promise<StoredBlob> {
  const hash = createHash('sha256');
  let bytes = 0;
  await mkdir(path.dirname(target), { recursive: true, mode: 0o700 });
  const file = await open(target, 'wx', 0o600);
  try {
    for await (const chunk of source() as AsyncIterable<Buffer>) {
      hash.update(chunk);
      bytes += chunk.length;
      await file.writeFile(chunk);
    }
    await file.sync();
  } catch (error) {
    await rm(target, { force: true });
    throw error;
  } finally {
    await file.close();
  }
  return { sha256: hash.digest('hex'), bytes };
}

/** As `copyStream`, from a file; undefined where it is gone. What is written to it meanwhile is in the copy or not. */
export async function copyFile(source: string, target: string): Promise<StoredBlob | undefined> {
  try {
    return await copyStream(() => createReadStream(source, { highWaterMark: BLOCK }), target);
  } catch (error) {
    const { code, syscall } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' && syscall === 'open') return undefined;
    throw error;
  }
}

/** Makes the names in a directory as safe as the files were. */
export async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** As `syncDirectory`, with all directories in it. */
export async function syncTree(directory: string): Promise<void> {
  for await (const entry of await opendir(directory)) if (entry.isDirectory()) await syncTree(path.join(directory, entry.name));
  await syncDirectory(directory);
}
