import type { Batch } from '@attune/formats';
import { Cleaner } from '@attune/standardize';
import { COMPOSED, CONSTANT, CONTROL_CHARACTER, FIRST_OWN_CODE, REQUIRED, type CompiledColumn } from './compiled-column.js';
import { ComposedValue } from './composed-value.js';
import { beginFinding, endFinding, endFindingWithoutValue, lineStartOf } from './finding-lines.js';
import type { LineBuffer } from './json-lines.js';
import { ReceivedValue } from './received-value.js';

/** What may be true of a value, as bits: it was received, it was refused, it is not in the result byte for byte. */
export const RECEIVED = 1;
export const REFUSED = 2;
export const CHANGED = 4;

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
  /** Canonical values one after another: value of column c is `values[valueStart[c], valueEnd[c])`; an end of -1 is null. */
  values = new Uint8Array(1 << 16);
  readonly valueStart: Int32Array;
  readonly valueEnd: Int32Array;
  /** Bits per column: RECEIVED, REFUSED, CHANGED. */
  readonly state: Uint8Array;
  /** 1 where control characters were removed from a column that is kept as received: identity then includes the received bytes. */
  altered = 0;
  /** Column and code of each finding, in their order. */
  noted = new Int32Array(64);
  notedCount = 0;

  readonly #columns: readonly CompiledColumn[];
  readonly #findings: LineBuffer;
  readonly #cleaner: Cleaner;
  readonly #received = new ReceivedValue();
  readonly #composed: ComposedValue;

  /** Findings are written to `findings`. */
  constructor(columns: readonly CompiledColumn[], nullTokens: readonly string[], findings: LineBuffer) {
    this.#columns = columns;
    this.#findings = findings;
    this.#cleaner = new Cleaner(nullTokens);
    this.#composed = new ComposedValue(this.#cleaner, this.#received);
    this.valueStart = new Int32Array(columns.length);
    this.valueEnd = new Int32Array(columns.length);
    this.state = new Uint8Array(columns.length);
  }

  /** Makes every value of record r canonical or null. Returns the bytes of the canonical values. */
  take(batch: Batch, r: number): number {
    this.record = batch.record[r]!;
    this.line = batch.line[r]!;
    this.byteOffset = batch.byteOffset[r]!;
    this.notedCount = 0;
    this.altered = 0;
    const base = r * batch.width;
    const columns = this.#columns;
    const { valueStart, valueEnd, state } = this;
    const { buf, starts, ends } = batch;
    let at = 0;
    for (let c = 0; c < columns.length; c++) {
      const column = columns[c]!;
      const { source } = column;
      valueEnd[c] = -1;
      state[c] = 0;
      if (source < 0) {
        if (source === COMPOSED) at = this.#compose(c, batch, base, at);
        else if (source === CONSTANT) at = this.#putConstant(c, column.constant!, at);
        continue;
      }
      const start = starts[base + source]!;
      const end = ends[base + source]!;
      if (start < 0 || start === end) continue;
      const { kernel } = column;
      const taken = kernel === undefined ? this.#received : this.#cleaner;
      const kind = kernel === undefined ? this.#received.take(buf, start, end) : this.#cleaner.clean(buf, start, end);
      state[c] = CHANGED;
      if (kind === 0) continue;
      if (kind > 1) {
        this.#report(c, CONTROL_CHARACTER, buf, start, end);
        if (kernel === undefined) this.altered = 1;
        if (kind === 3) continue;
      }
      const room = (taken.end - taken.start) * 2 + 64;
      if (at + room > this.values.length) this.#growValues(at, room);
      const to = kernel === undefined ? this.#copy(at) : kernel(taken.buf, taken.start, taken.end, this.values, at);
      if (to < 0) {
        state[c] = RECEIVED | REFUSED | CHANGED;
        this.#report(c, FIRST_OWN_CODE - 1 - to, buf, start, end);
        continue;
      }
      const same = kernel === undefined ? kind === 1 : isSame(buf, start, end, this.values, at, to);
      state[c] = same ? RECEIVED : RECEIVED | CHANGED;
      valueStart[c] = at;
      valueEnd[c] = to;
      at = to;
    }
    return at;
  }

  /** Reports every required field that is null and returns the first such column, or -1. */
  reportMissing(): number {
    let first = -1;
    for (let c = 0; c < this.#columns.length; c++) {
      if (!this.#columns[c]!.required || this.valueEnd[c]! >= 0) continue;
      if (first < 0) first = c;
      this.#note(c, REQUIRED);
      beginFinding(this.#findings, this.lineStart, this.record, this.line, this.byteOffset);
      this.#findings.bytes(this.#columns[c]!.findingText[REQUIRED]!);
      endFindingWithoutValue(this.#findings);
    }
    return first;
  }

  /** The value of a column that is more than one source column; what the plain columns do, with the value that was composed. */
  #compose(c: number, batch: Batch, base: number, at: number): number {
    const column = this.#columns[c]!;
    const composed = this.#composed;
    const { kernel } = column;
    const hasValue = composed.take(column.composition!, batch, base, kernel !== undefined);
    const { received, receivedStart: start, receivedEnd: end } = composed;
    if (start === end) return at;
    this.state[c] = CHANGED;
    if (composed.controls) {
      if (kernel === undefined) this.altered = 1;
      if (column.codes.length > 0) this.#report(c, CONTROL_CHARACTER, received, start, end);
    }
    if (!hasValue) return at;
    const room = (composed.end - composed.start) * 2 + 64;
    if (at + room > this.values.length) this.#growValues(at, room);
    const to =
      kernel === undefined
        ? this.#put(composed.buf, composed.start, composed.end, at)
        : kernel(composed.buf, composed.start, composed.end, this.values, at);
    if (to < 0) {
      this.state[c] = RECEIVED | REFUSED | CHANGED;
      this.#report(c, FIRST_OWN_CODE - 1 - to, received, start, end);
      return at;
    }
    this.state[c] = isSame(received, start, end, this.values, at, to) ? RECEIVED : RECEIVED | CHANGED;
    this.valueStart[c] = at;
    this.valueEnd[c] = to;
    return to;
  }

  #putConstant(c: number, constant: Uint8Array, at: number): number {
    if (at + constant.length > this.values.length) this.#growValues(at, constant.length);
    this.valueStart[c] = at;
    this.valueEnd[c] = this.#put(constant, 0, constant.length, at);
    return at + constant.length;
  }

  #copy(at: number): number {
    return this.#put(this.#received.buf, this.#received.start, this.#received.end, at);
  }

  #put(buf: Uint8Array, start: number, end: number, at: number): number {
    const { values } = this;
    let to = at;
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

  #growValues(used: number, room: number): void {
    const larger = new Uint8Array(Math.max(this.values.length * 2, used + room));
    larger.set(this.values.subarray(0, used));
    this.values = larger;
  }
}

function isSame(buf: Uint8Array, start: number, end: number, other: Uint8Array, from: number, to: number): boolean {
  if (end - start !== to - from) return false;
  for (let i = start, k = from; i < end; i++, k++) if (buf[i] !== other[k]) return false;
  return true;
}
