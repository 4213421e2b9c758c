import { isUtf8 } from 'node:buffer';
import type { Dialect, FindingCode } from '@attune/core';
import { emptyAccount, type ByteAccount, type RejectedRecord } from './account.js';
import { batchCapacity, createBatch, moveRecord, type Batch } from './batch.js';
import { TEXT_LIMITS, type TextLimits } from './limits.js';
import { afterLineEnd, CR, FAULT, LF, MORE, RecordScanner } from './scanner.js';
import { firstInvalidUtf8 } from './utf8.js';

/** A faulty record whose physical line is being passed over, maybe in several reads. */
interface Fault {
  readonly code: FindingCode;
  readonly column: number;
  /** Stream offset where the record starts. */
  readonly byteOffset: number;
  /** Line ends between the record's start and the field at fault. */
  readonly lines: number;
}

/**
 * The reader of record for delimited text in UTF-8 (RFC 4180, widened): every byte it consumes is header, accepted,
 * quarantined or blank, and neither the cuts between reads nor the size of a batch change what is read.
 *
 * Resync, one rule for `csv.unterminated_quote`, `csv.stray_quote` and `record.too_long`: the record is set aside up to
 * the end of the physical line on which the field at fault starts, and reading goes on at the next physical line.
 * So a quote that was never closed costs its own line, also when a later line closes it by accident and the text
 * behind that quote gives it away. Of several faults the first in the text counts; the field count is judged before the encoding.
 *
 * State goes from one record to the next only as (offset, line, ordinal), so a stream cut at record starts can be read
 * by several readers.
 */
export class DelimitedReader {
  readonly batch: Batch;
  readonly rejected: RejectedRecord[] = [];
  readonly account: ByteAccount = emptyAccount();

  private readonly scanner: RecordScanner;
  private readonly capacity: number;
  private readonly quote: number;
  private bomLeft: number;
  private headerAhead: boolean;
  private fault: Fault | undefined;
  /** Stream offset of the next byte to consume at the start of a read. */
  private offset = 0;
  private line = 1;
  private ordinal = 0;

  /** `width` is the number of columns of the header. `batchRecords` (8192) is lowered for wide records. */
  constructor(
    dialect: Dialect,
    private readonly width: number,
    options: { limits?: Partial<TextLimits>; batchRecords?: number } = {},
  ) {
    this.capacity = batchCapacity(width, options.batchRecords);
    this.batch = createBatch(width, this.capacity);
    this.scanner = new RecordScanner(dialect, width, { ...TEXT_LIMITS, ...options.limits }, this.batch.starts, this.batch.ends);
    this.quote = dialect.quote;
    this.bomLeft = dialect.bom;
    this.headerAhead = dialect.header;
  }

  /**
   * Reads records of `buf[from, to)` into `batch` and `rejected` (both emptied first) until the batch is full or no
   * complete record is left. `last`: the stream ends at `to`; a stream ends with such a call, be it without bytes.
   * Returns the bytes consumed; the caller presents the rest again, followed by more bytes. It grows its buffer when
   * nothing was consumed and nothing fits: never beyond the limit of a record and one chunk.
   * Bytes of accepted records may change (doubled quotes are undone in place); those of rejected records do not.
   */
  read(buf: Uint8Array, from: number, to: number, last: boolean): number {
    this.batch.buf = buf;
    this.batch.n = 0;
    this.rejected.length = 0;
    this.scanner.escapedCount = 0;
    const shift = this.offset - from;
    let p = this.passBom(from, to);
    for (;;) {
      if (this.fault !== undefined) {
        p = this.passFault(buf, p, to, last, shift);
        if (this.fault !== undefined) break;
      }
      if (p >= to || this.batch.n >= this.capacity) break;
      const next = this.readRecord(buf, p, to, last, shift);
      if (next === MORE) break;
      p = next;
    }
    if (this.batch.n > 0) this.settle(buf, shift);
    this.offset += p - from;
    return p - from;
  }

  private passBom(from: number, to: number): number {
    const bytes = Math.min(this.bomLeft, to - from);
    this.bomLeft -= bytes;
    this.account.header += bytes;
    return from + bytes;
  }

