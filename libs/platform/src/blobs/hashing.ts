import { createHash } from 'node:crypto';
import { type Readable, Transform, type TransformCallback } from 'node:stream';
import type { StoredBlob } from './blob-store.js';

/** A disk or a network in between may have erred once, so what differs is read twice more. */
export const READINGS = 3;

/** Counts and hashes what comes; then `pass` hands a chunk on or refuses it, told how many bytes have come with it. */
export class Hashing extends Transform {
  readonly #hash = createHash('sha256');
  #bytes = 0;

  constructor(private readonly pass: (chunk: Buffer, bytes: number, done: TransformCallback) => void) {
    super();
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#bytes += chunk.length;
    this.#hash.update(chunk);
    this.pass(chunk, this.#bytes, done);
  }

  /** Of everything that came; once, at the end. */
  found(): StoredBlob {
    return { sha256: this.#hash.digest('hex'), bytes: this.#bytes };
  }
}

/** Hash and size of all that a stream gives, unless the signal stops it in between. */
export async function hashed(source: Readable, signal?: AbortSignal): Promise<StoredBlob> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of source as AsyncIterable<Buffer>) {
    signal?.throwIfAborted();
    hash.update(chunk);
    bytes += chunk.length;
  }
  return { sha256: hash.digest('hex'), bytes };
}
