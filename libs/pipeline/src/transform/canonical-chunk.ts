import type { Batch, RejectedRecord } from '@attune/formats';
import { Cleaner } from '@attune/standardize';
import { writeInteger } from './byte-writer.js';
import { ColumnSketch } from './column-sketch.js';
import { CONTROL_CHARACTER, FIRST_OWN_CODE, REQUIRED, type CompiledColumn } from './compiled-column.js';
import { beginFinding, endFinding, endFindingWithoutValue } from './finding-lines.js';
import { LineBuffer } from './json-lines.js';
import type { ReadBytes } from './ports.js';
import { QuarantineLines } from './quarantine-lines.js';
import { receivedBytes, ReceivedValue } from './received-value.js';
import { HASH_LANES, recordHash, type RecordHash } from './record-hash.js';
import { quoteValue, SPECIAL } from './row-quoting.js';

const COMMA = 0x2c;
const QUOTE = 0x22;
const LF = 0x0a;
/** Room for the three lineage columns, their commas and the line end. */
const LINEAGE_BYTES = 64;

/** What a chunk needs to know, the same for every chunk of a job. */
export interface ChunkContext {
  readonly columns: readonly CompiledColumn[];
  readonly nullTokens: readonly string[];
  /** A record without a required field is set aside; else it is only reported. */
  readonly quarantineRequired: boolean;
  /** Field or source name of a source column. */
  readonly fieldOf: (column: number) => string | null;
  readonly readInput: ReadBytes;
  /** Given by tests that force collisions. */
  readonly hash?: RecordHash;
}

/**
 * Makes the records of a batch canonical: rows in our CSV dialect (null is nothing, empty is `""`), their hashes, findings,
 * quarantine and sketches. It knows nothing of other chunks, so that chunks can be worked on anywhere and merged in order.
 * All buffers are used again; a clean record costs no allocation.
 */
export class CanonicalChunk {
  /** Rows one after another: fields, carried columns, then `_record,_byte_offset,_line` and a line feed. */
  rows = new Uint8Array(1 << 20);
  /** Rows in the chunk. */
  n = 0;
  /** Row k is `rows[rowStart[k], rowStart[k + 1])`; its fields and carried columns end at `identityEnd[k]`. */
  rowStart = new Int32Array(1025);
  identityEnd = new Int32Array(1024);
  /** Record of the batch that became row k. */
  recordOf = new Int32Array(1024);
  /** Four lanes per row. */
  hashes = new Int32Array(HASH_LANES * 1024);
  /** 1 where control characters were removed from a column that is kept as received: identity then includes the received bytes. */
  altered = new Uint8Array(1024);
  readonly findings = new LineBuffer();
  readonly quarantine = new LineBuffer();
  /** Records of the batch that were set aside for want of a required field. */
  quarantined = 0;
  /** Sketches of everything that this chunk object has worked on. */
  readonly sketches: readonly ColumnSketch[];

  readonly #context: ChunkContext;
  readonly #columns: readonly CompiledColumn[];
  readonly #cleaner: Cleaner;
  readonly #received = new ReceivedValue();
  readonly #quarantineLines: QuarantineLines;
  readonly #hash: RecordHash;
  /** Canonical values of the row in work, one after another; an end of -1 is null. */
  #values = new Uint8Array(1 << 16);
  readonly #valueStart: Int32Array;
  readonly #valueEnd: Int32Array;
  /** 1: a value was received, 2: and refused. */
  readonly #state: Uint8Array;
  #pending = new Int32Array(64);
  #pendingCount = 0;
  #altered = 0;
  readonly #receivedHash = new Int32Array(HASH_LANES);
  #record = 0;
  #line = 0;
  #byteOffset = 0;

  constructor(context: ChunkContext) {
    this.#context = context;
    this.#columns = context.columns;
    this.#cleaner = new Cleaner(context.nullTokens);
    this.#quarantineLines = new QuarantineLines(context.readInput, context.fieldOf);
    this.#hash = context.hash ?? recordHash;
    this.sketches = this.#columns.map(({ codes }) => new ColumnSketch(codes.length));
    this.#valueStart = new Int32Array(this.#columns.length);
    this.#valueEnd = new Int32Array(this.#columns.length);
    this.#state = new Uint8Array(this.#columns.length);
  }

