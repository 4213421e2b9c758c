import type { Batch, RejectedRecord } from '@attune/formats';
import { writeInteger } from './byte-writer.js';
import { CanonicalRecord } from './canonical-record.js';
import { ColumnSketch } from './column-sketch.js';
import type { CompiledColumn } from './compiled-column.js';
import { lineStartOf } from './finding-lines.js';
import { LineBuffer } from './json-lines.js';
import type { ReadReceived } from './ports.js';
import { QuarantineLines } from './quarantine-lines.js';
import { receivedBytes } from './received-value.js';
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
  readonly readInput: ReadReceived;
  /** Given by tests that force collisions. */
  readonly hash?: RecordHash;
}

/**
 * Makes the records of a batch canonical: rows in our CSV dialect (null is nothing, empty is `""`), their hashes, findings,
 * quarantine and sketches. It knows nothing of other chunks, so that chunks can be worked on anywhere and merged in order.
 * All buffers are used again; a clean record costs no allocation.
 */
export class CanonicalChunk {
  /** Rows one after another: fields, carried columns, columns of the identity, then `_record,_byte_offset,_line` and a line feed. */
  rows = new Uint8Array(1 << 20);
  /** Rows in the chunk. */
  n = 0;
  /** Row k is `rows[rowStart[k], rowStart[k + 1])`; what makes it different from others ends at `identityEnd[k]`. */
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
  readonly #record: CanonicalRecord;
  readonly #quarantineLines: QuarantineLines;
  readonly #hash: RecordHash;
  readonly #receivedHash = new Int32Array(HASH_LANES);

  constructor(context: ChunkContext) {
    this.#context = context;
    this.#columns = context.columns;
    this.#record = new CanonicalRecord(context.columns, context.nullTokens, this.findings);
    this.#quarantineLines = new QuarantineLines(context.readInput, context.fieldOf);
    this.#hash = context.hash ?? recordHash;
    this.sketches = this.#columns.map(({ codes }) => new ColumnSketch(codes.length));
  }

  /** Lines about records of the batches that follow name this member. */
  member(name: string): void {
    this.#quarantineLines.lineStart = this.#record.lineStart = lineStartOf(name);
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
    const work = this.#record;
    const length = work.take(batch, r);
    const missing = work.reportMissing();
    if (missing >= 0 && this.#context.quarantineRequired) {
      this.quarantined++;
      const column = this.#columns[missing]!.silver.sources[0];
      this.#quarantineLines.write(this.quarantine, {
        code: 'field.required',
        byteOffset: work.byteOffset,
        byteLength: batch.byteLength[r]!,
        line: work.line,
        record: work.record,
        ...(column === undefined ? {} : { column }),
      });
      return;
    }
    this.#writeRow(r, length, batch.byteLength[r]!);
  }

  /** Second step: the row, its hash, and the sketches. */
  #writeRow(r: number, length: number, byteLength: number): void {
    const k = this.n++;
    if (k === this.identityEnd.length) this.#growRows();
    const work = this.#record;
    const start = k === 0 ? 0 : this.rowStart[k]!;
    const room = 2 * length + 3 * this.#columns.length + LINEAGE_BYTES;
    if (start + room > this.rows.length) this.rows = grown(this.rows, start, room);
    for (let i = 0; i < work.notedCount; i += 2) this.sketches[work.noted[i]!]!.findings[work.noted[i + 1]!]!++;
    const identityEnd = this.#writeValues(start);
    const { rows } = this;
    let at = identityEnd;
    rows[at++] = COMMA;
    at = writeInteger(rows, at, work.record);
    rows[at++] = COMMA;
    at = writeInteger(rows, at, work.byteOffset);
    rows[at++] = COMMA;
    at = writeInteger(rows, at, work.line);
    rows[at++] = LF;
    this.rowStart[k] = start;
    this.rowStart[k + 1] = at;
    this.identityEnd[k] = identityEnd;
    this.recordOf[k] = r;
    this.altered[k] = work.altered;
    this.#hash(rows, start, identityEnd, this.hashes, k * HASH_LANES);
    if (work.altered === 1) this.#mixReceived(k, work.byteOffset, byteLength);
  }

  /** Two records that differ in a removed control character are not the same: what was sent becomes part of the hash. */
  #mixReceived(k: number, byteOffset: number, byteLength: number): void {
    const received = receivedBytes(this.#context.readInput, byteOffset, byteLength);
    this.#hash(received, 0, received.length, this.#receivedHash, 0);
    for (let lane = 0; lane < HASH_LANES; lane++) this.hashes[k * HASH_LANES + lane]! ^= Math.imul(this.#receivedHash[lane]!, 0x9e3779b1);
  }

  #writeValues(start: number): number {
    const rows = this.rows;
    const { values, valueStart, valueEnd, state } = this.#record;
    let at = start;
    for (let c = 0; c < this.#columns.length; c++) {
      if (c > 0) rows[at++] = COMMA;
      const sketch = this.sketches[c]!;
      const bits = state[c]!;
      if (bits !== 0) {
        sketch.received += bits & 1;
        sketch.refused += (bits >> 1) & 1;
        sketch.changed += bits >> 2;
      }
      const to = valueEnd[c]!;
      if (to < 0) continue;
      const from = valueStart[c]!;
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
