import type { CanonicalRecord } from './canonical-record.js';

const QUOTE = 0x22;

/** Bytes by which a row grows when its special values are put in quotes with the quotes inside doubled (RFC 4180). */
export function quotingBytes({ values, valueStart, valueEnd, special }: CanonicalRecord): number {
  let bytes = 0;
  for (let c = 0; c < special.length; c++) {
    if (special[c] === 0) continue;
    bytes += 2;
    for (let i = valueStart[c]!; i < valueEnd[c]!; i++) if (values[i] === QUOTE) bytes++;
  }
  return bytes;
}

/**
 * Puts the special values of the row that ends at `end` in quotes, in place and from its end: what lies before the first of them stays
 * where it is. There is room for `bytes` more; afterwards `valueStart` and `valueEnd` say nothing any more.
 */
export function quoteInPlace({ values, valueStart, valueEnd, special }: CanonicalRecord, end: number, bytes: number): void {
  let from = end;
  let to = end + bytes;
  for (let c = special.length - 1; to > from; c--) {
    if (special[c] === 0) continue;
    // What follows the value moves as one piece.
    const after = valueEnd[c]!;
    values.copyWithin(to - (from - after), after, from);
    to -= from - after;
    values[--to] = QUOTE;
    for (let i = after - 1; i >= valueStart[c]!; i--) {
      const byte = values[i]!;
      values[--to] = byte;
      if (byte === QUOTE) values[--to] = QUOTE;
    }
    values[--to] = QUOTE;
    from = valueStart[c]!;
  }
}
