import type { FindingCode } from '@attune/core';
import { emptyAccount, type ByteAccount, type RejectedRecord } from './account.js';
import { moveRecord, type Batch } from './batch.js';
import type { Characters } from './characters.js';
import { afterLineEnd, CR, FAULT, LF, lineEnd, MORE, type FieldScanner } from './field-scanner.js';
import type { RecordPlace, RecordReader } from './record-reader.js';
import { BeginsWith } from './begins-with.js';
import { trailersStart } from './trailers.js';
import { HALF_UNIT, utf16Bytes } from './utf16.js';

/** A faulty record whose physical line is being passed over, maybe in several reads. */
interface Fault {
  readonly code: FindingCode;
  readonly column: number;
  /** Offset of the source where the record starts. */
  readonly byteOffset: number;
  /** Line ends between the record's start and the field at fault. */
  readonly lines: number;
}

/** How a text is read; everything but the scanner is the same for every way to cut fields. */
export interface TextReading {
  readonly batch: Batch;
  /** Records that the batch has room for. */
  readonly capacity: number;
  readonly scanner: FieldScanner;
  readonly characters: Characters;
  readonly quote: number;
  readonly header: boolean;
  /** Bytes of the byte order mark, in the bytes that are read. */
  readonly bom: number;
  /** The bytes were decoded from UTF-16; offsets and lengths are counted in that. */
  readonly utf16: boolean;
  readonly comments: BeginsWith | undefined;
  readonly trailers: BeginsWith | undefined;
  /** Lines at the end of the text that are trailers, and the longest that one may be. */
  readonly trailerLines: number;
  readonly trailerBytes: number;
  /** Where reading begins, if not at the start of the text. */
  readonly at: RecordPlace | undefined;
}

/**
 * The reader of record for text in bytes that extend ASCII: every byte it consumes is header, accepted, quarantined,
 * blank or comment, and neither the cuts between reads nor the size of a batch change what is read.
 *
 * Resync, one rule for all faults of a scanner: the record is set aside up to the end of the physical line on which the
 * field at fault starts, and reading goes on at the next physical line. So a quote that was never closed costs its own
 * line, also when a later line closes it by accident and the text behind that quote gives it away. Of several faults the
 * first in the text counts; the field count is judged before the encoding.
 *
 * State goes from one record to the next only as (offset, line, ordinal), so a stream cut at record starts can be read
 * by several readers.
 */
export class TextReader implements RecordReader {
  readonly batch: Batch;
  readonly rejected: RejectedRecord[] = [];
  readonly account: ByteAccount = emptyAccount();
  offset: number;

  private readonly scanner: FieldScanner;
  /** Per record of the batch: where it lies in the buffer. */
  private readonly recordStart: Int32Array;
  private readonly recordEnd: Int32Array;
  private bomLeft: number;
  private headerAhead: boolean;
  private fault: Fault | undefined;
  private withinComment = false;
  private lineWhole = true;
  private readonly prefixed: boolean;
  private readonly utf16: boolean;
  private readonly capacity: number;
  line: number;
  private ordinal: number;

  constructor(private readonly reading: TextReading) {
    this.batch = reading.batch;
    this.scanner = reading.scanner;
    this.recordStart = new Int32Array(reading.capacity);
    this.recordEnd = new Int32Array(reading.capacity);
    const { at } = reading;
    this.bomLeft = at === undefined ? reading.bom : 0;
    this.headerAhead = at === undefined && reading.header;
    this.offset = at?.byteOffset ?? 0;
    this.line = at?.line ?? 1;
    this.ordinal = at?.records ?? 0;
    this.prefixed = reading.comments !== undefined || reading.trailers !== undefined;
    this.utf16 = reading.utf16;
    this.capacity = reading.capacity;
  }

  get midway(): boolean {
    return this.fault !== undefined || this.withinComment;
  }

  read(buf: Uint8Array, from: number, to: number, last: boolean, stopAt = Infinity): number {
    const { batch } = this;
    batch.buf = buf;
    batch.n = 0;
    this.rejected.length = 0;
    this.scanner.escapedCount = 0;
    let p = this.passBom(buf, from, to);
    let headerAhead = this.headerAhead;
    let stop = this.textEnd(buf, p, to);
    for (;;) {
      if (this.fault !== undefined || this.withinComment) {
        p = this.fault === undefined ? this.passComment(buf, p, stop, last) : this.passFault(buf, p, stop, last, this.fault);
        if (this.fault !== undefined || this.withinComment) break;
      }
      if (headerAhead && !this.headerAhead) {
        headerAhead = false;
        stop = this.textEnd(buf, p, to);
      }
      if (p >= stop || p >= stopAt || batch.n >= this.capacity) break;
      const next = this.readRecord(buf, p, stop, last);
      if (next === MORE) break;
      p = next;
    }
    if (last && p === stop) p = this.passTrailers(buf, p, to);
    if (batch.n > 0) this.settle(buf);
    return p - from;
  }

