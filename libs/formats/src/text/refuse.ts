import { Buffer } from 'node:buffer';
import { AppError } from '@attune/core';

/** Formats that begin with fixed bytes and are no text. Containers are unwrapped before a text is looked at. */
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

/** Texts that are not delimited, told by how they begin. X12: ISA is 106 bytes of fixed width. HL7 v2: MSH-1 and MSH-2. */
const OTHER_TEXTS: readonly (readonly [name: string, beginning: RegExp])[] = [
  ['XML or HTML', /^</],
  ['X12', /^ISA\*|^ISA([^A-Za-z0-9\s])..\1.{10}\1.{85}\1/s],
  ['HL7 v2', /^\x0b?(MSH|FHS|BHS)([^A-Za-z0-9\s])[^A-Za-z0-9\s]{2}/],
];

export const startsWith = (head: Uint8Array, bytes: readonly number[]): boolean => bytes.every((byte, i) => head[i] === byte);

/** Throws AppError `unprocessable_file` for bytes that are another format than text. */
export function refuseMagic(head: Uint8Array): void {
  const magic = MAGIC.find(([, ...bytes]) => startsWith(head, bytes));
  if (magic !== undefined) throw new AppError('unprocessable_file', `The file is ${magic[0]}, which is not supported here.`);
}

/**
 * Refuses what holds no records: `text` in bytes that extend ASCII, without a byte order mark. `told`: the caller has said
 * how the text is cut, so how it begins does not count. Throws AppError `unprocessable_file`.
 */
export function refuseOtherTexts(text: Uint8Array, told: boolean): void {
  refuseBinary(text);
  const beginning = Buffer.from(text.subarray(0, 4096)).toString('latin1').trimStart();
  if (beginning === '' && text.every(isBlank)) throw new AppError('unprocessable_file', 'The file is empty or holds only white space.');
  const other = told ? undefined : OTHER_TEXTS.find(([, pattern]) => pattern.test(beginning));
  if (!told && /^[{[]/.test(beginning)) {
    throw new AppError('unprocessable_file', 'The file looks like JSON, but no record of it can be read: it breaks the grammar of JSON.');
  }
  if (other !== undefined) throw new AppError('unprocessable_file', `The file looks like ${other[0]}, which is not supported yet.`);
}

const isBlank = (byte: number): boolean => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);

/** Cuts fields in some exports, so that a text may hold as many as it likes. */
const SOH = 0x01;

/** A few control bytes are dirt in a value; many of them are no text. */
function refuseBinary(text: Uint8Array): void {
  let controls = 0;
  for (const byte of text) if (byte < 0x20 && byte !== SOH && !isBlank(byte)) controls++;
  if (controls > Math.max(8, text.length * 0.05)) throw new AppError('unprocessable_file', 'The file is binary, not text.');
}
