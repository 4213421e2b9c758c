import { SPACE } from '../ascii/bytes.js';

/**
 * Length in bytes of the white space at `i`, 0 when there is none: blank, TAB, LF, CR, and beyond ASCII what Unicode calls
 * White_Space (U+00A0, U+1680, U+2000-U+200A, U+2028, U+2029, U+202F, U+205F, U+3000) and the byte order mark U+FEFF.
 * With VT and FF, which the cleaner removes as controls, it is the `\s` of JavaScript.
 */
export function spaceLength(buf: Uint8Array, i: number, end: number): number {
  const first = buf[i]!;
  if (first < 0x80) return first === SPACE || first === 0x09 || first === 0x0a || first === 0x0d ? 1 : 0;
  if (first < 0xc2 || first > 0xef) return 0;
  return wideSpaceLength(buf, i, end, first);
}

function wideSpaceLength(buf: Uint8Array, i: number, end: number, first: number): number {
  if (first === 0xc2) return i + 1 < end && buf[i + 1] === 0xa0 ? 2 : 0;
  if (i + 2 >= end) return 0;
  const second = buf[i + 1]!;
  const third = buf[i + 2]!;
  switch (first) {
    case 0xe1:
      return second === 0x9a && third === 0x80 ? 3 : 0;
    case 0xe2:
      if (second === 0x81) return third === 0x9f ? 3 : 0;
      if (second !== 0x80 || third < 0x80) return 0;
      return third <= 0x8a || third === 0xa8 || third === 0xa9 || third === 0xaf ? 3 : 0;
    case 0xe3:
      return second === 0x80 && third === 0x80 ? 3 : 0;
    case 0xef:
      return second === 0xbb && third === 0xbf ? 3 : 0;
    default:
      return 0;
  }
}

/** Length in bytes of the white space that ends at `end`, 0 when there is none. */
export function spaceLengthBefore(buf: Uint8Array, start: number, end: number): number {
  if (buf[end - 1]! < 0x80) return spaceLength(buf, end - 1, end);
  if (end - 2 >= start && spaceLength(buf, end - 2, end) === 2) return 2;
  return end - 3 >= start && spaceLength(buf, end - 3, end) === 3 ? 3 : 0;
}

/** Writes [i, end) from `at`, each run of white space as one blank, and returns the new end. */
export function collapseSpaces(buf: Uint8Array, i: number, end: number, out: Uint8Array, at: number): number {
  let inSpace = false;
  while (i < end) {
    const length = spaceLength(buf, i, end);
    if (length === 0) {
      out[at++] = buf[i++]!;
      inSpace = false;
    } else {
      if (!inSpace) out[at++] = SPACE;
      inSpace = true;
      i += length;
    }
  }
  return at;
}