  /** Moves on from `p` to `end` and returns the bytes of the source that lie between. */
  private take(buf: Uint8Array, p: number, end: number): number {
    const bytes = this.utf16 ? utf16Bytes(buf, p, end) : end - p;
    this.offset += bytes;
    return bytes;
  }

  private passBom(buf: Uint8Array, from: number, to: number): number {
    if (this.bomLeft === 0) return from;
    const end = from + Math.min(this.bomLeft, to - from);
    this.bomLeft -= end - from;
    this.account.header += this.take(buf, from, end);
    return end;
  }

  /** Where the text ends for now: what may still turn out to be a trailer is held back. A header is never one. */
  private textEnd(buf: Uint8Array, p: number, to: number): number {
    const { trailerLines, trailerBytes } = this.reading;
    if (trailerLines === 0 || this.headerAhead) return to;
    return trailersStart(buf, p, to, trailerLines, trailerBytes, this.fault !== undefined || this.withinComment);
  }

  /** Reads the record, comment or blank line at `p` and returns the offset after it, or MORE. */
  private readRecord(buf: Uint8Array, p: number, to: number, last: boolean): number {
    const { scanner, batch, account } = this;
    const { width } = batch;
    if (buf[p] === LF || buf[p] === CR) return this.passBlank(buf, p, to, last);
    if (this.prefixed) {
      const begins = this.isNoRecord(buf, p, to, last);
      if (begins === MORE) return MORE;
      if (begins) return this.passComment(buf, p, to, last);
    }
    const escaped = scanner.escapedCount;
    const end = scanner.scan(buf, p, to, last, batch.n * width);
    if (end >= 0 && !this.headerAhead && scanner.fields === width) {
      const n = batch.n++;
      const bytes = this.utf16 ? utf16Bytes(buf, p, end) : end - p;
      batch.byteOffset[n] = this.offset;
      this.offset += bytes;
      batch.byteLength[n] = bytes;
      batch.line[n] = this.line;
      batch.record[n] = ++this.ordinal;
      this.recordStart[n] = p;
      this.recordEnd[n] = end;
      account.accepted += bytes;
      account.recordsAccepted++;
      this.line += scanner.lines + 1;
      return end;
    }
    scanner.escapedCount = escaped;
    if (end === MORE) return MORE;
    const byteOffset = this.offset;
    if (end === FAULT) {
      this.fault = { code: scanner.faultCode, column: scanner.fields, byteOffset, lines: scanner.lines };
      this.setAside(this.take(buf, p, scanner.faultAt));
      return scanner.faultAt;
    }
    this.setAside(this.take(buf, p, end));
    // Half a code unit that stands alone is no record with a field too few.
    const code = this.utf16 && end - p === 1 && buf[p] === HALF_UNIT ? 'text.invalid_encoding' : 'csv.field_count';
    this.finishAside(code, byteOffset, scanner.lines, code === 'csv.field_count' ? Math.min(scanner.fields, width) : 0);
    return end;
  }

  /** Whether a comment or a trailer begins at `p`, as far as prefixes tell. The header is no trailer. */
  private isNoRecord(buf: Uint8Array, p: number, to: number, last: boolean): boolean | typeof MORE {
    const { comments, trailers } = this.reading;
    const comment = comments?.at(buf, p, to, last) ?? false;
    if (comment !== false || this.headerAhead) return comment;
    return trailers?.at(buf, p, to, last) ?? false;
  }

  private passBlank(buf: Uint8Array, p: number, to: number, last: boolean): number {
    const end = afterLineEnd(buf, p, to, last);
    if (end === MORE) return MORE;
    this.account.blank += this.take(buf, p, end);
    this.account.blankLines++;
    this.line++;
    return end;
  }

  /** Where the rest of a physical line ends, as far as the bytes go; `lineWhole` says whether its line end is among them. */
  private restOfLine(buf: Uint8Array, p: number, to: number, last: boolean): number {
    const q = lineEnd(buf, p, to);
    const end = q < to ? afterLineEnd(buf, q, to, last) : last ? to : MORE;
    this.lineWhole = end !== MORE;
    return this.lineWhole ? end : q;
  }

