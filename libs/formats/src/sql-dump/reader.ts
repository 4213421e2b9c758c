import type { FindingCode } from '@attune/core';
import { emptyAccount, type ByteAccount, type RejectedRecord } from '../text/account.js';
import { batchCapacity, createBatch, moveRecord, type Batch } from '../text/batch.js';
import type { Characters } from '../text/characters.js';
import { MORE } from '../text/field-scanner.js';
import { TEXT_LIMITS } from '../text/limits.js';
import type { ReaderOptions, RecordReader, TextPlan } from '../text/record-reader.js';
import { isSingleByte, SingleByteCharacters } from '../text/single-byte.js';
import { utf8Characters } from '../text/utf8.js';
import { utf16Bytes } from '../text/utf16.js';
import { CellEscapes, SOUND } from './cell-escapes.js';
import { CopyRowScanner, TOO_LONG } from './copy-row.js';
import { COMMA, CR, isKeyword, isSpace, LF, OPEN, SEMICOLON, SqlLexer, TAB, BACKTICK } from './lexer.js';
import { Passing, type PassingUntil } from './passing.js';
import { StatementReader, type StatementHead } from './statement.js';
import { ENDLESS, TupleScanner } from './tuple.js';

/** Bytes of U+FEFF in UTF-8, as which UTF-16 is read. */
const UTF8_BOM_BYTES = 3;
/** A head of a statement that is longer is none of ours. */
const HEAD_BYTES = 1 << 20;

/**
 * Where the reader is: between statements, between the tuples of an INSERT, between the lines of a COPY block, or at a place of a dump with
 * COPY blocks, which is a line of one or a statement that was set aside.
 */
type Mode = 'statement' | 'values' | 'copy' | 'place';

/** Bytes that are being passed over, maybe in several reads: a comment by plan, or a record with a fault. */
interface Passed {
  readonly code: FindingCode | undefined;
  readonly byteOffset: number;
  readonly line: number;
  readonly column: number;
  readonly then: Mode;
}

/**
 * The reader of record for one table of a dump. A record is a tuple of an INSERT, from parenthesis to parenthesis, or a line of a COPY block;
 * everything else is a comment by plan: other statements, rows of other tables, what stands between tuples.
 *
 * Resync: a tuple that is wrong but ends is set aside alone. One that has no end is set aside up to the end of the physical line on which
 * the value at fault starts, and so is a line that is no SQL; reading goes on at the next physical line, with a tuple where one begins there.
 */
export class SqlDumpReader implements RecordReader {
  readonly batch: Batch;
  readonly rejected: RejectedRecord[] = [];
  readonly account: ByteAccount = emptyAccount();
  offset = 0;

  readonly #plan: TextPlan;
  readonly #capacity: number;
  readonly #lexer: SqlLexer;
  readonly #statements: StatementReader;
  readonly #passing: Passing;
  readonly #tuple: TupleScanner;
  readonly #row: CopyRowScanner;
  readonly #escapes: CellEscapes;
  readonly #characters: Characters;
  readonly #recordStart: Int32Array;
  readonly #recordEnd: Int32Array;
  readonly #utf16: boolean;
  #bomLeft: number;
  #mode: Mode;
  #passed: Passed | undefined;
  /** Bytes of the last head of an INSERT into the table, which dumps repeat for every row. */
  #head = new Uint8Array(0);
  #names: readonly string[] | undefined;
  #line = 1;
  #afterCr = false;
  #ordinal = 0;

