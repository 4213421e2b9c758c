import type { Kernel } from '@attune/core';
import type { Batch } from '@attune/formats';
import { Cleaner } from '@attune/standardize';
import { BYTE_CLASS, CONTROL_BYTE, HASH_START, hashOf, mixWord, SPECIAL_BYTE } from './byte-class.js';
import { COMPOSED, CONSTANT, CONTROL_CHARACTER, FIRST_OWN_CODE, REQUIRED, type CompiledColumn } from './compiled-column.js';
import { ComposedValue } from './composed-value.js';
import { beginFinding, endFinding, endFindingWithoutValue, lineStartOf } from './finding-lines.js';
import type { LineBuffer } from './json-lines.js';
import { isInPart } from './part-columns.js';
import { ReceivedValue } from './received-value.js';
import { ValueMemo } from './value-memo.js';

/** What may be true of a value, as bits: it was received, it was refused, it is not in the result byte for byte. */
export const RECEIVED = 1;
export const REFUSED = 2;
export const CHANGED = 4;

/** Hash of no value, which is unlike that of an empty one. */
const NULL_HASH = 0x5bd1e995;
const COMMA = 0x2c;
/** Columns that get a memo. */
const MOST_MEMOS = 64;
/** Records before which there is none: a small table is done sooner than their memory is had. */
const RECORDS_WITHOUT_MEMO = 256;
/** Code of a value about which nothing is to be said. */
const SILENT = -1;

/**
 * One record made canonical, column by column, with its findings. The members are valid until the next record; their memory is used again,
 * and a clean record costs no allocation.
 */
export class CanonicalRecord {
  /** Says which member of a container the records are in. */
  lineStart = lineStartOf('');
  record = 0;
  line = 0;
  byteOffset = 0;
  /** Canonical values with a comma after each, as `take` was told where: value of column c is `values[valueStart[c], valueEnd[c])`; an end of -1 is null. */
  values: Uint8Array<ArrayBuffer> = new Uint8Array(1 << 16);
  readonly valueStart: Int32Array;
  readonly valueEnd: Int32Array;
  /** Bits per column: RECEIVED, REFUSED, CHANGED. */
  readonly state: Uint8Array;
  /** Per column the hash of the canonical value. */
  readonly hashes: Int32Array;
  /** Per column 1 where the value can stand in the part inside quotes only. */
  readonly special: Uint8Array;
  /** Per column where its memo has the value, or -1. */
  readonly slots: Int32Array;
  /** 1 where any value is special. */
  anySpecial = 0;
  /** 1 where control characters were removed from a column that is kept as received: identity then includes the received bytes. */
  altered = 0;
  /** Column and code of each finding, in their order. */
  noted = new Int32Array(64);
  notedCount = 0;
  /** Columns in the part that may hold values, in their order. */
  readonly inPart: Int32Array;
  /** Per column what is remembered of its values, once it had any. */
  readonly memos: (ValueMemo | undefined)[];

  readonly #columns: readonly CompiledColumn[];
  /** What the loop over the columns needs of each, side by side: objects of many shapes would be looked into slowly. */
  readonly #sources: Int32Array;
  readonly #kernels: readonly (Kernel | undefined)[];
  readonly #required: Int32Array;
  /** Commas before the first column in the part, and after each: a field that nothing is mapped to is a comma of its own. */
  readonly #commasBefore: number;
  readonly #commasAfter: Int32Array;
  readonly #findings: LineBuffer;
  readonly #cleaner: Cleaner;
  readonly #received = new ReceivedValue();
  readonly #composed: ComposedValue;
  #memosLeft = MOST_MEMOS;
  #at = 0;