  private passComment(buf: Uint8Array, p: number, to: number, last: boolean): number {
    const end = this.restOfLine(buf, p, to, last);
    this.account.comment += this.take(buf, p, end);
    this.withinComment = !this.lineWhole;
    if (this.lineWhole) this.line++;
    return end;
  }

  /** Passes over the rest of the faulty record's physical line; the fault is over when its end was seen. */
  private passFault(buf: Uint8Array, p: number, to: number, last: boolean, fault: Fault): number {
    const end = this.restOfLine(buf, p, to, last);
    this.setAside(this.take(buf, p, end));
    if (this.lineWhole) {
      this.finishAside(fault.code, fault.byteOffset, fault.lines, fault.column);
      this.fault = undefined;
    }
    return end;
  }

  /** Nothing but trailers and blank lines is left. */
  private passTrailers(buf: Uint8Array, from: number, to: number): number {
    let p = from;
    while (p < to) p = buf[p] === LF || buf[p] === CR ? this.passBlank(buf, p, to, true) : this.passComment(buf, p, to, true);
    return p;
  }

  /** Counts bytes of a record that is not accepted: the header is its own class, whatever is wrong with it. */
  private setAside(bytes: number): void {
    if (this.headerAhead) this.account.header += bytes;
    else this.account.quarantined += bytes;
  }

  /** The record from `byteOffset` up to here is done with. */
  private finishAside(code: FindingCode, byteOffset: number, lines: number, column: number): void {
    if (this.headerAhead) {
      this.headerAhead = false;
    } else {
      const byteLength = this.offset - byteOffset;
      this.rejected.push({ code, byteOffset, byteLength, line: this.line, record: ++this.ordinal, column });
      this.account.recordsQuarantined++;
    }
    this.line += lines + 1;
  }

  /** Takes records that are not in the encoding out of the batch, undoes doubled quotes in the others, and makes the batch UTF-8. */
  private settle(buf: Uint8Array): void {
    const { batch, scanner } = this;
    const { characters } = this.reading;
    const start = this.recordStart[0]!;
    const end = this.recordEnd[batch.n - 1]!;
    const clean = characters.areClean(buf, start, end);
    if (clean || characters.areValid?.(buf, start, end)) {
      for (let i = 0; i < scanner.escapedCount; i++) this.undouble(buf, scanner.escaped[i]!);
      if (!clean) characters.rewrite?.(batch, start, end);
      return;
    }
    const cells = scanner.escapedCount;
    let kept = 0;
    let escape = 0;
    for (let r = 0; r < batch.n; r++) {
      const bad = characters.firstInvalid(buf, this.recordStart[r]!, this.recordEnd[r]!);
      for (; escape < cells && scanner.escaped[escape]! < (r + 1) * batch.width; escape++) {
        if (bad < 0) this.undouble(buf, scanner.escaped[escape]!);
      }
      if (bad < 0) moveRecord(batch, r, kept++);
      else this.refuse(r, bad);
    }
    batch.n = kept;
    this.rejected.sort((a, b) => a.record - b.record);
    if (kept > 0) characters.rewrite?.(batch, start, end);
  }

  private refuse(r: number, bad: number): void {
    const { account } = this;
    const { width, starts, ends, byteOffset, byteLength, line, record } = this.batch;
    let column = 0;
    while (column < width && !(starts[r * width + column]! <= bad && bad < ends[r * width + column]!)) column++;
    const bytes = byteLength[r]!;
    this.rejected.push({
      code: 'text.invalid_encoding',
      byteOffset: byteOffset[r]!,
      byteLength: bytes,
      line: line[r]!,
      record: record[r]!,
      // Outside of all columns: a layout need not cover the whole line.
      ...(column < width ? { column } : {}),
    });
    account.accepted -= bytes;
    account.recordsAccepted--;
    account.quarantined += bytes;
    account.recordsQuarantined++;
  }

  private undouble(buf: Uint8Array, cell: number): void {
    const { starts, ends } = this.batch;
    const { quote } = this.reading;
    const end = ends[cell]!;
    let out = starts[cell]!;
    for (let p = out; p < end; p++) {
      const c = buf[p]!;
      buf[out++] = c;
      if (c === quote) p++;
    }
    ends[cell] = out;
  }
}
