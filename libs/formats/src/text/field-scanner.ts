import type { FindingCode } from '@attune/core';

export const LF = 10;
export const CR = 13;

/** The record does not end in the bytes at hand. */
export const MORE = -1;
/** The record breaks a rule; `faultCode`, `fields` and `faultAt` say which one and where. */
export const FAULT = -2;

/** Finds the fields of one record. All that a scan has found out is in the members until the next scan. */
export interface FieldScanner {
  /** Fields of the record; after a fault the ordinal of the field at fault. */
  readonly fields: number;
  /** Line ends inside quotes of the record; after a fault those before the field at fault. */
  readonly lines: number;
  readonly faultCode: FindingCode;
  /** Where the field at fault starts. */
  readonly faultAt: number;
  /** Cells with doubled quotes in them, in order; the owner takes back those of a record that it does not keep. */
  readonly escaped: Int32Array;
  escapedCount: number;

  /**
   * Scans the record at `start` and writes its offsets from cell `base` on. `last`: the stream ends at `to`.
   * Returns the offset after its line end, MORE or FAULT. Limits and faults do not depend on where the bytes were cut.
   */
  scan(buf: Uint8Array, start: number, to: number, last: boolean, base: number): number;
}

/** The offset after the line end at `p`; MORE while it is open whether a CR is half of a CRLF. */
export function afterLineEnd(buf: Uint8Array, p: number, to: number, last: boolean): number {
  if (buf[p] === LF) return p + 1;
  if (p + 1 < to) return buf[p + 1] === LF ? p + 2 : p + 1;
  return last ? p + 1 : MORE;
}

/** The offset of the first line end at or after `p`, or `to`. */
export function lineEnd(buf: Uint8Array, p: number, to: number): number {
  while (p < to && buf[p] !== LF && buf[p] !== CR) p++;
  return p;
}

/** The offset of the line after the one that `p` lies in, or `to`; the bytes end at `to`. */
export function nextLine(buf: Uint8Array, p: number, to: number): number {
  const end = lineEnd(buf, p, to);
  return end < to ? afterLineEnd(buf, end, to, true) : to;
}
