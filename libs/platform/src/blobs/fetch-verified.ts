import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { AppError } from '@attune/core';
import type { Stoppable, StoredBlob } from './blob-store.js';
import { translateFile } from './file-error.js';
import { Hashing, READINGS } from './hashing.js';

const READ_BYTES = 1024 * 1024;

/** A local file with the bytes that `open` gives, verified against size and hash; none is left where that fails. @throws AppError artifact_corrupt */
export async function fetchVerified(open: () => Readable, expected: StoredBlob, file: string, { signal }: Stoppable = {}): Promise<void> {
  try {
    for (let reading = 0; reading < READINGS; reading++) if (await written(open(), expected, file, signal)) return;
    throw new AppError('artifact_corrupt', 'stored bytes differ from their checksum');
  } catch (error) {
    await rm(file, { force: true });
    signal?.throwIfAborted();
    throw translateFile(error);
  }
}

async function written(source: Readable, expected: StoredBlob, file: string, signal: AbortSignal | undefined): Promise<boolean> {
  // More than there should be must not fill the disk before it is found wrong.
  const hashing = new Hashing((chunk, bytes, done) => done(null, bytes > expected.bytes ? undefined : chunk));
  await pipeline(source, hashing, createWriteStream(file, { highWaterMark: READ_BYTES }), signal ? { signal } : {});
  const found = hashing.found();
  return found.bytes === expected.bytes && found.sha256 === expected.sha256;
}
