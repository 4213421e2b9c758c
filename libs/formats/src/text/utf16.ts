/** Stands in the decoded text for a single byte at the end of the stream: half of a code unit. Never part of UTF-8. */
export const HALF_UNIT = 0xff;

/** Bytes that one byte of UTF-16 can become, at most: a code unit of two bytes becomes up to three. */
export const MOST_GROWTH = 1.5;

/**
 * Writes UTF-16 as UTF-8, in pieces. What is no character stays visible: an unpaired surrogate is written as the three bytes that
 * it would have (which UTF-8 forbids), and half a code unit as 0xff. So offsets of the source follow from the written bytes alone.
 */
export class Utf16Decoder {
  private readonly high: number;
  private readonly low: number;
  /** Where the last call has stopped writing. */
  written = 0;

  constructor(encoding: 'utf-16le' | 'utf-16be') {
    this.high = encoding === 'utf-16le' ? 1 : 0;
    this.low = 1 - this.high;
  }

  /**
   * Decodes `buf[from, to)` to `out` from `at` on, which needs room for 1.5 times as many bytes (and one).
   * Returns where it stopped: before `to` when the bytes end within a character and `last` is false.
   */
  decode(buf: Uint8Array, from: number, to: number, last: boolean, out: Uint8Array, at: number): number {
    const { high, low } = this;
    let p = from;
    while (p + 1 < to) {
      const unit = (buf[p + high]! << 8) | buf[p + low]!;
      if (unit < 0x80) {
        out[at++] = unit;
        p += 2;
        continue;
      }
      const leads = (unit & 0xfc00) === 0xd800;
      if (leads && p + 3 >= to && !last) break;
      const next = leads && p + 3 < to ? (buf[p + 2 + high]! << 8) | buf[p + 2 + low]! : 0;
      if ((next & 0xfc00) === 0xdc00) {
        at = writeFour(0x10000 + ((unit & 0x3ff) << 10) + (next & 0x3ff), out, at);
        p += 4;
        continue;
      }
      if (unit < 0x800) {
        out[at++] = 0xc0 | (unit >> 6);
      } else {
        out[at++] = 0xe0 | (unit >> 12);
        out[at++] = 0x80 | ((unit >> 6) & 0x3f);
      }
      out[at++] = 0x80 | (unit & 0x3f);
      p += 2;
    }
    if (last && p + 1 === to) {
      out[at++] = HALF_UNIT;
      p++;
    }
    this.written = at;
    return p;
  }
}

function writeFour(point: number, out: Uint8Array, at: number): number {
  out[at] = 0xf0 | (point >> 18);
  out[at + 1] = 0x80 | ((point >> 12) & 0x3f);
  out[at + 2] = 0x80 | ((point >> 6) & 0x3f);
  out[at + 3] = 0x80 | (point & 0x3f);
  return at + 4;
}

/** Bytes of the UTF-16 that `text[start, end)` was decoded from; it begins and ends between characters. */
export function utf16Bytes(text: Uint8Array, start: number, end: number): number {
  let bytes = 0;
  for (let p = start; p < end; p++) {
    const byte = text[p]!;
    if (byte < 0x80) bytes += 2;
    else if (byte >= 0xc0) bytes += byte < 0xf0 ? 2 : byte === HALF_UNIT ? 1 : 4;
  }
  return bytes;
}
