import type { Dialect, FindingCode } from '@attune/core';
import { afterLineEnd, CR, FAULT, LF, MORE, type FieldScanner } from '../text/field-scanner.js';
import type { TextLimits } from '../text/limits.js';

/**
 * Finds the fields of one record (RFC 4180, with LF, CRLF and lone CR as line ends).
 * A quote opens only at the start of a field; elsewhere it is data.
 */
export class DelimitedScanner implements FieldScanner {
  fields = 0;
  lines = 0;
  faultCode: FindingCode = 'record.too_long';
  faultAt = 0;
  /** Fields of the record that quotes enclose; unchanged by a fault. */
  enclosed = 0;
  escaped = new Int32Array(1024);
  escapedCount = 0;

  private readonly delimiter: number;
  private readonly quote: number;
  private doubled = false;

  /** Offsets of at most `width` fields of a record go to `starts` and `ends`; further fields are only counted. */
  constructor(
    dialect: Pick<Dialect, 'delimiter' | 'quote'>,
    private readonly width: number,
    private readonly limits: TextLimits,
    private readonly starts: Int32Array,
    private readonly ends: Int32Array,
  ) {
    this.delimiter = dialect.delimiter;
    this.quote = dialect.quote === 0 ? -1 : dialect.quote;
  }

  scan(buf: Uint8Array, start: number, to: number, last: boolean, base: number): number {
    const { delimiter, quote, width, starts, ends } = this;
    const fieldBytes = this.limits.fieldBytes;
    const recordCap = start + this.limits.recordBytes;
    const highest = delimiter > CR ? delimiter : CR;
    let p = start;
    let k = 0;
    let enclosed = 0;
    this.lines = 0;
    for (;;) {
      const s = p;
      let c = LF;
      if (p < to && buf[p] === quote && p <= recordCap) {
        const linesBefore = this.lines;
        const close = this.closingQuote(buf, s, to, last, Math.min(s + fieldBytes, recordCap));
        if (close === MORE) return MORE;
        if (close === FAULT) return this.fault('csv.unterminated_quote', k, s);
        p = close + 1;
        if (p < to) {
          c = buf[p]!;
          if (c !== delimiter && c !== LF && c !== CR) {
            this.lines = linesBefore;
            return this.fault('csv.stray_quote', k, s);
          }
        } else if (!last) return MORE;
        enclosed++;
        if (k < width) {
          starts[base + k] = s + 1;
          ends[base + k] = close;
          if (this.doubled) this.noteEscaped(base + k);
        }
      } else {
        while (p < to) {
          c = buf[p]!;
          if (c <= highest && (c === delimiter || c === LF || c === CR)) break;
          p++;
        }
        if (p - s > fieldBytes || p > recordCap) return this.fault('record.too_long', k, s);
        if (p === to && !last) return MORE;
        if (k < width) {
          starts[base + k] = s;
          ends[base + k] = p;
        }
      }
      k++;
      if (p < to && c === delimiter) {
        p++;
        continue;
      }
      this.fields = k;
      this.enclosed = enclosed;
      if (p === to) return to;
      return afterLineEnd(buf, p, to, last);
    }
  }

  /**
   * Finds the quote that closes the field opened at `open`; it must lie before `cap`.
   * Line ends count once each: of CRLF the LF counts.
   */
  private closingQuote(buf: Uint8Array, open: number, to: number, last: boolean, cap: number): number {
    const quote = this.quote;
    const most = this.limits.recordLines;
    const stop = Math.min(to, cap);
    let lines = this.lines;
    let p = open + 1;
    this.doubled = false;
    while (p < stop) {
      const c = buf[p]!;
      if (c === quote) {
        if (p + 1 === to && !last) return MORE;
        if (p + 1 === to || buf[p + 1] !== quote) {
          this.lines = lines;
          return p;
        }
        this.doubled = true;
        p += 2;
        continue;
      }
      if (c <= CR && (c === LF || (c === CR && (p + 1 === to || buf[p + 1] !== LF)))) {
        if (++lines >= most) return FAULT;
      }
      p++;
    }
    return last || cap <= to ? FAULT : MORE;
  }

  private fault(code: FindingCode, field: number, at: number): number {
    this.faultCode = code;
    this.fields = field;
    this.faultAt = at;
    return FAULT;
  }

  private noteEscaped(cell: number): void {
    if (this.escapedCount === this.escaped.length) {
      const wider = new Int32Array(this.escaped.length * 2);
      wider.set(this.escaped);
      this.escaped = wider;
    }
    this.escaped[this.escapedCount++] = cell;
  }
}
