import { Buffer } from 'node:buffer';
import { AppError } from '@attune/core';

/** Formats that begin with fixed bytes and are no delimited text. */
const MAGIC: readonly (readonly [name: string, ...bytes: number[]])[] = [
  ['a gzip container', 0x1f, 0x8b],
  ['a zip container or a workbook', 0x50, 0x4b, 0x03, 0x04],
  ['a zip container or a workbook', 0x50, 0x4b, 0x05, 0x06],
  ['a zstd container', 0x28, 0xb5, 0x2f, 0xfd],
  ['an xz container', 0xfd, 0x37, 0x7a, 0x58, 0x5a],
  ['a Parquet file', 0x50, 0x41, 0x52, 0x31],
  ['a PDF document', 0x25, 0x50, 0x44, 0x46],
  ['a PNG image', 0x89, 0x50, 0x4e, 0x47],
  ['a legacy Office document', 0xd0, 0xcf, 0x11, 0xe0],
];

const UTF8_BOM = [0xef, 0xbb, 0xbf];

/** Byte order marks of encodings other than UTF-8. UTF-32LE begins like UTF-16LE. */
const FOREIGN_BOMS: readonly (readonly [name: string, ...bytes: number[]])[] = [
  ['UTF-32', 0xff, 0xfe, 0x00, 0x00],
  ['UTF-32', 0x00, 0x00, 0xfe, 0xff],
  ['UTF-16', 0xff, 0xfe],
  ['UTF-16', 0xfe, 0xff],
];

/** Texts that are not delimited, told by how they begin. X12: ISA is 106 bytes of fixed width. HL7 v2: MSH-1 and MSH-2. */
const OTHER_TEXTS: readonly (readonly [name: string, beginning: RegExp])[] = [
  ['JSON', /^[{[]/],
  ['XML or HTML', /^</],
  ['X12', /^ISA\*|^ISA([^A-Za-z0-9\s])..\1.{10}\1.{85}\1/s],
  ['HL7 v2', /^\x0b?(MSH|FHS|BHS)([^A-Za-z0-9\s])[^A-Za-z0-9\s]{2}/],
];

const startsWith = (head: Uint8Array, bytes: readonly number[]): boolean => bytes.every((byte, i) => head[i] === byte);

/**
 * Refuses what is no delimited text in UTF-8 and returns the bytes of its byte order mark, 0 or 3.
 * Throws AppError `unprocessable_file` (container, binary, other text format, nothing inside) or `encoding`.
 */
export function refuseOtherFormats(head: Uint8Array): number {
  const magic = MAGIC.find(([, ...bytes]) => startsWith(head, bytes));
  if (magic !== undefined) throw new AppError('unprocessable_file', `The file is ${magic[0]}, which is not supported yet.`);
  const foreign = FOREIGN_BOMS.find(([, ...bytes]) => startsWith(head, bytes));
  if (foreign !== undefined) throw new AppError('encoding', `The text is ${foreign[0]}; only UTF-8 is supported.`);
  refuseBinary(head);
  const bom = startsWith(head, UTF8_BOM) ? 3 : 0;
  const beginning = Buffer.from(head.subarray(bom, bom + 4096))
    .toString('latin1')
    .trimStart();
  if (beginning === '' && head.subarray(bom).every(isBlank))
    throw new AppError('unprocessable_file', 'The file is empty or holds only white space.');
  const other = OTHER_TEXTS.find(([, pattern]) => pattern.test(beginning));
  if (other !== undefined) throw new AppError('unprocessable_file', `The file looks like ${other[0]}, which is not supported yet.`);
  return bom;
}

const isBlank = (byte: number): boolean => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);

/** A few control bytes are dirt in a value; many of them are no text. NULs at every second place are UTF-16 without its mark. */
function refuseBinary(head: Uint8Array): void {
  let controls = 0;
  const nulsAt = [0, 0];
  for (let i = 0; i < head.length; i++) {
    const byte = head[i]!;
    if (byte === 0) nulsAt[i & 1]!++;
    if (byte < 0x20 && !isBlank(byte)) controls++;
  }
  const most = Math.max(nulsAt[0]!, nulsAt[1]!);
  const least = Math.min(nulsAt[0]!, nulsAt[1]!);
  if (head.length >= 8 && most > head.length * 0.3 && least < most * 0.1) {
    throw new AppError('encoding', 'The text looks like UTF-16 without a byte order mark; only UTF-8 is supported.');
  }
  if (controls > Math.max(8, head.length * 0.05)) throw new AppError('unprocessable_file', 'The file is binary, not text.');
}
