import { CR, LF } from './field-scanner.js';

/**
 * Where the last `lines` lines of `buf[from, to)` start; lines that hold nothing do not count. `to` when there is none.
 * While more bytes may follow, what lies before that offset is no trailer for certain, and the rest may be.
 * A line of more than `longest` bytes is no trailer, and none comes before it.
 * `within`: `from` lies within a line whose start has been read already, which therefore is no trailer either.
 */
export function trailersStart(buf: Uint8Array, from: number, to: number, lines: number, longest: number, within: boolean): number {
  let start = to;
  for (let left = lines; left > 0; left--) {
    let end = start;
    while (end > from && isLineEnd(buf[end - 1]!)) end--;
    if (end === from) break;
    const lowest = Math.max(from, end - longest - 1);
    let p = end;
    while (p > lowest && !isLineEnd(buf[p - 1]!)) p--;
    if (end - p > longest || (within && p === from)) break;
    start = p;
  }
  return start;
}

const isLineEnd = (byte: number): boolean => byte === LF || byte === CR;
