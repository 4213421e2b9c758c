import { pipeline, Readable } from 'node:stream';
import { isNativeError } from 'node:util/types';
import type { Gunzip, InflateRaw } from 'node:zlib';
import { AppError } from '@attune/core';

/** A piece of what is inside a container; its bytes are the receiver's. */
export interface Inflated {
  readonly bytes: Uint8Array;
  /** Compressed bytes that the decoder has taken in so far, of this member. */
  readonly consumed: number;
}

/** Decodes one member piece by piece, no faster than it is asked. Returns how many compressed bytes belonged to it. */
export type Decoding = AsyncGenerator<Inflated, number>;

/** Large enough that handing over costs nothing, small enough that a bomb is stopped within a few of them. */
export const PIECE_BYTES = 1 << 18;

/** Leads `source` through a decoder of node:zlib. Throws AppError `container.corrupt` where the decoder finds the bytes at fault. */
export async function* throughZlib(decoder: Gunzip | InflateRaw, source: Iterable<Uint8Array>): Decoding {
  const input = Readable.from(source, { highWaterMark: 1 });
  pipeline(input, decoder, () => {}); // whatever fails, fails the reading below
  try {
    for await (const bytes of decoder) yield { bytes: bytes as Uint8Array, consumed: decoder.bytesWritten };
  } catch (error) {
    throw damaged(error);
  } finally {
    input.destroy();
    decoder.destroy();
  }
  return decoder.bytesWritten;
}

/** Errors of zlib are the data's fault, those of reading the file are not. */
function damaged(error: unknown): unknown {
  if (!isNativeError(error) || !('code' in error) || typeof error.code !== 'string' || !error.code.startsWith('Z_')) return error;
  if (error.code === 'Z_MEM_ERROR') return error;
  const how = error.code === 'Z_BUF_ERROR' ? 'ends too early' : 'holds bytes that cannot be right, or does not match its checksum';
  return new AppError('container.corrupt', `The compressed stream ${how}.`);
}
