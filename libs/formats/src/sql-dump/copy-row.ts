import type { FindingCode } from '@attune/core';
import { MORE } from '../text/field-scanner.js';
import type { TextLimits } from '../text/limits.js';
import { BACKSLASH, CR, LF, TAB } from './lexer.js';
import type { Cells } from './tuple.js';
import { COPY } from './unescape.js';

/** The row is longer than records may be. */
export const TOO_LONG = -2;

const UPPER_N = 0x4e;
const DOT = 0x2e;

/** Finds the fields of one line of a COPY block in text format (PostgreSQL, COPY, section File Formats). */
export class CopyRowScanner {
  fields = 0;
  /** What is wrong with the row, and with which of its fields; nothing where `faultCode` is undefined. */
  faultCode: FindingCode | undefined;
  faultColumn = 0;
  /** The line is the mark that ends the block. */
  isEnd = false;

  constructor(
    private readonly width: number,
    private readonly limits: TextLimits,
    private readonly cells: Cells,
  ) {}

  /** Scans the line at `start`; returns the offset after its line end, MORE or TOO_LONG. Only the first `width` fields are noted. */
  scan(buf: Uint8Array, start: number, to: number, last: boolean, base: number): number {
    const { width, limits } = this;
    this.fields = 0;
    this.faultCode = undefined;
    this.isEnd = false;
    let from = start;
    let escaped = false;
    let p = start;
    const most = Math.min(to, start + limits.recordBytes + 2);
    for (; p < most; p++) {
      const c = buf[p]!;
      if (c === LF) break;
      if (c === TAB) {
        this.field(buf, from, p, escaped, base);
        from = p + 1;
        escaped = false;
      } else if (c === BACKSLASH) {
        escaped = true;
        // Whatever follows a backslash belongs to the value, a tabulator too.
        if (buf[p + 1] !== LF) p++;
      }
    }
    if (p >= most && most < to) return TOO_LONG;
    if (p >= to && !last) return MORE;
    const text = p > start && buf[p - 1] === CR && p <= to ? p - 1 : Math.min(p, to);
    this.isEnd = text - start === 2 && buf[start] === BACKSLASH && buf[start + 1] === DOT;
    if (this.isEnd) return Math.min(to, p + 1);
    this.field(buf, from, Math.max(from, text), escaped, base);
    if (this.faultCode === undefined && this.fields !== width) {
      this.faultCode = 'sql.value_count';
      this.faultColumn = Math.min(this.fields, width);
    }
    return Math.min(to, p + 1);
  }

  private field(buf: Uint8Array, start: number, end: number, escaped: boolean, base: number): void {
    const field = this.fields++;
    if (end - start > this.limits.fieldBytes && this.faultCode === undefined) {
      this.faultCode = 'record.too_long';
      this.faultColumn = field;
    }
    if (field >= this.width) return;
    const none = escaped && end - start === 2 && buf[start + 1] === UPPER_N;
    this.cells.starts[base + field] = none ? -1 : start;
    this.cells.ends[base + field] = none ? -1 : end;
    if (escaped && !none) this.cells.escaped(base + field, COPY, 0);
  }
}