  constructor(plan: TextPlan, width: number, options: ReaderOptions) {
    const limits = { ...TEXT_LIMITS, ...options.limits };
    const { dialect, encoding } = plan;
    this.#plan = plan;
    this.#capacity = batchCapacity(width, options.batchRecords);
    this.batch = createBatch(width, this.#capacity);
    this.#lexer = new SqlLexer({ mysql: dialect.quote === BACKTICK });
    this.#statements = new StatementReader(this.#lexer);
    this.#passing = new Passing(this.#lexer);
    this.#escapes = new CellEscapes(this.batch, encoding);
    this.#tuple = new TupleScanner(this.#lexer, width, limits, this.#escapes);
    this.#row = new CopyRowScanner(width, limits, this.#escapes);
    this.#characters = isSingleByte(encoding) ? new SingleByteCharacters(encoding) : utf8Characters;
    this.#recordStart = new Int32Array(this.#capacity);
    this.#recordEnd = new Int32Array(this.#capacity);
    this.#utf16 = encoding === 'utf-16le' || encoding === 'utf-16be';
    this.#names = plan.columns?.map(({ name }) => name);
    // Whoever begins within the text begins at a record, and says so by the place, or by the header that is not there.
    const within = options.at !== undefined || !dialect.header;
    this.#mode = !within ? 'statement' : dialect.delimiter === TAB ? 'place' : 'values';
    this.#bomLeft = options.at !== undefined ? 0 : this.#utf16 && dialect.bom > 0 ? UTF8_BOM_BYTES : dialect.bom;
    if (options.at !== undefined) [this.offset, this.#line, this.#ordinal] = [options.at.byteOffset, options.at.line, options.at.records];
  }

  get line(): number {
    return this.#line;
  }

  get midway(): boolean {
    return this.#passed !== undefined;
  }

  read(buf: Uint8Array, from: number, to: number, last: boolean, stopAt = Infinity): number {
    const { batch } = this;
    batch.buf = buf;
    batch.n = 0;
    this.rejected.length = 0;
    this.#escapes.count = 0;
    let p = this.#passBom(buf, from, to);
    while (p < to && batch.n < this.#capacity && (p < stopAt || this.#passed !== undefined)) {
      const next = this.#step(buf, p, to, last);
      if (next === MORE) break;
      p = next;
    }
    if (last && p === to) this.#finish();
    if (batch.n > 0) this.#settle(buf);
    return p - from;
  }

  #step(buf: Uint8Array, p: number, to: number, last: boolean): number {
    if (this.#passed !== undefined) return this.#pass(buf, p, to, last, this.#passed);
    if (this.#mode === 'place') return this.#place(buf, p, to, last);
    if (this.#mode === 'copy') return this.#copyRow(buf, p, to, last);
    if (isSpace(buf[p]!) || buf[p] === SEMICOLON || (this.#mode === 'values' && buf[p] === COMMA)) return this.#between(buf, p, to);
    const comment = this.#passing.commentAt(buf, p, to, last);
    if (comment === MORE) return MORE;
    if (comment !== undefined) return this.#beginPassing(p, comment, this.#mode);
    return this.#mode === 'values' ? this.#insideInsert(buf, p, to, last) : this.#statement(buf, p, to, last);
  }

  #place(buf: Uint8Array, p: number, to: number, last: boolean): number {
    const head = this.#statements.read(buf, p, to, last || to - p > HEAD_BYTES);
    if (head === MORE) return MORE;
    this.#mode = ['insert', 'copy', 'unread'].includes(head.kind) ? 'statement' : 'copy';
    return p;
  }

  /** White space, commas and semicolons between records and statements. */
  #between(buf: Uint8Array, from: number, to: number): number {
    let p = from;
    for (; p < to; p++) {
      const c = buf[p]!;
      if (c === SEMICOLON) this.#mode = 'statement';
      else if (!isSpace(c) && (c !== COMMA || this.#mode !== 'values')) break;
    }
    this.account.comment += this.#take(buf, from, p);
    return p;
  }

  #insideInsert(buf: Uint8Array, p: number, to: number, last: boolean): number {
    if (buf[p] === OPEN) return this.#readTuple(buf, p, to, last);
    for (const word of ['ON', 'AS', 'RETURNING']) {
      if (to - p <= word.length && !last) return MORE;
      if (isKeyword(buf, p, to, word)) return this.#beginPassing(p, 'statement', 'statement');
    }
    // After a tuple without an end the next line may begin with a statement.
    const head = this.#statements.read(buf, p, to, last);
    if (head === MORE) return MORE;
    if (head.kind !== 'none') {
      this.#mode = 'statement';
      return p;
    }
    return this.#beginPassing(p, 'line', 'values', 'sql.syntax');
  }

  #readTuple(buf: Uint8Array, p: number, to: number, last: boolean): number {
    const { batch } = this;
    const before = this.#escapes.count;
    const end = this.#tuple.scan(buf, p, to, last, batch.n * batch.width);
    if (end === MORE) {
      this.#escapes.count = before;
      return MORE;
    }
    if (end === ENDLESS) {
      this.#escapes.count = before;
      return this.#endless(buf, p);
    }
    return this.#record(buf, p, end, this.#tuple.faultCode, this.#tuple.faultColumn, before);
  }

  /** Sets a tuple without an end aside, up to the value at fault; the rest of its line follows. */
  #endless(buf: Uint8Array, p: number): number {
    const { faultAt, faultCode, faultColumn } = this.#tuple;
    this.#beginPassing(p, 'line', 'values', faultCode, faultColumn);
    this.account.quarantined += this.#take(buf, p, faultAt);
    return faultAt;
  }

  #copyRow(buf: Uint8Array, p: number, to: number, last: boolean): number {
    const { batch } = this;
    const before = this.#escapes.count;
    const end = this.#row.scan(buf, p, to, last, batch.n * batch.width);
    if (end === TOO_LONG) {
      this.#escapes.count = before;
      return this.#beginPassing(p, 'line', 'copy', 'record.too_long');
    }
    if (end === MORE || this.#row.isEnd) this.#escapes.count = before;
    if (end === MORE) return MORE;
    if (this.#row.isEnd) {
      this.account.comment += this.#take(buf, p, end);
      this.#mode = 'statement';
      return end;
    }
    return this.#record(buf, p, end, this.#row.faultCode, this.#row.faultColumn, before);
  }

  /** Takes one record whose end is known, or sets it aside. */
  #record(buf: Uint8Array, p: number, end: number, code: FindingCode | undefined, column: number, before: number): number {
    const { batch, account } = this;
    const byteOffset = this.offset;
    const line = this.#line;
    const bytes = this.#take(buf, p, end);
    if (code !== undefined) {
      this.#escapes.count = before;
      account.quarantined += bytes;
      this.#reject(code, byteOffset, line, column);
      return end;
    }
    const n = batch.n++;
    batch.byteOffset[n] = byteOffset;
    batch.byteLength[n] = bytes;
    batch.line[n] = line;
    batch.record[n] = ++this.#ordinal;
    this.#recordStart[n] = p;
    this.#recordEnd[n] = end;
    account.accepted += bytes;
    account.recordsAccepted++;
    return end;
  }

  #reject(code: FindingCode, byteOffset: number, line: number, column: number): void {
    this.rejected.push({ code, byteOffset, byteLength: this.offset - byteOffset, line, record: ++this.#ordinal, column });
    this.account.recordsQuarantined++;
  }

  #statement(buf: Uint8Array, p: number, to: number, last: boolean): number {
    if (buf[p] === OPEN) {
      // A tuple at the start of a line, after one without an end.
      this.#mode = 'values';
      return p;
    }
    if (this.#repeats(buf, p, to)) {
      this.account.comment += this.#take(buf, p, p + this.#head.length);
      this.#mode = 'values';
      return p + this.#head.length;
    }
    const whole = last || to - p > HEAD_BYTES;
    const head = this.#statements.read(buf, p, Math.min(to, p + HEAD_BYTES + 1), whole);
    return head === MORE ? MORE : this.#begin(buf, p, head);
  }

  #begin(buf: Uint8Array, p: number, head: StatementHead): number {
    switch (head.kind) {
      case 'line':
        return this.#beginPassing(p, 'line', 'statement');
      case 'delimiter':
        return this.#beginPassing(p, 'delimiter', 'statement');
      case 'none':
        return this.#beginPassing(p, 'line', 'statement', 'sql.syntax');
      case 'create':
      case 'other':
        return this.#beginPassing(p, 'statement', 'statement');
      case 'unread':
        return this.#unread(buf, p, head);
      case 'insert':
      case 'copy':
        return this.#rows(buf, p, head);
    }
  }

  /** Rows of the table that are written in a form we do not read must not be lost without a word. */
  #unread(buf: Uint8Array, p: number, head: Extract<StatementHead, { table: string }>): number {
    const ours = head.table === this.#plan.table;
    const copy = isKeyword(buf, p, head.end, 'COPY');
    return this.#beginPassing(p, copy ? 'block' : 'statement', 'statement', ours ? 'sql.syntax' : undefined);
  }

