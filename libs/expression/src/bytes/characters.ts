import { CAPITAL_LETTERS, LETTERS_END, SMALL_LETTERS } from '../letters.js';

const isLead = (byte: number): boolean => (byte & 0xc0) !== 0x80;

/** Characters (code points) of `buf[start, end)`. */
export function characters(buf: Uint8Array, start: number, end: number): number {
  let count = 0;
  for (let i = start; i < end; i++) if (isLead(buf[i]!)) count++;
  return count;
}

/** Where the text is after `count` characters, or its end. */
export function afterCharacters(buf: Uint8Array, start: number, end: number, count: number): number {
  let i = start;
  for (let left = count; i < end; i++) if (isLead(buf[i]!) && left-- === 0) return i;
  return i;
}

/** Where the last `count` characters begin, or the start. */
export function beforeCharacters(buf: Uint8Array, start: number, end: number, count: number): number {
  let left = count;
  for (let i = end - 1; i >= start; i--) if (isLead(buf[i]!) && --left === 0) return i;
  return start;
}

/** Bytes of the white space that begins at `i`; 0 when there is none. The same characters as `WHITE_SPACE`. */
export function spaceLength(buf: Uint8Array, i: number, end: number): number {
  const byte = buf[i]!;
  if (byte < 0x80) return byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d ? 1 : 0;
  if (byte === 0xc2) return i + 1 < end && buf[i + 1] === 0xa0 ? 2 : 0;
  if (i + 2 >= end) return 0;
  const second = buf[i + 1]!;
  const third = buf[i + 2]!;
  if (byte === 0xe2 && second === 0x80)
    return (third >= 0x80 && third <= 0x8a) || third === 0xa8 || third === 0xa9 || third === 0xaf ? 3 : 0;
  const isOther =
    (byte === 0xe1 && second === 0x9a && third === 0x80) ||
    (byte === 0xe2 && second === 0x81 && third === 0x9f) ||
    (byte === 0xe3 && second === 0x80 && third === 0x80) ||
    (byte === 0xef && second === 0xbb && third === 0xbf);
  return isOther ? 3 : 0;
}

/** Per code point below `LETTERS_END`, the letter that takes its place. */
function letterTable(from: string, to: string): Uint16Array {
  const table = Uint16Array.from({ length: LETTERS_END }, (_, code) => code);
  for (let i = 0; i < from.length; i++) table[from.charCodeAt(i)] = to.charCodeAt(i);
  return table;
}

export const TO_CAPITAL = letterTable(SMALL_LETTERS, CAPITAL_LETTERS);
export const TO_SMALL = letterTable(CAPITAL_LETTERS, SMALL_LETTERS);

/** Writes the letters of `buf[start, end)` by the table to `out[at…]`; the length stays the same. */
export function writeLetters(table: Uint16Array, buf: Uint8Array, start: number, end: number, out: Uint8Array, at: number): void {
  let to = at;
  for (let i = start; i < end; i++) {
    const byte = buf[i]!;
    if (byte < 0x80) out[to++] = table[byte]!;
    else if (byte >= 0xc2 && byte <= 0xd4 && i + 1 < end) {
      const code = ((byte & 0x1f) << 6) | (buf[++i]! & 0x3f);
      const letter = code < LETTERS_END ? table[code]! : code;
      out[to++] = 0xc0 | (letter >> 6);
      out[to++] = 0x80 | (letter & 0x3f);
    } else out[to++] = byte;
  }
}

/** Negative, 0 or positive as the first text comes before the second, is equal or comes after it: by bytes, as DuckDB orders texts. */
export function compareTexts(a: Uint8Array, aStart: number, aEnd: number, b: Uint8Array, bStart: number, bEnd: number): number {
  const size = Math.min(aEnd - aStart, bEnd - bStart);
  for (let i = 0; i < size; i++) {
    const difference = a[aStart + i]! - b[bStart + i]!;
    if (difference !== 0) return difference;
  }
  return aEnd - aStart - (bEnd - bStart);
}
