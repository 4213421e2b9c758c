import { createReadStream } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { addAbortSignal, type Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { AppError } from '@attune/core';
import type { BlobStore, DirectTransfers, ListedBlob, Stoppable, StoredBlob } from './blob-store.js';
import { fetchVerified } from './fetch-verified.js';
import { translateFile } from './file-error.js';
import { INCOMING, interimKey, PATIENCE, S3Bucket, type S3Patience, type S3Settings } from './s3-bucket.js';
import { S3Direct } from './s3-direct.js';
import { listed, unfinished } from './s3-listing.js';
import { Multipart } from './s3-multipart.js';
import { S3Reading } from './s3-reading.js';
import { upload, type UploadOptions } from './s3-upload.js';
import { StoreBreaker, type StoreCircuit } from './store-breaker.js';

const READ_BYTES = 1024 * 1024;
const PROBE_MS = 2_000;
/** S3 removes at most so many at once. */
const BATCH = 1_000;

export interface S3Options {
  readonly patience?: S3Patience;
  /** Absent: 8 MiB, more for a limit beyond 80 GiB. */
  readonly partBytes?: number;
  readonly breaker?: StoreBreaker;
}

/** Blobs as objects of one S3 bucket. An object appears whole or not at all, and only under its final key does anybody look for it. */
export class S3Blobs implements BlobStore {
  readonly direct: DirectTransfers;
  readonly circuit: StoreCircuit;
  readonly #bucket: S3Bucket;
  readonly #partBytes: number | undefined;

  constructor(settings: S3Settings, { patience = PATIENCE, partBytes, breaker = new StoreBreaker() }: S3Options = {}) {
    this.#bucket = new S3Bucket(settings, patience, breaker);
    this.circuit = breaker;
    this.#partBytes = partBytes;
    this.direct = new S3Direct(this.#bucket);
  }

  async receive(
    source: Readable,
    keyOf: (sha256: string) => string,
    limitBytes: number,
    { signal }: Stoppable = {},
  ): Promise<StoredBlob & { key: string }> {
    return this.#upload(source, { interim: interimKey(), keyOf, limitBytes, signal });
  }

  async adopt(file: string, key: string, { signal }: Stoppable = {}): Promise<StoredBlob> {
    try {
      const { size } = await stat(file);
      const source = createReadStream(file, { highWaterMark: READ_BYTES });
      const { bytes, sha256 } = await this.#upload(source, { interim: key, keyOf: () => key, limitBytes: size, signal });
      await rm(file, { force: true });
      return { bytes, sha256 };
    } catch (error) {
      signal?.throwIfAborted();
      throw translateFile(error);
    }
  }

  open(key: string, range?: { start: number; end: number }): Readable {
    this.#bucket.at(key); // A wrong key is told here, not to whoever reads.
    return new S3Reading(this.#bucket, key, range);
  }

  /** What differs is read twice more: whatever lies in between may have erred once. */
  materialize(key: string, expected: StoredBlob, file: string, options: Stoppable = {}): Promise<void> {
    return fetchVerified(() => this.open(key), expected, file, options);
  }

  async remove(key: string): Promise<void> {
    await this.#bucket.call((s3, send) => s3.deleteObject(this.#bucket.at(key), send));
  }

  async removeAll(prefix: string): Promise<void> {
    this.#bucket.at(prefix); // everything is nobody's to remove
    await this.#removeKeys(listed(this.#bucket, prefix));
  }

  async probe(): Promise<void> {
    const place = this.#bucket.at(`${INCOMING}/probe`);
    const signal = AbortSignal.timeout(PROBE_MS);
    try {
      await this.#bucket.call((s3, send) => s3.putObject({ ...place, Body: Buffer.from('probe') }, send), { signal });
      const { Body } = await this.#bucket.call((s3, send) => s3.getObject(place, send), { signal });
      const found = await buffer(Body as Readable);
      if (found.toString() !== 'probe') throw new AppError('dependency_unavailable', 'the blob store does not keep what it is given');
    } catch (cause) {
      if (cause instanceof AppError && cause.code !== 'artifact_corrupt') throw cause;
      throw new AppError('dependency_unavailable', 'the blob store does not work', { cause });
    }
  }

  list(prefix: string): AsyncIterable<ListedBlob> {
    return listed(this.#bucket, prefix);
  }

  async sweep(idleSeconds: number): Promise<number> {
    const before = Date.now() - idleSeconds * 1000;
    const isIdle = ({ modifiedAt }: { readonly modifiedAt: number }): boolean => modifiedAt <= before;
    let removed = await this.#removeKeys(where(listed(this.#bucket, INCOMING), isIdle));
    for await (const { key, uploadId } of where(unfinished(this.#bucket), isIdle)) {
      await new Multipart(this.#bucket, key, uploadId).abort();
      removed++;
    }
    return removed;
  }

  #upload(source: Readable, options: UploadOptions): Promise<StoredBlob & { key: string }> {
    if (options.signal) addAbortSignal(options.signal, source);
    return upload(this.#bucket, source, { ...options, partBytes: this.#partBytes });
  }

  /** Answers how many there were. */
  async #removeKeys(blobs: AsyncIterable<ListedBlob>): Promise<number> {
    let removed = 0;
    let batch: string[] = [];
    for await (const { key } of blobs) {
      if (batch.push(key) < BATCH) continue;
      removed += await this.#removeBatch(batch);
      batch = [];
    }
    return removed + (batch.length > 0 ? await this.#removeBatch(batch) : 0);
  }

  async #removeBatch(keys: readonly string[]): Promise<number> {
    const Bucket = this.#bucket.settings.bucket;
    const Objects = keys.map((key) => ({ Key: this.#bucket.at(key).Key }));
    const { Errors = [] } = await this.#bucket.call((s3, send) => s3.deleteObjects({ Bucket, Delete: { Objects, Quiet: true } }, send));
    if (Errors.length > 0) throw new AppError('dependency_unavailable', `the blob store does not remove ${Errors.length} objects`);
    return keys.length;
  }
}

async function* where<T>(all: AsyncIterable<T>, fits: (one: T) => boolean): AsyncGenerator<T> {
  for await (const one of all) if (fits(one)) yield one;
}
