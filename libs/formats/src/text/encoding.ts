import { isAscii, isUtf8 } from 'node:buffer';
import { AppError, type Encoding, type TextOptions } from '@attune/core';
import { nextLine } from './field-scanner.js';
import { startsWith } from './refuse.js';
import { codePoints } from './single-byte.js';
import { utf16WithoutMark } from './utf16-sample.js';

/** Byte order marks. UTF-32LE begins like UTF-16LE. */
const MARKS: readonly (readonly [encoding: Encoding | 'UTF-32', ...bytes: number[]])[] = [
  ['UTF-32', 0xff, 0xfe, 0x00, 0x00],
  ['UTF-32', 0x00, 0x00, 0xfe, 0xff],
  ['utf-16le', 0xff, 0xfe],
  ['utf-16be', 0xfe, 0xff],
  ['utf-8', 0xef, 0xbb, 0xbf],
];

export const ENCODING_NAMES: Readonly<Record<Encoding, string>> = {
  'utf-8': 'UTF-8',
  'utf-16le': 'UTF-16LE',
  'utf-16be': 'UTF-16BE',
  'iso-8859-1': 'ISO-8859-1',
  'windows-1252': 'Windows-1252',
};

export interface FoundEncoding {
  readonly encoding: Encoding;
  /** Bytes of the byte order mark. */
  readonly bom: number;
  /** Sentences with counts, never values. */
  readonly evidence: readonly string[];
}

/** A few bad lines are findings; more than this share is another encoding. */
const INVALID_SHARE = 0.3;

/** So many lines that are not UTF-8, while not one says that it is: another encoding, however rare they are. */
const TELLING_LINES = 8;

/** Share of the bytes above 0x7f that follow another one: few in western languages, most in others and in wide characters. */
const FOREIGN_SHARE = 0.5;
const FOREIGN_BYTES = 16;

/**
 * Finds out the encoding from the first bytes and from cuts of the rest, or checks what the caller says against the byte
 * order mark. Throws AppError `encoding` when it is none that is read, cannot be told, or contradicts the mark.
 */
export function findEncoding(
  head: Uint8Array,
  windows: readonly Uint8Array[],
  told: TextOptions['encoding'],
  whole: boolean,
): FoundEncoding {
  const mark = MARKS.find(([, ...bytes]) => startsWith(head, bytes));
  if (mark !== undefined) return markedEncoding(mark, told);
  if (told !== undefined) return { encoding: told, bom: 0, evidence: [`The encoding ${ENCODING_NAMES[told]} is the caller's word.`] };
  const wide = utf16WithoutMark(head, whole);
  if (wide !== undefined) {
    return { encoding: wide, bom: 0, evidence: [`The text has no byte order mark; its zero bytes lie as in ${ENCODING_NAMES[wide]}.`] };
  }
  if ([head, ...windows].every((bytes) => isAscii(bytes))) return { encoding: 'utf-8', bom: 0, evidence: [] };
  const counts: LineCounts = { lines: 0, utf8: 0, invalid: 0, undefined1252: 0, high: 0, adjacent: 0, c1: 0 };
  countLines(head, !whole, counts);
  for (const window of windows) countLines(window.subarray(nextLine(window, 0, window.length)), true, counts);
  return { bom: 0, ...byteEncoding(counts) };
}

function markedEncoding([encoding, ...bytes]: (typeof MARKS)[number], told: TextOptions['encoding']): FoundEncoding {
  if (encoding === 'UTF-32') throw new AppError('encoding', 'The text is UTF-32, which is not read.');
  const name = ENCODING_NAMES[encoding];
  if (told !== undefined && told !== encoding) {
    throw new AppError('encoding', `The byte order mark says ${name}, the job says ${ENCODING_NAMES[told]}.`);
  }
  return { encoding, bom: bytes.length, evidence: [`The text begins with a ${name} byte order mark.`] };
}

interface LineCounts {
  lines: number;
  /** Lines that are valid UTF-8 and more than ASCII. */
  utf8: number;
  /** Lines that are not UTF-8. */
  invalid: number;
  /** Of these, lines with bytes that windows-1252 does not define. */
  undefined1252: number;
  /** In lines that are not UTF-8: bytes above 0x7f, those that follow another one, and those from 0x80 to 0x9f. */
  high: number;
  adjacent: number;
  c1: number;
}

function countLines(bytes: Uint8Array, cut: boolean, counts: LineCounts): void {
  for (let p = 0; p < bytes.length;) {
    const next = nextLine(bytes, p, bytes.length);
    // The last line of a cut may be broken within a character.
    if (cut && next === bytes.length && p > 0) break;
    const line = bytes.subarray(p, next);
    counts.lines++;
    if (!isAscii(line)) {
      if (isUtf8(line)) counts.utf8++;
      else countHigh(line, counts);
    }
    p = next;
  }
}

const WINDOWS_1252 = codePoints('windows-1252');

function countHigh(line: Uint8Array, counts: LineCounts): void {
  let undefinedBytes = 0;
  let before = 0;
  counts.invalid++;
  for (const byte of line) {
    if (byte > 0x7f) {
      counts.high++;
      if (before > 0x7f) counts.adjacent++;
      if (byte < 0xa0) counts.c1++;
      if (WINDOWS_1252[byte] === 0) undefinedBytes++;
    }
    before = byte;
  }
  if (undefinedBytes > 0) counts.undefined1252++;
}

function byteEncoding(counts: LineCounts): Omit<FoundEncoding, 'bom'> {
  const { lines, utf8, invalid, undefined1252, high, adjacent, c1 } = counts;
  const said = `${invalid} of ${lines} sampled lines are not UTF-8`;
  const western = undefined1252 <= invalid * INVALID_SHARE && !(high >= FOREIGN_BYTES && adjacent > high * FOREIGN_SHARE);
  if (invalid > lines * INVALID_SHARE) {
    if (!western) throw new AppError('encoding', `${said}, and what they hold cannot be told; the job may name the encoding.`);
  } else if (utf8 > 0 || invalid < TELLING_LINES || !western) {
    return { encoding: 'utf-8', evidence: invalid > 0 ? [`${said}; they are set aside.`] : [] };
  }
  const encoding = c1 > 0 ? 'windows-1252' : 'iso-8859-1';
  const because =
    c1 > 0
      ? `${c1} of ${high} bytes above 0x7f lie where only Windows-1252 has letters and signs`
      : `all ${high} bytes above 0x7f mean the same in ISO-8859-1 and Windows-1252`;
  return { encoding, evidence: [`${said}; ${because}.`] };
}