  /** Findings are written to `findings`. */
  constructor(columns: readonly CompiledColumn[], nullTokens: readonly string[], findings: LineBuffer) {
    this.#columns = columns;
    this.#findings = findings;
    this.#cleaner = new Cleaner(nullTokens);
    this.#composed = new ComposedValue(this.#cleaner, this.#received);
    this.valueStart = new Int32Array(columns.length);
    this.valueEnd = new Int32Array(columns.length);
    this.state = new Uint8Array(columns.length);
    this.hashes = new Int32Array(columns.length);
    this.special = new Uint8Array(columns.length);
    this.slots = new Int32Array(columns.length);
    this.inPart = Int32Array.from(columns.keys()).filter((c) => isInPart(columns[c]!.silver));
    this.#commasBefore = this.inPart[0] ?? 0;
    this.#commasAfter = this.inPart.map((c, k) => (this.inPart[k + 1] ?? columns.length) - c);
    this.#sources = Int32Array.from(columns, ({ source }) => source);
    this.#kernels = columns.map(({ kernel }) => kernel);
    this.#required = Int32Array.from(columns.keys()).filter((c) => columns[c]!.required);
    this.memos = columns.map(() => undefined);
    columns.forEach((_, c) => this.#forget(c));
  }

  /** Makes every value of record r canonical or null, from `values[at]` on. Returns where the values end. */
  take(batch: Batch, r: number, at = 0): number {
    this.record = batch.record[r]!;
    this.line = batch.line[r]!;
    this.byteOffset = batch.byteOffset[r]!;
    this.notedCount = 0;
    this.altered = 0;
    this.anySpecial = 0;
    this.#at = at;
    const base = r * batch.width;
    const columns = this.inPart;
    const sources = this.#sources;
    const commas = this.#commasAfter;
    const { buf, starts, ends } = batch;
    this.#putCommas(this.#commasBefore);
    for (let k = 0; k < columns.length; k++) {
      const c = columns[k]!;
      const source = sources[c]!;
      this.#forget(c);
      if (source >= 0) {
        const start = starts[base + source]!;
        const end = ends[base + source]!;
        if (start >= 0 && start !== end) {
          if (this.#kernels[c] === undefined) this.#keep(c, buf, start, end);
          else this.#standardize(c, buf, start, end);
        }
      } else if (source === COMPOSED) this.#compose(c, batch, base);
      else if (source === CONSTANT) this.#putConstant(c, this.#columns[c]!.constant!);
      this.#putCommas(commas[k]!);
    }
    return this.#at;
  }

  #putCommas(count: number): void {
    if (this.#at + count > this.values.length) this.#growValues(count);
    const { values } = this;
    let at = this.#at;
    for (let i = 0; i < count; i++) values[at++] = COMMA;
    this.#at = at;
  }

  /** Nothing is known of column c. One by one, since `fill` is a call out of the compiled code, which costs more than all of this. */
  #forget(c: number): void {
    this.valueEnd[c] = -1;
    this.state[c] = 0;
    this.hashes[c] = NULL_HASH;
    this.special[c] = 0;
    this.slots[c] = -1;
  }

  /** Reports every required field that is null and returns the first such column, or -1. */
  reportMissing(): number {
    let first = -1;
    const required = this.#required;
    for (let k = 0; k < required.length; k++) {
      const c = required[k]!;
      if (this.valueEnd[c]! >= 0) continue;
      if (first < 0) first = c;
      this.#note(c, REQUIRED);
      beginFinding(this.#findings, this.lineStart, this.record, this.line, this.byteOffset);
      this.#findings.bytes(this.#columns[c]!.findingText[REQUIRED]!);
      endFindingWithoutValue(this.#findings);
    }
    return first;
  }

  /** A value as received; one loop looks at every byte and copies it, and only one with control characters is looked at again. */
  #keep(column: number, buf: Uint8Array, start: number, end: number): void {
    this.#reserve(end - start);
    const { values } = this;
    const at = this.#at;
    let to = at;
    let hash = HASH_START ^ (end - start);
    let bits = 0;
    let i = start;
    for (const last = end - 3; i < last; i += 4, to += 4) {
      const a = buf[i]!;
      const b = buf[i + 1]!;
      const c = buf[i + 2]!;
      const d = buf[i + 3]!;
      values[to] = a;
      values[to + 1] = b;
      values[to + 2] = c;
      values[to + 3] = d;
      bits |= BYTE_CLASS[a]! | BYTE_CLASS[b]! | BYTE_CLASS[c]! | BYTE_CLASS[d]!;
      hash = mixWord(hash, a | (b << 8) | (c << 16) | (d << 24));
    }
    for (; i < end; i++) {
      const byte = buf[i]!;
      values[to++] = byte;
      bits |= BYTE_CLASS[byte]!;
      hash = mixWord(hash, byte);
    }
    if ((bits & CONTROL_BYTE) !== 0 && this.#received.take(buf, start, end) !== 1) return this.#keepAltered(column, buf, start, end);
    this.valueStart[column] = at;
    this.valueEnd[column] = to;
    this.hashes[column] = hash;
    this.state[column] = RECEIVED;
    this.#markSpecial(column, bits & SPECIAL_BYTE);
    this.#at = to;
  }

  /** `#received` has just removed control characters. */
  #keepAltered(c: number, buf: Uint8Array, start: number, end: number): void {
    const { buf: kept, start: from, end: to } = this.#received;
    this.state[c] = CHANGED;
    this.#report(c, CONTROL_CHARACTER, buf, start, end);
    this.altered = 1;
    if (from === to) return;
    this.#putValue(c, this.#put(kept, from, to), buf, start, end);
  }

  #standardize(c: number, buf: Uint8Array, start: number, end: number): void {
    const memo = this.memos[c] ?? this.#begin(c);
    if (memo === undefined || !memo.worthIt) {
      this.#apply(c, buf, start, end);
      return;
    }
    const hash = hashOf(buf, start, end);
    const found = memo.find(buf, start, end, hash);
    if (found >= 0) return this.#recall(c, memo, found, buf, start, end);
    const code = this.#apply(c, buf, start, end);
    if (code < SILENT) return;
    const to = this.valueEnd[c]!;
    const slot = memo.enter(buf, start, end, hash, this.values, to < 0 ? 0 : this.valueStart[c]!, to);
    if (slot >= 0) memo.note(slot, this.hashes[c]!, this.state[c]!, this.special[c]!, code);
    this.slots[c] = slot;
  }

  /** A memo takes half a megabyte, so that a table of thousands of columns has them for the first ones only. */
  #begin(c: number): ValueMemo | undefined {
    if (this.#memosLeft === 0 || this.record < RECORDS_WITHOUT_MEMO) return undefined;
    this.#memosLeft--;
    return (this.memos[c] = new ValueMemo());
  }

  /** What was made of the same bytes before. */
  #recall(c: number, memo: ValueMemo, slot: number, buf: Uint8Array, start: number, end: number): void {
    const facts = memo.factsOf(slot);
    this.state[c] = facts & 0xff;
    if (facts >>> 16 !== 0) this.#report(c, (facts >>> 16) - 1, buf, start, end);
    const length = memo.lengthOf(slot);
    if (length < 0) return;
    this.#reserve(length);
    const { bytes } = memo;
    const { values } = this;
    const at = this.#at;
    let to = at;
    for (let i = memo.canonicalAt(slot), last = i + length; i < last; i++) values[to++] = bytes[i]!;
    this.valueStart[c] = at;
    this.valueEnd[c] = to;
    this.hashes[c] = memo.hashOf(slot);
    this.slots[c] = slot;
    this.#markSpecial(c, (facts >>> 8) & 0xff);
    this.#at = to;
  }

