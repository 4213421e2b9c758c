import { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { AppError } from '@attune/core';
import type { S3Bucket } from './s3-bucket.js';
import { translateS3 } from './s3-error.js';

const READ_BYTES = 1024 * 1024;
const PAUSE_MS = 100;

export interface ByteSpan {
  readonly start: number;
  readonly end: number;
}

/** Stored bytes as a stream. A connection that breaks or stalls is taken up where it was; destroyed, the stream ends the request. */
export class S3Reading extends Readable {
  readonly #stop = new AbortController();
  readonly #chunks: AsyncGenerator<Buffer, void>;

  constructor(bucket: S3Bucket, key: string, range?: ByteSpan) {
    super({ highWaterMark: READ_BYTES });
    this.#chunks = chunksOf(bucket, key, range, this.#stop.signal);
  }

  override _read(): void {
    this.#chunks.next().then(
      ({ done, value }) => this.push(done ? null : value),
      (error: unknown) => this.destroy(error as Error),
    );
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#stop.abort();
    done(error);
  }
}

async function* chunksOf(bucket: S3Bucket, key: string, range: ByteSpan | undefined, signal: AbortSignal): AsyncGenerator<Buffer, void> {
  let at = range?.start ?? 0;
  let end = range?.end;
  for (let failures = 0; ;) {
    const answer = await answerOf(bucket, key, at, end, signal);
    if (answer === undefined) return;
    end = answer.end;
    try {
      for await (const chunk of watched(answer.body, bucket.patience.stallMs, signal)) {
        at += chunk.length;
        failures = 0;
        yield chunk;
      }
      if (at > end) return;
      throw new Error('the answer ended early');
    } catch (error) {
      signal.throwIfAborted();
      if (++failures >= bucket.patience.tries) throw translateS3(error);
      await pause(Math.random() * PAUSE_MS * 2 ** failures, undefined, { signal });
    }
  }
}

/** Nothing where the bytes end before the range begins. */
async function answerOf(
  bucket: S3Bucket,
  key: string,
  at: number,
  end: number | undefined,
  signal: AbortSignal,
): Promise<{ body: Readable; end: number } | undefined> {
  const asksRange = at > 0 || end !== undefined;
  try {
    const { Body, ContentLength, ContentRange } = await bucket.call(
      (s3, send) => s3.getObject({ ...bucket.at(key), ...(asksRange ? { Range: `bytes=${at}-${end ?? ''}` } : {}) }, send),
      { signal },
    );
    const [, first, last] = /^bytes (\d+)-(\d+)\//.exec(ContentRange ?? '') ?? [];
    const body = Body as Readable;
    if (asksRange && Number(first) !== at) {
      body.destroy();
      throw new AppError('dependency_unavailable', 'the blob store answers with another range than it was asked for');
    }
    return { body, end: asksRange ? Number(last) : (ContentLength ?? 0) - 1 };
  } catch (error) {
    if (error instanceof AppError && error.code === 'range_invalid') return undefined;
    throw error;
  }
}

/** The chunks of a body; one that stalls is destroyed. */
async function* watched(body: Readable, stallMs: number, signal: AbortSignal): AsyncGenerator<Buffer> {
  const stop = (): void => void body.destroy(new Error('stopped'));
  signal.addEventListener('abort', stop, { once: true });
  let timer: NodeJS.Timeout | undefined;
  try {
    const chunks = (body as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
    for (;;) {
      // Only while somebody waits for bytes: a slow reader is no stall.
      timer = setTimeout(() => body.destroy(new Error('stalled')), stallMs);
      const next = await chunks.next();
      clearTimeout(timer);
      if (next.done) return;
      yield next.value;
    }
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
    body.destroy();
  }
}
