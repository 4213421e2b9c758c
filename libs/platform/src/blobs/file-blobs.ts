import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { copyFile, link, mkdir, open, readFile, readdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { AppError } from '@attune/core';
import { failpoint } from '../failpoints/failpoint.js';
import type { BlobStore, ListedBlob, Stoppable, StoredBlob } from './blob-store.js';
import { translateFile } from './file-error.js';
import { hashed, Hashing, READINGS } from './hashing.js';

const READ_BYTES = 1024 * 1024;
/** What is read in one piece. */
const SMALL_BYTES = 64 * 1024;
const INCOMING = '.incoming';

/** Blobs as files under one directory. A blob appears by rename, so a reader sees all of it or nothing. */
export class FileBlobs implements BlobStore {
  constructor(private readonly directory: string) {}

  async receive(
    source: Readable,
    keyOf: (sha256: string) => string,
    limitBytes: number,
    { signal }: Stoppable = {},
  ): Promise<StoredBlob & { key: string }> {
    const incoming = path.join(this.directory, INCOMING, randomUUID());
    await mkdir(path.dirname(incoming), { recursive: true });
    const hashing = new Hashing((chunk, bytes, done) => {
      const held = failpoint('upload.mid_body');
      if (bytes > limitBytes) done(new AppError('payload_too_large', `the file is larger than ${limitBytes} bytes`));
      else if (held === undefined) done(null, chunk);
      else held.then(() => done(null, chunk), done);
    });
    try {
      // Opened before anything can fail: a file that is created after the clean-up would stay for ever.
      const file = await open(incoming, 'wx');
      await pipeline(source, hashing, file.createWriteStream({ highWaterMark: READ_BYTES, flush: true }), signal ? { signal } : {});
      const found = hashing.found();
      const key = keyOf(found.sha256);
      await this.#place(incoming, key);
      return { ...found, key };
    } catch (error) {
      await rm(incoming, { force: true });
      signal?.throwIfAborted();
      throw translateFile(error);
    }
  }

  async adopt(file: string, key: string, { signal }: Stoppable = {}): Promise<StoredBlob> {
    try {
      const stored = await digest(file, signal);
      signal?.throwIfAborted();
      const handle = await open(file, 'r');
      await handle.datasync();
      await handle.close();
      await this.#place(file, key);
      return stored;
    } catch (error) {
      throw translateFile(error);
    }
  }

  open(key: string, range?: { start: number; end: number }): Readable {
    return createReadStream(this.#path(key), { highWaterMark: READ_BYTES, ...range });
  }

  async materialize(key: string, expected: StoredBlob, file: string, { signal }: Stoppable = {}): Promise<void> {
    const source = this.#path(key);
    try {
      signal?.throwIfAborted();
      if (!(await isStored(source, expected, signal))) throw new AppError('artifact_corrupt', 'stored bytes differ from their checksum');
      await rm(file, { force: true });
      await link(source, file).catch(() => copyFile(source, file));
    } catch (error) {
      throw translateFile(error);
    }
  }

  async remove(key: string): Promise<void> {
    await rm(this.#path(key), { force: true });
  }

  async removeAll(prefix: string): Promise<void> {
    try {
      await rm(this.#path(prefix), { recursive: true, force: true });
    } catch (error) {
      throw translateFile(error);
    }
  }

  async probe(): Promise<void> {
    const file = path.join(this.directory, INCOMING, `probe-${randomUUID()}`);
    try {
      await mkdir(path.dirname(file), { recursive: true });
      const handle = await open(file, 'wx');
      await handle.write('probe');
      await handle.close();
      await stat(file);
    } catch (error) {
      throw translateFile(error);
    } finally {
      await rm(file, { force: true }).catch(() => undefined); // what is wrong with the store has been told above
    }
  }

  list(prefix: string): AsyncIterable<ListedBlob> {
    return this.#listed(prefix === '' ? this.directory : this.#path(prefix), prefix);
  }

  async sweep(idleSeconds: number): Promise<number> {
    const incoming = path.join(this.directory, INCOMING);
    let removed = 0;
    for (const name of await readdir(incoming).catch(() => [])) {
      const file = path.join(incoming, name);
      const idleMs = Date.now() - ((await stat(file).catch(() => undefined))?.mtimeMs ?? Date.now());
      if (idleMs < idleSeconds * 1000) continue;
      await rm(file, { force: true });
      removed++;
    }
    return removed;
  }

  /** Directory after directory, in the order of names. */
  async *#listed(directory: string, key: string): AsyncGenerator<ListedBlob> {
    const entries = await readdir(directory, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return []; // removed since it was seen, or nothing was ever stored
      throw translateFile(error);
    });
    entries.sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const entry of entries) {
      if (key === '' && entry.name === INCOMING) continue;
      const inner = key === '' ? entry.name : `${key}/${entry.name}`;
      const file = path.join(directory, entry.name);
      if (entry.isDirectory()) yield* this.#listed(file, inner);
      else {
        const found = await stat(file).catch(() => undefined);
        if (found) yield { key: inner, bytes: found.size, modifiedAt: found.mtimeMs };
      }
    }
  }

  async #place(file: string, key: string): Promise<void> {
    const target = this.#path(key);
    await mkdir(path.dirname(target), { recursive: true });
    try {
      await rename(file, target);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error;
      const near = `${target}.${randomUUID()}`;
      await copyFile(file, near);
      await rename(near, target);
      await rm(file, { force: true });
    }
  }

  #path(key: string): string {
    if (key.split('/').some((part) => part === '' || part === '.' || part === '..'))
      throw new AppError('internal', 'a blob key is not a plain path');
    return path.join(this.directory, ...key.split('/'));
  }
}

async function isStored(file: string, expected: StoredBlob, signal: AbortSignal | undefined): Promise<boolean> {
  for (let reading = 0; reading < READINGS; reading++) {
    const found = await digest(file, signal);
    if (found.sha256 === expected.sha256 && found.bytes === expected.bytes) return true;
  }
  return false;
}

/** sha256 and size of a file: a small one in one piece, since a stream would take memory for a large one, else in blocks. */
export async function digest(file: string, signal?: AbortSignal): Promise<StoredBlob> {
  if ((await stat(file)).size > SMALL_BYTES) return hashed(createReadStream(file, { highWaterMark: READ_BYTES }), signal);
  const whole = await readFile(file);
  return { sha256: createHash('sha256').update(whole).digest('hex'), bytes: whole.length };
}
