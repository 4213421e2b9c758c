import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { AppError } from '@attune/core';
import type { BlobStore, Stoppable } from './blob-store.js';
import { translateFile } from './file-error.js';

/** What differs is read twice more: a disk or a network in between may have erred once. */
const READINGS = 3;

/** Bytes [start, end) of a stored object, by their own hash. */
export interface StoredRange {
  readonly start: number;
  readonly end: number;
  readonly sha256: string;
}

/** A local file with a part of an object, verified against the hash of the part. @throws AppError artifact_corrupt */
export async function fetchRange(
  blobs: BlobStore,
  key: string,
  { start, end, sha256 }: StoredRange,
  file: string,
  { signal }: Stoppable = {},
): Promise<void> {
  try {
    for (let reading = 0; reading < READINGS; reading++) {
      const hash = createHash('sha256');
      await pipeline(
        blobs.open(key, { start, end: end - 1 }),
        async function* (chunks: AsyncIterable<Buffer>) {
          for await (const chunk of chunks) {
            hash.update(chunk);
            yield chunk;
          }
        },
        createWriteStream(file, { mode: 0o600 }),
        signal ? { signal } : {},
      );
      if (hash.digest('hex') === sha256) return;
    }
  } catch (error) {
    signal?.throwIfAborted();
    throw translateFile(error);
  }
  throw new AppError('artifact_corrupt', 'stored bytes differ from their checksum');
}
