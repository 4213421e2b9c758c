import { createGunzip } from 'node:zlib';
import { AppError } from '@attune/core';
import type { InputFile } from '../scratch-file.js';
import { PIECE_BYTES, throughZlib, type Decoding } from './zlib-stream.js';

/**
 * All members of a gzip file, one after another as one stream (RFC 1952, section 2.2); zlib compares checksum and length of each.
 * After the last one zeros may follow, with which tapes and block devices pad; zlib stops there and looks no further, so that we do.
 */
export async function* gunzip(file: InputFile): Decoding {
  const consumed = yield* throughZlib(createGunzip({ chunkSize: PIECE_BYTES }), file.chunks(0, file.size));
  for (const chunk of file.chunks(consumed, file.size)) {
    if (chunk.some((byte) => byte !== 0)) throw new AppError('container.corrupt', 'Something other than padding follows the gzip stream.');
  }
  return consumed;
}
