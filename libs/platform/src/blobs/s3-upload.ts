import type { Readable } from 'node:stream';
import { AppError } from '@attune/core';
import { atOnce } from './at-once.js';
import type { StoredBlob } from './blob-store.js';
import { type Part, Parts } from './parts.js';
import type { S3Bucket } from './s3-bucket.js';
import { copySource, expectSize, Multipart } from './s3-multipart.js';

const MiB = 1024 * 1024;
/** S3 takes at most so many parts. */
const MOST_PARTS = 10_000;
const PART_BYTES = 8 * MiB;
const LARGEST_PART_BYTES = 64 * MiB;
/** With the one that is being filled 32 MiB, whatever the size of the file. */
const PARTS_AT_ONCE = 3;
/** So much a store copies before anybody gives up waiting for it. */
const COPY_BYTES = 256 * MiB;
const COPIES_AT_ONCE = 4;
const COPY_TRIES = 3;

export interface UploadOptions {
  readonly limitBytes: number;
  /** Where a stream of more than one part goes while its hash is not known; the final key where that is known. */
  readonly interim: string;
  readonly keyOf: (sha256: string) => string;
  readonly partBytes?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Streams into the bucket with flat memory. What fits into one part is one PUT under its final key; more is a multipart upload, of which
 * nothing is visible before it is complete, and nothing is left when it fails.
 */
export async function upload(bucket: S3Bucket, source: Readable, options: UploadOptions): Promise<StoredBlob & { key: string }> {
  const { interim, keyOf, limitBytes, signal } = options;
  const parts = new Parts(source, options.partBytes ?? partBytesFor(limitBytes), limitBytes);
  const cut = parts[Symbol.asyncIterator]();
  const first = (await cut.next()).value;
  if (first === undefined) throw new Error('a stream is at least one part');
  if (first.isLast) {
    const sha256 = parts.sha256();
    const key = keyOf(sha256);
    const body = { Body: first.bytes, ChecksumCRC32: first.crc32 };
    await bucket.call((s3, send) => s3.putObject({ ...bucket.at(key), ...body }, send), { signal });
    return { bytes: parts.bytes, sha256, key };
  }
  await sendParts(bucket, interim, parts, first, cut, source, signal);
  const sha256 = parts.sha256();
  const key = keyOf(sha256);
  if (key !== interim) await move(bucket, interim, key, parts.bytes, signal);
  return { bytes: parts.bytes, sha256, key };
}

/** Gives stored bytes another key, within the store. The old key is gone then, also after a failure. */
export async function move(bucket: S3Bucket, from: string, to: string, bytes: number, signal?: AbortSignal): Promise<void> {
  try {
    for (let tries = 1; ; tries++) {
      try {
        await copy(bucket, from, to, bytes, signal);
        return;
      } catch (error) {
        // A copy with bytes missing is under the final key now: as long as the source is there it is made good.
        if (!(error instanceof AppError && error.retryable) || tries === COPY_TRIES) throw error;
      }
    }
  } finally {
    await discard(bucket, from);
  }
}

/** Removes an object that nobody knows of; what cannot be reached now is left to `sweep`. */
export async function discard(bucket: S3Bucket, key: string): Promise<void> {
  await bucket.call((s3, send) => s3.deleteObject(bucket.at(key), send)).catch(() => undefined);
}

async function sendParts(
  bucket: S3Bucket,
  key: string,
  parts: Parts,
  first: Part,
  rest: AsyncIterable<Part>,
  source: Readable,
  signal: AbortSignal | undefined,
): Promise<void> {
  const stop = new AbortController();
  const either = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal;
  let multipart: Multipart | undefined;
  try {
    const started = (multipart = await Multipart.start(bucket, key, either));
    const all = (async function* () {
      yield first;
      yield* rest;
    })();
    const send = async (part: Part): Promise<void> => {
      await started.put(part);
      parts.free(part);
    };
    await atOnce(all, PARTS_AT_ONCE, send, (error) => {
      stop.abort(error);
      // It may wait for a client who sends nothing more.
      source.destroy();
    });
    await started.complete(parts.bytes);
  } catch (error) {
    stop.abort(error);
    source.destroy();
    await multipart?.abort();
    await discard(bucket, key);
    throw error;
  }
}

async function copy(bucket: S3Bucket, from: string, to: string, bytes: number, signal: AbortSignal | undefined): Promise<void> {
  if (bytes <= COPY_BYTES) {
    const CopySource = copySource(bucket, from);
    await bucket.call((s3, send) => s3.copyObject({ ...bucket.at(to), CopySource }, send), { signal, isWork: true });
    await expectSize(bucket, to, bytes, signal);
    return;
  }
  const multipart = await Multipart.start(bucket, to, signal);
  try {
    const starts = Array.from({ length: Math.ceil(bytes / COPY_BYTES) }, (_, i) => i * COPY_BYTES);
    const copyOne = (start: number): Promise<void> =>
      multipart.copy(start / COPY_BYTES + 1, from, start, Math.min(start + COPY_BYTES, bytes) - 1);
    await atOnce(starts, COPIES_AT_ONCE, copyOne, () => undefined);
    await multipart.complete(bytes);
  } catch (error) {
    await multipart.abort();
    throw error;
  }
}

/** Parts so large that the limit fits into those S3 takes; for what has no limit, the usual ones (80 GiB). */
function partBytesFor(limitBytes: number): number {
  if (limitBytes > MOST_PARTS * LARGEST_PART_BYTES) return PART_BYTES;
  return Math.max(PART_BYTES, Math.ceil(limitBytes / MOST_PARTS / MiB) * MiB);
}
