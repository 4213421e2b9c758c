import { COMMA, ZERO, isDigit } from './bytes.js';

/**
 * The end of the digits that begin at `i`, thousands commas included; `i` when there is none.
 * -1 when a comma does not stand before groups of exactly three digits: `1,23` may be a decimal comma, and that is not guessed.
 */
export function groupedDigitsEnd(buf: Uint8Array, i: number, end: number): number {
  let run = 0;
  let grouped = false;
  for (; i < end; i++) {
    const byte = buf[i]!;
    if (isDigit(byte)) {
      run++;
    } else if (byte === COMMA) {
      if (grouped ? run !== 3 : run < 1 || run > 3) return -1;
      grouped = true;
      run = 0;
    } else {
      break;
    }
  }
  return grouped && run !== 3 ? -1 : i;
}

/** Writes the digits of [i, end) without commas and without leading zeros; nothing at all for zero. Returns the new end. */
export function copySignificantDigits(buf: Uint8Array, i: number, end: number, out: Uint8Array, at: number): number {
  const from = at;
  for (; i < end; i++) {
    const byte = buf[i]!;
    if (byte === COMMA || (byte === ZERO && at === from)) continue;
    out[at++] = byte;
  }
  return at;
}
