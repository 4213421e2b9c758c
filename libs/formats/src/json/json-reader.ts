import type { FindingCode, JsonRecords } from '@attune/core';
import { emptyAccount, type ByteAccount, type RejectedRecord } from '../text/account.js';
import { batchCapacity, createBatch, moveRecord, type Batch } from '../text/batch.js';
import { FAULT, MORE } from '../text/field-scanner.js';
import { TEXT_LIMITS, type TextLimits } from '../text/limits.js';
import type { ReaderOptions, RecordReader, TextPlan } from '../text/record-reader.js';
import { utf16Bytes } from '../text/utf16.js';
import { BrokenRecord } from './broken-record.js';
import { CLOSE_BRACKET, COMMA, countLines, CR, isSpace, LF, OPEN_BRACE, passSpace, SPACE, TAB } from './bytes.js';
import { Envelope } from './envelope.js';
import { KeyTrie } from './key-trie.js';
import { JsonScanner } from './scanner.js';
import { JsonValues } from './values.js';

/** Bytes of U+FEFF in UTF-8, as which UTF-16 is read. */
const UTF8_BOM_BYTES = 3;

/** What is being passed over, maybe in several reads: a record that is not sound, or everything up to the end of the text. */
interface Aside {
  readonly code: FindingCode;
  readonly byteOffset: number;
  readonly line: number;
  /** Undefined: it ends with its line, or `rest`. */
  readonly broken: BrokenRecord | undefined;
  readonly rest: boolean;
}

/** What stands at a place between records. */
const RECORD = -3;

/**
 * The reader of record for JSON in bytes that extend ASCII: records are objects, one a line, one after another, or the elements of an
 * array. Every byte is header (the text around the array), accepted, quarantined or blank, and neither the cuts between reads nor the size
 * of a batch change what is read. State goes from one record to the next only as (offset, line, ordinal).
 *
 * A record that is not sound is set aside: in lines up to the end of its line, elsewhere as `BrokenRecord` says. Of several faults the first
 * in the text counts, and the grammar is judged before the encoding. An array that is never closed leaves a rejected record without bytes
 * at the end of the text: what is missing there cannot be told.
 */
export class JsonReader implements RecordReader {
  readonly batch: Batch;
  readonly rejected: RejectedRecord[] = [];
  readonly account: ByteAccount = emptyAccount();
  offset: number;
  line: number;

  private readonly capacity: number;
  private readonly limits: TextLimits;
  private readonly scanner: JsonScanner;
  private readonly values: JsonValues;
  private readonly utf16: boolean;
  private readonly byLine: boolean;
  /** Of the array that holds the records. */
  private readonly envelope: Envelope | undefined;
  private readonly recordStart: Int32Array;
  private readonly recordEnd: Int32Array;
  private bomLeft: number;
  private inRecords: boolean;
  private aside: Aside | undefined;
  private ended = false;
  private ordinal: number;

  constructor(plan: TextPlan, { records, path }: JsonRecords, columns: readonly string[], options: ReaderOptions) {
    const { at } = options;
    const width = columns.length;
    this.limits = { ...TEXT_LIMITS, ...options.limits };
    this.capacity = batchCapacity(width, options.batchRecords);
    this.batch = createBatch(width, this.capacity);
    this.recordStart = new Int32Array(this.capacity);
    this.recordEnd = new Int32Array(this.capacity);
    this.byLine = records === 'lines';
    const trie = new KeyTrie(columns, plan.encoding);
    this.scanner = new JsonScanner(trie, this.batch, this.limits.fieldBytes, !this.byLine);
    this.values = new JsonValues(this.batch, this.scanner, trie, plan.encoding, this.limits.fieldBytes);
    this.utf16 = plan.encoding === 'utf-16le' || plan.encoding === 'utf-16be';
    this.envelope = records === 'array' || records === 'member' ? new Envelope(path) : undefined;
    this.inRecords = this.envelope === undefined || at !== undefined;
    if (at !== undefined) this.envelope?.enterArray();
    const bom = this.utf16 && plan.dialect.bom > 0 ? UTF8_BOM_BYTES : plan.dialect.bom;
    this.bomLeft = at === undefined ? bom : 0;
    this.offset = at?.byteOffset ?? 0;
    this.line = at?.line ?? 1;
    this.ordinal = at?.records ?? 0;
  }

  /** Also in the text around the array, of which a reader that begins at a record knows nothing. */
  get midway(): boolean {
    return this.aside !== undefined || !this.inRecords;
  }

