import { upperOf } from './case-table.js';
import { codePointAt, codePointLength, writeCodePoint } from './utf8.js';

/** Writes [i, end) in capitals from `at`, which may be `i` of the same memory, and returns the new end: no capital has more bytes than its letter. */
export function writeCapitals(buf: Uint8Array, i: number, end: number, out: Uint8Array, at: number): number {
  while (i < end) {
    const byte = buf[i]!;
    if (byte < 0x80) {
      out[at++] = byte >= 0x61 && byte <= 0x7a ? byte - 0x20 : byte;
      i++;
      continue;
    }
    const length = codePointLength(buf, i, end);
    const code = codePointAt(buf, i, length);
    const capital = length === 1 ? code : upperOf(code);
    if (capital === code) for (let k = 0; k < length; k++) out[at++] = buf[i + k]!;
    else at = writeCodePoint(capital, out, at);
    i += length;
  }
  return at;
}