  #rows(buf: Uint8Array, p: number, head: Extract<StatementHead, { columns: unknown }>): number {
    const until = head.kind === 'copy' ? 'block' : 'statement';
    if (head.table !== this.#plan.table) return this.#beginPassing(p, until, 'statement');
    this.#names ??= head.columns ?? undefined;
    // Whoever reads on from one of its rows does not see the list; so all of its rows are one record that is set aside.
    const otherColumns = head.columns !== null && this.#names !== undefined && !same(head.columns, this.#names);
    if (otherColumns) return this.#beginPassing(p, until, 'statement', 'sql.column_list');
    this.account.comment += this.#take(buf, p, head.end);
    this.#mode = head.kind === 'copy' ? 'copy' : 'values';
    if (head.kind === 'insert') this.#head = buf.slice(p, head.end);
    return head.end;
  }

  /** Whether the same head as before stands at `p`, so that it need not be read again. */
  #repeats(buf: Uint8Array, p: number, to: number): boolean {
    const { length } = this.#head;
    if (length === 0 || p + length >= to) return false;
    for (let i = 0; i < length; i++) if (buf[p + i] !== this.#head[i]) return false;
    return isSpace(buf[p + length]!) || buf[p + length] === OPEN;
  }

  /** Begins to pass over bytes from `p` on: a comment, or with a code a record that is set aside. Returns `p`. */
  #beginPassing(p: number, until: PassingUntil, then: Mode, code?: FindingCode, column = 0): number {
    this.#passed = { code, byteOffset: this.offset, line: this.#line, column, then };
    this.#passing.begin(until);
    return p;
  }

  #pass(buf: Uint8Array, p: number, to: number, last: boolean, passed: Passed): number {
    const end = this.#passing.pass(buf, p, to, last);
    const bytes = this.#take(buf, p, end);
    if (passed.code === undefined) this.account.comment += bytes;
    else this.account.quarantined += bytes;
    if (this.#passing.isDone) this.#donePassing(passed);
    return end === p && !this.#passing.isDone ? MORE : end;
  }

  #donePassing({ code, byteOffset, line, column, then }: Passed): void {
    this.#passed = undefined;
    this.#mode = then;
    if (code !== undefined) this.#reject(code, byteOffset, line, column);
  }

  /** The stream ends. A string or comment that is still open has swallowed what may have been records, which must not go by without a word. */
  #finish(): void {
    const passed = this.#passed;
    if (passed === undefined) return;
    if (passed.code === undefined && this.#passing.isOpen) {
      const bytes = this.offset - passed.byteOffset;
      this.account.comment -= bytes;
      this.account.quarantined += bytes;
      this.#donePassing({ ...passed, code: 'sql.unterminated' });
    } else this.#donePassing(passed);
  }

  #passBom(buf: Uint8Array, from: number, to: number): number {
    if (this.#bomLeft === 0) return from;
    const end = from + Math.min(this.#bomLeft, to - from);
    this.#bomLeft -= end - from;
    this.account.header += this.#take(buf, from, end);
    return end;
  }

  /** Moves on from `p` to `end`, counts the lines that end between, and returns the bytes of the source. */
  #take(buf: Uint8Array, p: number, end: number): number {
    if (end <= p) return 0;
    for (let at = p; at < end; at++) {
      const c = buf[at]!;
      if (c === LF ? !(at === p ? this.#afterCr : buf[at - 1] === CR) : c === CR) this.#line++;
    }
    this.#afterCr = buf[end - 1] === CR;
    const bytes = this.#utf16 ? utf16Bytes(buf, p, end) : end - p;
    this.offset += bytes;
    return bytes;
  }

  /** Takes records that are not in the encoding out of the batch, undoes the escapes of the others, and makes the batch UTF-8. */
  #settle(buf: Uint8Array): void {
    const { batch } = this;
    const start = this.#recordStart[0]!;
    const end = this.#recordEnd[batch.n - 1]!;
    const valid = this.#characters.areClean(buf, start, end) || this.#characters.areValid?.(buf, start, end) === true;
    let kept = 0;
    let escape = 0;
    for (let r = 0; r < batch.n; r++) {
      const first = escape;
      while (escape < this.#escapes.count && this.#escapes.cell(escape) < (r + 1) * batch.width) escape++;
      const invalid = valid ? -1 : this.#characters.firstInvalid(buf, this.#recordStart[r]!, this.#recordEnd[r]!);
      const bad = this.#escapes.unsoundColumn(batch, r, invalid, first, escape);
      if (bad === SOUND) {
        for (let i = first; i < escape; i++) this.#escapes.undo(buf, i);
        moveRecord(batch, r, kept++);
      } else this.#refuse(r, bad);
    }
    const refused = kept < batch.n;
    batch.n = kept;
    if (refused) this.rejected.sort((a, b) => a.record - b.record);
    if (kept > 0) this.#characters.rewrite?.(batch, start, end);
  }

  #refuse(r: number, column: number): void {
    const { account } = this;
    const { byteOffset, byteLength, line, record, width } = this.batch;
    const bytes = byteLength[r]!;
    this.rejected.push({
      code: 'text.invalid_encoding',
      byteOffset: byteOffset[r]!,
      byteLength: bytes,
      line: line[r]!,
      record: record[r]!,
      ...(column < width ? { column } : {}),
    });
    account.accepted -= bytes;
    account.recordsAccepted--;
    account.quarantined += bytes;
    account.recordsQuarantined++;
  }
}

const same = (one: readonly string[], other: readonly string[]): boolean =>
  one.length === other.length && one.every((name, i) => name === other[i]);
