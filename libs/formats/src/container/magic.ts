import { AppError, type Container } from '@attune/core';

type Wrapping = Exclude<Container, 'none'>;

/** First bytes of what is read: RFC 1952 2.3.1, RFC 8878 3.1.1, a zip's local header or end of directory (APPNOTE 4.3.7, 4.3.16), PAR1. */
const MAGIC: readonly (readonly [container: Wrapping, ...bytes: number[]])[] = [
  ['gzip', 0x1f, 0x8b],
  ['zstd', 0x28, 0xb5, 0x2f, 0xfd],
  ['zip', 0x50, 0x4b, 0x03, 0x04],
  ['zip', 0x50, 0x4b, 0x05, 0x06],
  ['parquet', 0x50, 0x41, 0x52, 0x31],
];

/** A zstd file may begin with a frame to be skipped; the low half of its first byte is free (RFC 8878, 3.1.2). */
const SKIPPABLE = [0x2a, 0x4d, 0x18];

/** Compound File Binary, which Office wraps an encrypted document in as a stream of this name ([MS-OFFCRYPTO] 2.3.4), and old workbooks. */
const COMPOUND_FILE = [0xd0, 0xcf, 0x11, 0xe0];
const utf16 = (name: string): number[] => [...name].flatMap((letter) => [letter.charCodeAt(0), 0]);
const ENCRYPTED_PACKAGE = utf16('EncryptedPackage');
/** Names of streams end with a zero; `Workbook` is that of Excel 97 to 2003, `Book` of those before ([MS-XLS] 2.1.2). */
const OLD_WORKBOOKS = [utf16('Workbook\0'), utf16('Book\0')];

/** A Parquet file whose footer is encrypted begins so (Parquet modular encryption, section 5.1). */
const ENCRYPTED_PARQUET = [0x50, 0x41, 0x52, 0x45];

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
 * Throws AppError `encrypted_file` for a document that Office has encrypted and `unprocessable_file` for a workbook of the old form (.xls),
 * which are no containers of ours.
 */
export function containerOf(head: Uint8Array): Container {
  const found = MAGIC.find(([, ...bytes]) => has(head, 0, bytes));
  if (found !== undefined) return found[0];
  if (head.length >= MAGIC_BYTES && head[0]! >> 4 === 5 && has(head, 1, SKIPPABLE)) return 'zstd';
  if (has(head, 0, ENCRYPTED_PARQUET)) throw new AppError('encrypted_file', 'The file is an encrypted Parquet file.');
  if (has(head, 0, COMPOUND_FILE) && holds(head, ENCRYPTED_PACKAGE)) {
    throw new AppError('encrypted_file', 'The file is an encrypted Office document.');
  }
  if (has(head, 0, COMPOUND_FILE) && OLD_WORKBOOKS.some((name) => holds(head, name))) {
    throw new AppError('unprocessable_file', 'The file is a workbook of the old form (.xls); save it as .xlsx.');
  }
  return 'none';
}

/**
 * Offset of the directory of a Compound File Binary, which names its streams and may lie anywhere ([MS-CFB] 2.2); undefined for every other
 * file.
 */
export function compoundDirectory(head: Uint8Array): number | undefined {
  if (!has(head, 0, COMPOUND_FILE) || head.length < 52) return undefined;
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  return (view.getUint32(48, true) + 1) * 2 ** Math.min(16, view.getUint16(30, true));
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