  /** Reads the record or blank line at `p` and returns the offset after it, or MORE. */
  private readRecord(buf: Uint8Array, p: number, to: number, last: boolean, shift: number): number {
    const { scanner, batch, account } = this;
    if (buf[p] === LF || buf[p] === CR) return this.passBlank(buf, p, to, last);
    const escaped = scanner.escapedCount;
    const end = scanner.scan(buf, p, to, last, batch.n * this.width);
    if (end >= 0 && !this.headerAhead && scanner.fields === this.width) {
      const n = batch.n++;
      batch.byteOffset[n] = p + shift;
      batch.byteLength[n] = end - p;
      batch.line[n] = this.line;
      batch.record[n] = ++this.ordinal;
      account.accepted += end - p;
      account.recordsAccepted++;
      this.line += scanner.lines + 1;
      return end;
    }
    scanner.escapedCount = escaped;
    if (end === MORE) return MORE;
    if (end === FAULT) {
      this.fault = { code: scanner.faultCode, column: scanner.fields, byteOffset: p + shift, lines: scanner.lines };
      this.setAside(scanner.faultAt - p);
      return scanner.faultAt;
    }
    this.setAside(end - p);
    this.finishAside('csv.field_count', p + shift, end - p, scanner.lines, Math.min(scanner.fields, this.width));
    return end;
  }

  private passBlank(buf: Uint8Array, p: number, to: number, last: boolean): number {
    const end = afterLineEnd(buf, p, to, last);
    if (end === MORE) return MORE;
    this.account.blank += end - p;
    this.account.blankLines++;
    this.line++;
    return end;
  }

  /** Passes over the rest of the faulty record's physical line, as far as the bytes go; the fault is over when its end was seen. */
  private passFault(buf: Uint8Array, p: number, to: number, last: boolean, shift: number): number {
    let q = p;
    while (q < to && buf[q] !== LF && buf[q] !== CR) q++;
    const end = q < to ? afterLineEnd(buf, q, to, last) : last ? to : MORE;
    const reached = end === MORE ? q : end;
    this.setAside(reached - p);
    const fault = this.fault;
    if (end !== MORE && fault !== undefined) {
      this.finishAside(fault.code, fault.byteOffset, end + shift - fault.byteOffset, fault.lines, fault.column);
      this.fault = undefined;
    }
    return reached;
  }

  /** Counts bytes of a record that is not accepted: the header is its own class, whatever is wrong with it. */
  private setAside(bytes: number): void {
    if (this.headerAhead) this.account.header += bytes;
    else this.account.quarantined += bytes;
  }

  private finishAside(code: FindingCode, byteOffset: number, byteLength: number, lines: number, column: number): void {
    if (this.headerAhead) {
      this.headerAhead = false;
    } else {
      this.rejected.push({ code, byteOffset, byteLength, line: this.line, record: ++this.ordinal, column });
      this.account.recordsQuarantined++;
    }
    this.line += lines + 1;
  }

  /** Takes records that are not UTF-8 out of the batch and undoes doubled quotes in the others. */
  private settle(buf: Uint8Array, shift: number): void {
    const { batch, scanner } = this;
    const end = batch.byteOffset[batch.n - 1]! + batch.byteLength[batch.n - 1]! - shift;
    if (isUtf8(buf.subarray(batch.byteOffset[0]! - shift, end))) {
      for (let i = 0; i < scanner.escapedCount; i++) this.undouble(buf, scanner.escaped[i]!);
      return;
    }
    let kept = 0;
    let escape = 0;
    for (let r = 0; r < batch.n; r++) {
      const start = batch.byteOffset[r]! - shift;
      const bad = firstInvalidUtf8(buf, start, start + batch.byteLength[r]!);
      for (; escape < scanner.escapedCount && scanner.escaped[escape]! < (r + 1) * this.width; escape++) {
        if (bad < 0) this.undouble(buf, scanner.escaped[escape]!);
      }
      if (bad < 0) moveRecord(batch, r, kept++);
      else this.refuse(r, bad);
    }
    batch.n = kept;
    this.rejected.sort((a, b) => a.record - b.record);
  }

  private refuse(r: number, bad: number): void {
    const { batch, account, width } = this;
    let column = 0;
    while (column < width - 1 && batch.ends[r * width + column]! <= bad) column++;
    const byteLength = batch.byteLength[r]!;
    this.rejected.push({
      code: 'text.invalid_encoding',
      byteOffset: batch.byteOffset[r]!,
      byteLength,
      line: batch.line[r]!,
      record: batch.record[r]!,
      column,
    });
    account.accepted -= byteLength;
    account.recordsAccepted--;
    account.quarantined += byteLength;
    account.recordsQuarantined++;
  }

  private undouble(buf: Uint8Array, cell: number): void {
    const { starts, ends } = this.batch;
    const end = ends[cell]!;
    let out = starts[cell]!;
    for (let p = out; p < end; p++) {
      const c = buf[p]!;
      buf[out++] = c;
      if (c === this.quote) p++;
    }
    ends[cell] = out;
  }
}