  /** Cleans the value and has the kernel work on it. Returns the code that was reported, SILENT, or less for what must not be remembered. */
  #apply(c: number, buf: Uint8Array, start: number, end: number): number {
    const cleaner = this.#cleaner;
    const kind = hasControl(buf, start, end) ? cleaner.clean(buf, start, end) : cleaner.cleanPlain(buf, start, end);
    this.state[c] = CHANGED;
    if (kind === 0) return SILENT;
    if (kind > 1) this.#report(c, CONTROL_CHARACTER, buf, start, end);
    if (kind === 3) return SILENT - 1;
    this.#reserve((cleaner.end - cleaner.start) * 2 + 64);
    const to = this.#kernels[c]!(cleaner.buf, cleaner.start, cleaner.end, this.values, this.#at);
    if (to < 0) {
      this.state[c] = RECEIVED | REFUSED | CHANGED;
      this.#report(c, FIRST_OWN_CODE - 1 - to, buf, start, end);
      return kind > 1 ? SILENT - 1 : FIRST_OWN_CODE - 1 - to;
    }
    this.#putValue(c, to, buf, start, end);
    return kind > 1 ? SILENT - 1 : SILENT;
  }

  /** The canonical value of column c lies at `values[at, to)`; one loop hashes it and looks at its bytes. */
  #putValue(column: number, to: number, buf: Uint8Array, start: number, end: number): void {
    const { values } = this;
    const at = this.#at;
    let hash = HASH_START ^ (to - at);
    let bits = 0;
    let i = at;
    for (const last = to - 3; i < last; i += 4) {
      const a = values[i]!;
      const b = values[i + 1]!;
      const c = values[i + 2]!;
      const d = values[i + 3]!;
      bits |= BYTE_CLASS[a]! | BYTE_CLASS[b]! | BYTE_CLASS[c]! | BYTE_CLASS[d]!;
      hash = mixWord(hash, a | (b << 8) | (c << 16) | (d << 24));
    }
    for (; i < to; i++) {
      bits |= BYTE_CLASS[values[i]!]!;
      hash = mixWord(hash, values[i]!);
    }
    this.state[column] = isSame(buf, start, end, values, at, to) ? RECEIVED : RECEIVED | CHANGED;
    this.valueStart[column] = at;
    this.valueEnd[column] = to;
    this.hashes[column] = hash;
    this.#markSpecial(column, at === to ? 1 : bits & SPECIAL_BYTE);
    this.#at = to;
  }

  #markSpecial(c: number, special: number): void {
    this.special[c] = special;
    this.anySpecial |= special;
  }

  /** The value of a column that is more than one source column; what the plain columns do, with the value that was composed. */
  #compose(c: number, batch: Batch, base: number): void {
    const column = this.#columns[c]!;
    const composed = this.#composed;
    const { kernel } = column;
    const hasValue = composed.take(column.composition!, batch, base, kernel !== undefined);
    const { received, receivedStart: start, receivedEnd: end } = composed;
    if (start === end && !hasValue) return;
    this.state[c] = CHANGED;
    if (composed.controls) {
      if (kernel === undefined) this.altered = 1;
      if (column.codes.length > 0) this.#report(c, CONTROL_CHARACTER, received, start, end);
    }
    if (!hasValue) return;
    this.#reserve((composed.end - composed.start) * 2 + 64);
    const to =
      kernel === undefined
        ? this.#put(composed.buf, composed.start, composed.end)
        : kernel(composed.buf, composed.start, composed.end, this.values, this.#at);
    if (to < 0) {
      this.state[c] = RECEIVED | REFUSED | CHANGED;
      this.#report(c, FIRST_OWN_CODE - 1 - to, received, start, end);
      return;
    }
    this.#putValue(c, to, received, start, end);
  }

  /** A constant is neither received nor changed. */
  #putConstant(c: number, constant: Uint8Array): void {
    this.#reserve(constant.length);
    this.#putValue(c, this.#put(constant, 0, constant.length), constant, 0, constant.length);
    this.state[c] = 0;
  }

  /** Copies to the end of the values and returns the new end. */
  #put(buf: Uint8Array, start: number, end: number): number {
    this.#reserve(end - start);
    const { values } = this;
    let to = this.#at;
    for (let i = start; i < end; i++) values[to++] = buf[i]!;
    return to;
  }

  #report(c: number, code: number, buf: Uint8Array, start: number, end: number): void {
    this.#note(c, code);
    beginFinding(this.#findings, this.lineStart, this.record, this.line, this.byteOffset);
    this.#findings.bytes(this.#columns[c]!.findingText[code]!);
    endFinding(this.#findings, buf, start, end);
  }

  /** Remembers a finding for whoever counts, which depends on whether the record stays. */
  #note(c: number, code: number): void {
    if (this.notedCount + 2 > this.noted.length) {
      const grown = new Int32Array(this.noted.length * 2);
      grown.set(this.noted);
      this.noted = grown;
    }
    this.noted[this.notedCount++] = c;
    this.noted[this.notedCount++] = code;
  }

  #reserve(room: number): void {
    if (this.#at + room >= this.values.length) this.#growValues(room);
  }

  #growValues(room: number): void {
    const larger = new Uint8Array(Math.max(this.values.length * 2, this.#at + room + 1));
    larger.set(this.values.subarray(0, this.#at));
    this.values = larger;
  }
}

function isSame(buf: Uint8Array, start: number, end: number, other: Uint8Array, from: number, to: number): boolean {
  if (end - start !== to - from) return false;
  for (let i = start, k = from; i < end; i++, k++) if (buf[i] !== other[k]) return false;
  return true;
}

function hasControl(buf: Uint8Array, start: number, end: number): boolean {
  let bits = 0;
  let i = start;
  for (const last = end - 3; i < last; i += 4)
    bits |= BYTE_CLASS[buf[i]!]! | BYTE_CLASS[buf[i + 1]!]! | BYTE_CLASS[buf[i + 2]!]! | BYTE_CLASS[buf[i + 3]!]!;
  for (; i < end; i++) bits |= BYTE_CLASS[buf[i]!]!;
  return (bits & CONTROL_BYTE) !== 0;
}