  /** Works on one batch; what the last one left is gone. Accepted and rejected records are taken in the order of their ordinals. */
  run(batch: Batch, rejected: readonly RejectedRecord[]): void {
    this.n = 0;
    this.quarantined = 0;
    let next = 0;
    for (let r = 0; r < batch.n; r++) {
      while (next < rejected.length && rejected[next]!.record < batch.record[r]!) this.#setAside(rejected[next++]!);
      this.#take(batch, r);
    }
    while (next < rejected.length) this.#setAside(rejected[next++]!);
  }

  #setAside(rejected: RejectedRecord): void {
    this.#quarantineLines.write(this.quarantine, rejected);
    this.#quarantineLines.writeFinding(this.findings, rejected);
  }

  #take(batch: Batch, r: number): void {
    this.#record = batch.record[r]!;
    this.#line = batch.line[r]!;
    this.#byteOffset = batch.byteOffset[r]!;
    this.#pendingCount = 0;
    this.#altered = 0;
    const length = this.#standardize(batch, r * batch.width);
    const missing = this.#reportMissing();
    if (missing >= 0 && this.#context.quarantineRequired) {
      this.quarantined++;
      const column = this.#columns[missing]!.silver.source;
      this.#quarantineLines.write(this.quarantine, {
        code: 'field.required',
        byteOffset: this.#byteOffset,
        byteLength: batch.byteLength[r]!,
        line: this.#line,
        record: this.#record,
        ...(column < 0 ? {} : { column }),
      });
      return;
    }
    this.#writeRow(r, length, batch.byteLength[r]!);
  }

  /** First step: every value canonical or null, findings written. Returns the bytes of the canonical values. */
  #standardize(batch: Batch, base: number): number {
    const columns = this.#columns;
    const { buf, starts, ends } = batch;
    const valueStart = this.#valueStart;
    const valueEnd = this.#valueEnd;
    let at = 0;
    for (let c = 0; c < columns.length; c++) {
      const { silver, kernel } = columns[c]!;
      const source = silver.source;
      valueEnd[c] = -1;
      this.#state[c] = 0;
      if (source < 0) continue;
      const start = starts[base + source]!;
      const end = ends[base + source]!;
      if (start < 0 || start === end) continue;
      const received = kernel === undefined ? this.#received : this.#cleaner;
      const kind = kernel === undefined ? this.#received.take(buf, start, end) : this.#cleaner.clean(buf, start, end);
      if (kind === 0) continue;
      if (kind > 1) {
        this.#report(c, CONTROL_CHARACTER, buf, start, end);
        if (kernel === undefined) this.#altered = 1;
        if (kind === 3) continue;
      }
      this.#state[c] = 1;
      const room = (received.end - received.start) * 2 + 64;
      if (at + room > this.#values.length) this.#growValues(at, room);
      const to = kernel === undefined ? this.#copy(at) : kernel(received.buf, received.start, received.end, this.#values, at);
      if (to < 0) {
        this.#state[c] = 2;
        this.#report(c, FIRST_OWN_CODE - 1 - to, buf, start, end);
        continue;
      }
      valueStart[c] = at;
      valueEnd[c] = to;
      at = to;
    }
    return at;
  }

  #copy(at: number): number {
    const { buf, start, end } = this.#received;
    const values = this.#values;
    let to = at;
    for (let i = start; i < end; i++) values[to++] = buf[i]!;
    return to;
  }

  /** Reports every required field that is null and returns the first such column, or -1. */
  #reportMissing(): number {
    let first = -1;
    for (let c = 0; c < this.#columns.length; c++) {
      if (!this.#columns[c]!.required || this.#valueEnd[c]! >= 0) continue;
      if (first < 0) first = c;
      this.#note(c, REQUIRED);
      beginFinding(this.findings, this.#record, this.#line, this.#byteOffset);
      this.findings.bytes(this.#columns[c]!.findingText[REQUIRED]!);
      endFindingWithoutValue(this.findings);
    }
    return first;
  }

  #report(c: number, code: number, buf: Uint8Array, start: number, end: number): void {
    this.#note(c, code);
    beginFinding(this.findings, this.#record, this.#line, this.#byteOffset);
    this.findings.bytes(this.#columns[c]!.findingText[code]!);
    endFinding(this.findings, buf, start, end);
  }

  /** Remembers a finding for the sketch, which takes it only if the record stays. */
  #note(c: number, code: number): void {
    if (this.#pendingCount + 2 > this.#pending.length) {
      const grown = new Int32Array(this.#pending.length * 2);
      grown.set(this.#pending);
      this.#pending = grown;
    }
    this.#pending[this.#pendingCount++] = c;
    this.#pending[this.#pendingCount++] = code;
  }

  /** Second step: the row, its hash, and the sketches. */
  #writeRow(r: number, length: number, byteLength: number): void {
    const k = this.n++;
    if (k === this.identityEnd.length) this.#growRows();
    const start = k === 0 ? 0 : this.rowStart[k]!;
    const room = 2 * length + 3 * this.#columns.length + LINEAGE_BYTES;
    if (start + room > this.rows.length) this.rows = grown(this.rows, start, room);
    for (let i = 0; i < this.#pendingCount; i += 2) this.sketches[this.#pending[i]!]!.findings[this.#pending[i + 1]!]!++;
    const identityEnd = this.#writeValues(start);
    const { rows } = this;
    let at = identityEnd;
    rows[at++] = COMMA;
    at = writeInteger(rows, at, this.#record);
    rows[at++] = COMMA;
    at = writeInteger(rows, at, this.#byteOffset);
    rows[at++] = COMMA;
    at = writeInteger(rows, at, this.#line);
    rows[at++] = LF;
    this.rowStart[k] = start;
    this.rowStart[k + 1] = at;
    this.identityEnd[k] = identityEnd;
    this.recordOf[k] = r;
    this.altered[k] = this.#altered;
    this.#hash(rows, start, identityEnd, this.hashes, k * HASH_LANES);
    if (this.#altered === 1) this.#mixReceived(k, byteLength);
  }

  /** Two records that differ in a removed control character are not the same: what was sent becomes part of the hash. */
  #mixReceived(k: number, byteLength: number): void {
    const received = receivedBytes(this.#context.readInput, this.#byteOffset, byteLength);
    this.#hash(received, 0, received.length, this.#receivedHash, 0);
    for (let lane = 0; lane < HASH_LANES; lane++) this.hashes[k * HASH_LANES + lane]! ^= Math.imul(this.#receivedHash[lane]!, 0x9e3779b1);
  }

  #writeValues(start: number): number {
    const rows = this.rows;
    const values = this.#values;
    let at = start;
    for (let c = 0; c < this.#columns.length; c++) {
      if (c > 0) rows[at++] = COMMA;
      const sketch = this.sketches[c]!;
      const state = this.#state[c]!;
      if (state > 0) sketch.received++;
      if (state > 1) sketch.refused++;
      const to = this.#valueEnd[c]!;
      if (to < 0) continue;
      const from = this.#valueStart[c]!;
      const valueAt = at;
      let hash = 0x811c9dc5 | 0;
      let special = 0;
      for (let i = from; i < to; i++) {
        const byte = values[i]!;
        rows[at++] = byte;
        special |= SPECIAL[byte]!;
        hash = Math.imul(hash ^ byte, 0x01000193);
      }
      sketch.add(values, from, to, hash);
      if (special !== 0) {
        at = quoteValue(values, from, to, rows, valueAt);
      } else if (from === to) {
        rows[at++] = QUOTE;
        rows[at++] = QUOTE;
      }
    }
    return at;
  }

  #growValues(used: number, room: number): void {
    this.#values = grown(this.#values, used, room);
  }

  #growRows(): void {
    const rows = this.identityEnd.length * 2;
    this.rowStart = wider(this.rowStart, rows + 1);
    this.identityEnd = wider(this.identityEnd, rows);
    this.recordOf = wider(this.recordOf, rows);
    this.hashes = wider(this.hashes, rows * HASH_LANES);
    const altered = new Uint8Array(rows);
    altered.set(this.altered);
    this.altered = altered;
  }
}

function grown(bytes: Uint8Array<ArrayBuffer>, used: number, room: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(Math.max(bytes.length * 2, used + room));
  larger.set(bytes.subarray(0, used));
  return larger;
}

function wider(words: Int32Array<ArrayBuffer>, length: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(length);
  larger.set(words);
  return larger;
}
