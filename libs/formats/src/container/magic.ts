import { AppError, type Container } from '@attune/core';

type Wrapping = Exclude<Container, 'none'>;

/** First bytes of what is read: RFC 1952 2.3.1, RFC 8878 3.1.1, and a zip's local header or end of directory (APPNOTE 4.3.7, 4.3.16). */
const MAGIC: readonly (readonly [container: Wrapping, ...bytes: number[]])[] = [
  ['gzip', 0x1f, 0x8b],
  ['zstd', 0x28, 0xb5, 0x2f, 0xfd],
  ['zip', 0x50, 0x4b, 0x03, 0x04],
  ['zip', 0x50, 0x4b, 0x05, 0x06],
];

/** A zstd file may begin with a frame to be skipped; the low half of its first byte is free (RFC 8878, 3.1.2). */
const SKIPPABLE = [0x2a, 0x4d, 0x18];

/** Compound File Binary, which Office wraps an encrypted document in as a stream of this name ([MS-OFFCRYPTO] 2.3.4). */
const COMPOUND_FILE = [0xd0, 0xcf, 0x11, 0xe0];
const ENCRYPTED_PACKAGE = [...'EncryptedPackage'].flatMap((letter) => [letter.charCodeAt(0), 0]);

/** Bytes that say which container it is; `containerOf` needs no more. */
export const MAGIC_BYTES = 4;

export const CONTAINER_NAMES: Readonly<Record<Wrapping, string>> = {
  gzip: 'gzip',
  zstd: 'zstd',
  zip: 'zip',
  xlsx: 'workbook',
  parquet: 'Parquet',
};

/**
 * What a file is wrapped in, by its first bytes alone: names of files and media types are what a stranger says.
 * Throws AppError `encrypted_file` for a document that Office has encrypted, which is no container of ours.
 */
export function containerOf(head: Uint8Array): Container {
  const found = MAGIC.find(([, ...bytes]) => has(head, 0, bytes));
  if (found !== undefined) return found[0];
  if (head.length >= MAGIC_BYTES && head[0]! >> 4 === 5 && has(head, 1, SKIPPABLE)) return 'zstd';
  if (has(head, 0, COMPOUND_FILE) && holds(head, ENCRYPTED_PACKAGE)) {
    throw new AppError('encrypted_file', 'The file is an encrypted Office document.');
  }
  return 'none';
}

/** Throws AppError `zip_bomb` when the text inside a container, told by its first bytes, is a container again. */
export function refuseNesting(head: Uint8Array): void {
  const inner = containerOf(head);
  if (inner !== 'none') throw new AppError('zip_bomb', `The container holds a ${CONTAINER_NAMES[inner]} container; one level is read.`);
}

function has(bytes: Uint8Array, at: number, wanted: readonly number[]): boolean {
  return wanted.every((byte, i) => bytes[at + i] === byte);
}

function holds(bytes: Uint8Array, wanted: readonly number[]): boolean {
  for (let at = bytes.indexOf(wanted[0]!); at >= 0; at = bytes.indexOf(wanted[0]!, at + 1)) if (has(bytes, at, wanted)) return true;
  return false;
}
