import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import { AppError } from '@attune/core';
import { failpoint } from '../failpoints/failpoint.js';

export interface Part {
  /** From 1. */
  readonly number: number;
  readonly bytes: Buffer;
  /** CRC-32 as S3 writes it: big-endian, base64. */
  readonly crc32: string;
  readonly isLast: boolean;
}

const FIRST_BYTES = 64 * 1024;

/**
 * Cuts a stream into parts of one size, hashing on the way; a stream without bytes is one empty part. The buffers are used again:
 * `free` gives one back that nobody reads any more.
 */
export class Parts {
  readonly #hash = createHash('sha256');
  readonly #free: Buffer[] = [];
  #bytes = 0;

  constructor(
    private readonly source: Readable,
    private readonly partBytes: number,
    private readonly limitBytes: number,
  ) {}

  get bytes(): number {
    return this.#bytes;
  }

  /** Of everything; once, after the last part. */
  sha256(): string {
    return this.#hash.digest('hex');
  }

  free({ bytes }: Part): void {
    if (bytes.buffer.byteLength === this.partBytes) this.#free.push(Buffer.from(bytes.buffer));
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Part, undefined> {
    let number = 1;
    let filled = 0;
    // Most files are small: the first buffer grows with what comes.
    let buffer: Buffer = Buffer.allocUnsafeSlow(Math.min(FIRST_BYTES, this.partBytes));
    for await (const chunk of this.source as AsyncIterable<Buffer>) {
      this.#count(chunk);
      const held = failpoint('upload.mid_body');
      if (held !== undefined) await held;
      for (let read = 0; read < chunk.length;) {
        if (filled === this.partBytes) {
          yield partOf(number++, buffer, false);
          buffer = this.#free.pop() ?? Buffer.allocUnsafeSlow(this.partBytes);
          filled = 0;
        } else if (filled === buffer.length) {
          buffer = grown(buffer, Math.min(2 * filled, this.partBytes));
        }
        const taken = chunk.copy(buffer, filled, read);
        read += taken;
        filled += taken;
      }
    }
    yield partOf(number, buffer.subarray(0, filled), true);
    return undefined;
  }

  #count(chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#bytes > this.limitBytes) throw new AppError('payload_too_large', `the file is larger than ${this.limitBytes} bytes`);
    this.#hash.update(chunk);
  }
}

function grown(buffer: Buffer, bytes: number): Buffer {
  const larger = Buffer.allocUnsafeSlow(bytes);
  buffer.copy(larger);
  return larger;
}

function partOf(number: number, bytes: Buffer, isLast: boolean): Part {
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(bytes));
  return { number, bytes, crc32: sum.toString('base64'), isLast };
}
