import type { FindingCode, LayoutColumn } from '@attune/core';
import { afterLineEnd, CR, FAULT, LF, MORE, type FieldScanner } from '../text/field-scanner.js';
import { HALF_UNIT } from '../text/utf16.js';

const BLANK = 0x20;

/** UTF-8 bytes of one unit of the layout, at most. */
const MOST_BYTES = 3;

/**
 * Cuts lines by a layout. Every line has to be exactly as long as the layout reaches; columns may leave gaps and overlap.
 * Blanks at the end of a field are padding and are not part of it. A border within a character is a fault of the encoding.
 */
export class FixedWidthScanner implements FieldScanner {
  fields = 0;
  readonly lines = 0;
  faultCode: FindingCode = 'fixed_width.length';
  faultAt = 0;
  readonly escaped = new Int32Array(0);
  escapedCount = 0;

  private readonly from: Int32Array;
  private readonly until: Int32Array;
  /** Units of a line, its end not counted. */
  private readonly length: number;
  /** Of UTF-16: where each unit of the line starts, -1 within a surrogate pair. */
  private readonly unitAt: Int32Array;

  constructor(
    layout: readonly LayoutColumn[],
    /** `byte`: columns are bytes. `utf-8`: the same, and borders must not cut a character. `utf-16`: columns are code units, the text is in UTF-8. */
    private readonly unit: 'byte' | 'utf-8' | 'utf-16',
    private readonly starts: Int32Array,
    private readonly ends: Int32Array,
  ) {
    this.from = Int32Array.from(layout, ({ start }) => start);
    this.until = Int32Array.from(layout, ({ start, length }) => start + length);
    this.length = layoutLength(layout);
    this.unitAt = new Int32Array(unit === 'utf-16' ? this.length + 1 : 0);
  }

  scan(buf: Uint8Array, start: number, to: number, last: boolean, base: number): number {
    // Half a code unit may follow the last whole one.
    const longest = this.unit === 'utf-16' ? this.length * MOST_BYTES + 1 : this.length;
    let p = start;
    const stop = Math.min(to, start + longest + 1);
    while (p < stop && buf[p] !== LF && buf[p] !== CR) p++;
    if (p - start > longest) return this.fault('fixed_width.length', this.from.length, start);
    if (p === to && !last) return MORE;
    const next = p < to ? afterLineEnd(buf, p, to, last) : to;
    if (next === MORE) return MORE;
    const units = this.unit === 'utf-16' ? this.measure(buf, start, p) : p - start;
    if (this.unit === 'utf-16' && p - start === 1 && buf[start] === HALF_UNIT) return this.fault('text.invalid_encoding', 0, start);
    if (units !== this.length) return this.fault('fixed_width.length', this.firstMissing(units), start);
    const cut = this.unit === 'utf-16' ? this.cutUnits(buf, base) : this.cutBytes(buf, start, p, base);
    if (cut >= 0) return this.fault('text.invalid_encoding', cut, start);
    this.fields = this.from.length;
    return next;
  }

  /** Writes the offsets of all fields; returns a field whose border lies within a character, or -1. */
  private cutBytes(buf: Uint8Array, start: number, end: number, base: number): number {
    const { from, until, starts, ends } = this;
    const whole = this.unit === 'utf-8';
    for (let k = 0; k < from.length; k++) {
      const s = start + from[k]!;
      let e = start + until[k]!;
      if (whole && (continues(buf[s]!) || (e < end && continues(buf[e]!)))) return k;
      while (e > s && buf[e - 1] === BLANK) e--;
      starts[base + k] = s;
      ends[base + k] = e;
    }
    return -1;
  }

  private cutUnits(buf: Uint8Array, base: number): number {
    const { from, until, starts, ends, unitAt } = this;
    for (let k = 0; k < from.length; k++) {
      const s = unitAt[from[k]!]!;
      let e = unitAt[until[k]!]!;
      if (s < 0 || e < 0) return k;
      while (e > s && buf[e - 1] === BLANK) e--;
      starts[base + k] = s;
      ends[base + k] = e;
    }
    return -1;
  }

  /** Notes where the code units of the line start and returns how many there are; at most one more than the layout has is counted. */
  private measure(buf: Uint8Array, start: number, end: number): number {
    const { unitAt, length } = this;
    let units = 0;
    for (let p = start; p < end && units <= length; p++) {
      const byte = buf[p]!;
      if (continues(byte) || byte === HALF_UNIT) continue;
      unitAt[units++] = p;
      if (byte >= 0xf0 && units <= length) unitAt[units++] = -1;
    }
    if (units <= length) unitAt[units] = end;
    return units;
  }

  private firstMissing(units: number): number {
    const missing = this.until.findIndex((until) => until > units);
    return missing < 0 ? this.from.length : missing;
  }

  private fault(code: FindingCode, field: number, at: number): number {
    this.faultCode = code;
    this.fields = field;
    this.faultAt = at;
    return FAULT;
  }
}

/** Units of a line of this layout. */
export const layoutLength = (layout: readonly LayoutColumn[]): number =>
  layout.reduce((end, { start, length }) => Math.max(end, start + length), 0);

const continues = (byte: number): boolean => (byte & 0xc0) === 0x80;
