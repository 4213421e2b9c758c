import { isUtf8 } from 'node:buffer';
import type { Characters } from './characters.js';

/**
 * The offset of the first byte of `buf[start, end)` that begins no well-formed UTF-8 sequence, or -1
 * (Unicode 15, table 3-7: no overlong forms, no surrogates, nothing above U+10FFFF).
 */
export function firstInvalidUtf8(buf: Uint8Array, start: number, end: number): number {
  let p = start;
  while (p < end) {
    const lead = buf[p]!;
    if (lead < 0x80) {
      p++;
      continue;
    }
    const length = sequenceLength(lead);
    if (length === 0 || p + length > end || !secondFits(lead, buf[p + 1]!)) return p;
    for (let i = 2; i < length; i++) if ((buf[p + i]! & 0xc0) !== 0x80) return p;
    p += length;
  }
  return -1;
}

function sequenceLength(lead: number): number {
  if (lead < 0xc2) return 0;
  if (lead < 0xe0) return 2;
  if (lead < 0xf0) return 3;
  return lead < 0xf5 ? 4 : 0;
}

/** The second byte carries the rules against overlong forms, surrogates and too large code points. */
function secondFits(lead: number, second: number): boolean {
  if (lead === 0xe0) return second >= 0xa0 && second <= 0xbf;
  if (lead === 0xed) return second >= 0x80 && second <= 0x9f;
  if (lead === 0xf0) return second >= 0x90 && second <= 0xbf;
  if (lead === 0xf4) return second >= 0x80 && second <= 0x8f;
  return second >= 0x80 && second <= 0xbf;
}

/** A text in UTF-8: only to be checked. */
export const utf8Characters: Characters = {
  areClean: (buf, start, end) => isUtf8(buf.subarray(start, end)),
  firstInvalid: firstInvalidUtf8,
};
