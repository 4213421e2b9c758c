import { Buffer, isAscii } from 'node:buffer';
import type { Encoding } from '@attune/core';
import type { Batch } from './batch.js';
import type { Characters } from './characters.js';

/** Code points of windows-1252 from 0x80 to 0x9f (WHATWG Encoding leaves the five gaps to the C1 controls; here they are invalid: 0). */
const WINDOWS_1252 = [
  0x20ac, 0, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0, 0x017d, 0, 0, 0x2018, 0x2019,
  0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0, 0x017e, 0x0178,
];

/** Code point of every byte; 0 for a byte above 0x7f that the encoding does not define. */
export function codePoints(encoding: 'iso-8859-1' | 'windows-1252'): Uint16Array {
  const points = Uint16Array.from({ length: 256 }, (_, byte) => byte);
  if (encoding === 'windows-1252') points.set(WINDOWS_1252, 0x80);
  return points;
}

export const isSingleByte = (encoding: Encoding): encoding is 'iso-8859-1' | 'windows-1252' =>
  encoding === 'iso-8859-1' || encoding === 'windows-1252';

/** The longest UTF-8 sequence of a character of these encodings. */
const MOST_BYTES = 3;

/**
 * Encodings of one byte per character that extend ASCII: tokenised as they are, so that offsets stay offsets of the source.
 * Only values with bytes above 0x7f are written anew: to the tail of a copy of the batch's bytes.
 */
export class SingleByteCharacters implements Characters {
  private readonly points: Uint16Array;
  /** Bytes that the encoding does not define. */
  private readonly gaps: readonly number[];
  private copy = new Uint8Array(0);

  constructor(encoding: 'iso-8859-1' | 'windows-1252') {
    this.points = codePoints(encoding);
    this.gaps = Array.from(this.points.keys()).filter((byte) => byte > 0x7f && this.points[byte] === 0);
  }

  areClean(buf: Uint8Array, start: number, end: number): boolean {
    return isAscii(buf.subarray(start, end));
  }

  areValid(buf: Uint8Array, start: number, end: number): boolean {
    const bytes = Buffer.from(buf.buffer, buf.byteOffset + start, end - start);
    return !this.gaps.some((byte) => bytes.includes(byte));
  }

  firstInvalid(buf: Uint8Array, start: number, end: number): number {
    for (let p = start; p < end; p++) if (buf[p]! > 0x7f && this.points[buf[p]!] === 0) return p;
    return -1;
  }

  rewrite(batch: Batch, start: number, end: number): void {
    const { buf, starts, ends } = batch;
    const cells = batch.n * batch.width;
    const copy = this.roomFor(batch, cells, start, end);
    let tail = end;
    for (let cell = 0; cell < cells; cell++) {
      const from = starts[cell]!;
      const to = ends[cell]!;
      if (!hasHigh(buf, from, to)) continue;
      starts[cell] = tail;
      for (let p = from; p < to; p++) tail = writeUtf8(this.points[buf[p]!]!, copy, tail);
      ends[cell] = tail;
    }
    batch.buf = copy;
  }

  /** A copy of `buf[start, end)` at the same offsets, with room behind it for every value, written anew. */
  private roomFor({ buf, starts, ends }: Batch, cells: number, start: number, end: number): Uint8Array {
    let needed = end;
    for (let cell = 0; cell < cells; cell++) needed += (ends[cell]! - starts[cell]!) * MOST_BYTES;
    if (this.copy.length < needed) this.copy = new Uint8Array(needed + (needed >> 2));
    this.copy.set(buf.subarray(start, end), start);
    return this.copy;
  }
}

function hasHigh(buf: Uint8Array, start: number, end: number): boolean {
  for (let p = start; p < end; p++) if (buf[p]! > 0x7f) return true;
  return false;
}

function writeUtf8(point: number, out: Uint8Array, at: number): number {
  if (point < 0x80) {
    out[at] = point;
    return at + 1;
  }
  if (point < 0x800) {
    out[at] = 0xc0 | (point >> 6);
    out[at + 1] = 0x80 | (point & 0x3f);
    return at + 2;
  }
  out[at] = 0xe0 | (point >> 12);
  out[at + 1] = 0x80 | ((point >> 6) & 0x3f);
  out[at + 2] = 0x80 | (point & 0x3f);
  return at + 3;
}