  read(buf: Uint8Array, from: number, to: number, last: boolean, stopAt = to): number {
    const { batch } = this;
    batch.buf = buf;
    batch.n = 0;
    this.rejected.length = 0;
    this.scanner.begin();
    let p = this.passBom(buf, from, to);
    while (p < to) {
      if (this.aside !== undefined) {
        const from = p;
        p = this.passAside(buf, p, to, last, this.aside);
        if (p === from && this.aside !== undefined) break;
      } else if (p >= stopAt || batch.n >= this.capacity) break;
      else {
        const next = this.step(buf, p, to, last);
        if (next === MORE) break;
        p = next;
      }
    }
    if (last && p === to) this.end();
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

  /** Reads the record at `p`, or what lies before the next one; returns the offset after it, or MORE. */
  private step(buf: Uint8Array, p: number, to: number, last: boolean): number {
    if (!this.inRecords) return this.passEnvelope(buf, p, to);
    const next = this.byLine ? this.passBlankLine(buf, p, to, last) : this.passBetween(buf, p, to);
    return next === RECORD ? this.readRecord(buf, p, to, last) : next;
  }

  private passEnvelope(buf: Uint8Array, p: number, to: number): number {
    const envelope = this.envelope!;
    const end = envelope.pass(buf, p, to);
    this.line += countLines(buf, p, end);
    this.account.header += this.take(buf, p, end);
    this.inRecords = envelope.atArray;
    if (envelope.astray) this.setAside('json.invalid', undefined, true);
    return end;
  }

  /** White space and commas between elements belong to the array, white space between objects to nothing. */
  private passBetween(buf: Uint8Array, p: number, to: number): number {
    const { envelope, account } = this;
    let end = p;
    while (end < to && (isSpace(buf[end]!) || (buf[end] === COMMA && envelope !== undefined))) end++;
    if (end === p && (buf[p] !== CLOSE_BRACKET || envelope === undefined)) return RECORD;
    if (end === p) {
      this.inRecords = false;
      return this.passEnvelope(buf, p, p + 1);
    }
    const lines = countLines(buf, p, end);
    this.line += lines;
    const bytes = this.take(buf, p, end);
    if (envelope === undefined) {
      account.blank += bytes;
      account.blankLines += lines;
    } else account.header += bytes;
    return end;
  }

  private passBlankLine(buf: Uint8Array, p: number, to: number, last: boolean): number {
    let end = p;
    while (end < to && buf[end] !== LF && isSpace(buf[end]!)) end++;
    if (end === to ? !last : buf[end] !== LF) return end === to && end - p <= this.limits.recordBytes ? MORE : RECORD;
    if (end < to) end++;
    this.account.blank += this.take(buf, p, end);
    this.account.blankLines++;
    this.line++;
    return end;
  }

  private readRecord(buf: Uint8Array, p: number, to: number, last: boolean): number {
    const { scanner, batch, account } = this;
    const { escapedCount, others } = scanner;
    const { count } = others;
    const n = batch.n;
    const end = this.scanRecord(buf, p, to, last, n * batch.width);
    if (end >= 0) {
      const bytes = this.utf16 ? utf16Bytes(buf, p, end) : end - p;
      batch.n++;
      batch.byteOffset[n] = this.offset;
      this.offset += bytes;
      batch.byteLength[n] = bytes;
      batch.line[n] = this.line;
      batch.record[n] = ++this.ordinal;
      this.recordStart[n] = p;
      this.recordEnd[n] = end;
      account.accepted += bytes;
      account.recordsAccepted++;
      this.line += this.byLine ? 1 : scanner.lines;
      return end;
    }
    scanner.escapedCount = escapedCount;
    others.count = count;
    if (end === FAULT) {
      this.setAside(scanner.faultCode, this.byLine ? undefined : new BrokenRecord(scanner.faultAt - p, this.envelope !== undefined), false);
      return p;
    }
    return MORE;
  }

  /** The offset after the record at `p`, its line end included where it has its own, MORE or FAULT. */
  private scanRecord(buf: Uint8Array, p: number, to: number, last: boolean, base: number): number {
    const { scanner } = this;
    const within = Math.min(to, p + this.limits.recordBytes);
    const start = this.byLine ? passSpace(buf, p, within) : p;
    let end = MORE;
    if (start < within) end = buf[start] === OPEN_BRACE ? scanner.scan(buf, start, within, base) : this.fault(start, 'json.invalid');
    if (end >= 0 && this.byLine) end = this.lineEnd(buf, end, within, within === to && last);
    if (end !== MORE) return end;
    if (to - p > this.limits.recordBytes) return this.fault(within, 'record.too_long');
    return last ? this.fault(within, 'json.invalid') : MORE;
  }

  private fault(at: number, code: FindingCode): number {
    this.scanner.faultAt = at;
    this.scanner.faultCode = code;
    return FAULT;
  }

  /** Nothing but white space may stand between a record and the end of its line. */
  private lineEnd(buf: Uint8Array, from: number, to: number, last: boolean): number {
    let p = from;
    while (p < to && (buf[p] === SPACE || buf[p] === TAB || buf[p] === CR)) p++;
    if (p === to) return last ? to : MORE;
    return buf[p] === LF ? p + 1 : this.fault(p, 'json.invalid');
  }

  private setAside(code: FindingCode, broken: BrokenRecord | undefined, rest: boolean): void {
    this.aside = { code, byteOffset: this.offset, line: this.line, broken, rest };
  }

  private passAside(buf: Uint8Array, p: number, to: number, last: boolean, { broken, rest }: Aside): number {
    let end = to;
    let over = false;
    if (broken !== undefined) {
      // The last byte is held back: what follows may tell that the record ends before it, and then it is over there.
      end = broken.pass(buf, p, last ? to : to - 1);
      over = broken.ended;
    } else if (!rest) {
      const lineEnd = buf.subarray(p, to).indexOf(LF);
      over = lineEnd >= 0;
      if (over) end = p + lineEnd + 1;
    }
    this.line += countLines(buf, p, end);
    this.account.quarantined += this.take(buf, p, end);
    if (over) this.finishAside();
    return end;
  }

  private finishAside(): void {
    const { code, byteOffset, line } = this.aside!;
    this.aside = undefined;
    this.reject(code, byteOffset, this.offset - byteOffset, line, ++this.ordinal);
  }

  private reject(code: FindingCode, byteOffset: number, byteLength: number, line: number, record: number, column?: number): void {
    this.rejected.push({ code, byteOffset, byteLength, line, record, ...(column === undefined ? {} : { column }) });
    this.account.recordsQuarantined++;
  }

  /** The text has ended. */
  private end(): void {
    if (this.ended) return;
    this.ended = true;
    if (this.aside !== undefined) this.finishAside();
    else if (this.envelope !== undefined && !this.envelope.closed) this.reject('json.invalid', this.offset, 0, this.line, ++this.ordinal);
  }

  /** Takes records out of the batch that are not in the encoding or hold a key twice, and makes values of the others. */
  private settle(buf: Uint8Array): void {
    const { batch, scanner, values } = this;
    const from = this.recordStart[0]!;
    const to = this.recordEnd[batch.n - 1]!;
    if (scanner.others.count === 0 && values.areSound(buf, from, to)) {
      values.finish(buf, from, to, () => true);
      return;
    }
    const faults = this.faults(buf);
    values.finish(buf, from, to, (record) => !faults.has(record));
    if (faults.size === 0) return;
    let kept = 0;
    for (let r = 0; r < batch.n; r++) if (!faults.has(r)) moveRecord(batch, r, kept++);
    batch.n = kept;
    this.rejected.sort((a, b) => a.record - b.record);
  }

  /** Rejects the records that are at fault, before anything is changed in the bytes, and names them. */
  private faults(buf: Uint8Array): ReadonlySet<number> {
    const { batch, scanner, values } = this;
    const faults = new Set<number>();
    for (let i = 0; i < scanner.others.count; i = values.endOfRecord(i)) {
      const fault = values.faultOfOthers(buf, i, values.endOfRecord(i));
      if (fault !== undefined) this.refuse(scanner.others.baseOf(i) / batch.width, fault, faults);
    }
    if (values.areSound(buf, this.recordStart[0]!, this.recordEnd[batch.n - 1]!)) return faults;
    for (let r = 0; r < batch.n; r++) {
      const bad = values.firstInvalid(buf, this.recordStart[r]!, this.recordEnd[r]!);
      if (bad >= 0 && !faults.has(r)) this.refuse(r, 'text.invalid_encoding', faults, bad);
    }
    return faults;
  }

  private refuse(r: number, code: FindingCode, faults: Set<number>, bad = -1): void {
    const { account, batch } = this;
    const { width, starts, ends } = batch;
    let column: number | undefined;
    for (let c = 0; c < width && bad >= 0; c++) if (starts[r * width + c]! <= bad && bad < ends[r * width + c]!) column = c;
    const bytes = batch.byteLength[r]!;
    account.accepted -= bytes;
    account.recordsAccepted--;
    account.quarantined += bytes;
    faults.add(r);
    this.reject(code, batch.byteOffset[r]!, bytes, batch.line[r]!, batch.record[r]!, column);
  }
}
