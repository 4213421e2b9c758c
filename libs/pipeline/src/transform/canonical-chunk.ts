import type { Plan } from '@attune/core';
import type { Batch, RejectedRecord } from '@attune/formats';
import { beginsFormula } from '@attune/outputs';
import { writeInteger } from './byte-writer.js';
import { CanonicalRecord, CHANGED, RECEIVED, REFUSED } from './canonical-record.js';
import { ColumnSketch } from './column-sketch.js';
import type { CompiledColumn } from './compiled-column.js';
import { LINEAGE_BYTES } from './duplicate-line.js';
import { lineStartOf } from './finding-lines.js';
import { LineBuffer, type Lines } from './json-lines.js';
import type { ReadReceived } from './ports.js';
import { QuarantineLines } from './quarantine-lines.js';
import { receivedBytes } from './received-value.js';
import { HASH_LANES, mixReceived, recordHash, type RecordHash } from './record-hash.js';
import { quoteInPlace, quotingBytes } from './row-quoting.js';

const COMMA = 0x2c;
const LF = 0x0a;
/** One more than the largest combination of RECEIVED, REFUSED and CHANGED. */
const STATES = 8;

/** Canonical rows, ready to be merged with those before them; where they were made does not matter. */
export interface RowChunk {
  readonly rows: Uint8Array;
  /** Number of rows. */
  readonly n: number;
  /** Row k is `rows[rowStart[k], rowStart[k + 1])`; what makes it different from others ends at `identityEnd[k]`, and a comma and the lineage follow. */
  readonly rowStart: Int32Array;
  readonly identityEnd: Int32Array;
  /** Four lanes per row. */
  readonly hashes: Int32Array;
  /** 1 where the identity includes the received bytes. */
  readonly altered: Uint8Array;
  /** Bytes of the record that became row k, as received. */
  readonly byteLength: Int32Array;
}

/** A chunk with everything that was found out about it. */
export interface FinishedChunk extends RowChunk {
  readonly findings: Lines;
  readonly quarantine: Lines;
  /** Records that were set aside for want of a required field. */
  readonly quarantined: number;
  /** Bytes of the longest row, line end included. */
  readonly longestRow: number;
}

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
export class CanonicalChunk implements FinishedChunk {
  /** Rows in the chunk. */
  n = 0;
  /** Bytes of the longest row so far, line end included. */
  longestRow = 0;
  /** Row k is `rows[rowStart[k], rowStart[k + 1])`; what makes it different from others ends at `identityEnd[k]`. */
  rowStart = new Int32Array(1025);
  identityEnd = new Int32Array(1024);
  /** Bytes of the record that became row k, as received. */
  byteLength = new Int32Array(1024);
  /** Four lanes per row. */
  hashes = new Int32Array(HASH_LANES * 1024);
  /** 1 where control characters were removed from a column that is kept as received: identity then includes the received bytes. */
  altered = new Uint8Array(1024);
  readonly findings = new LineBuffer();
  readonly quarantine = new LineBuffer();
  /** Records of the batch that were set aside for want of a required field. */
  quarantined = 0;
  /** Sketches of everything since `clearSketches`. */
  readonly sketches: readonly ColumnSketch[];

  readonly #context: ChunkContext;
  readonly #columns: readonly CompiledColumn[];
  readonly #record: CanonicalRecord;
  readonly #quarantineLines: QuarantineLines;
  readonly #hash: RecordHash;
  readonly #isText: readonly boolean[];
  /** Records by what was true of the value, per column; counted into the sketches after each batch. */
  readonly #states: Int32Array;
  #chunk = 1;

  constructor(context: ChunkContext) {
    this.#context = context;
    this.#columns = context.columns;
    this.#record = new CanonicalRecord(context.columns, context.nullTokens, this.findings);
    this.#quarantineLines = new QuarantineLines(context.readInput, context.fieldOf);
    this.#hash = context.hash ?? recordHash;
    this.#isText = this.#columns.map(({ silver }) => silver.type === 'VARCHAR');
    this.#states = new Int32Array(this.#columns.length * STATES);
    this.sketches = this.#columns.map(({ codes }) => new ColumnSketch(codes.length));
  }

  /** Rows one after another: fields, carried columns, columns of the identity, then `_record,_byte_offset,_line` and a line feed. */
  get rows(): Uint8Array<ArrayBuffer> {
    return this.#record.values;
  }

  /** Has the rows of the next batches written to other memory; the old one is the caller's. */
  giveRows(memory: Uint8Array<ArrayBuffer>): void {
    this.#record.values = memory;
  }

  /** The sketches begin anew. */
  clearSketches(): void {
    this.#chunk++;
    for (const sketch of this.sketches) sketch.clear();
  }

  /** Lines about records of the batches that follow name this member. */
  member(name: string): void {
    this.#quarantineLines.lineStart = this.#record.lineStart = lineStartOf(name);
  }

  /** Forgets the rows and lines; the sketches go on. */
  empty(): void {
    this.n = 0;
    this.quarantined = 0;
    this.findings.clear();
    this.quarantine.clear();
  }

  /** Works on one batch more. Accepted and rejected records are taken in the order of their ordinals. */
  run(batch: Batch, rejected: readonly RejectedRecord[]): void {
    let next = 0;
    for (let r = 0; r < batch.n; r++) {
      while (next < rejected.length && rejected[next]!.record < batch.record[r]!) this.#setAside(rejected[next++]!);
      this.#take(batch, r);
    }
    while (next < rejected.length) this.#setAside(rejected[next++]!);
    this.#countStates();
  }

  #setAside(rejected: RejectedRecord): void {
    this.#quarantineLines.write(this.quarantine, rejected);
    this.#quarantineLines.writeFinding(this.findings, rejected);
  }

  #take(batch: Batch, r: number): void {
    const work = this.#record;
    const start = this.n === 0 ? 0 : this.rowStart[this.n]!;
    const end = work.take(batch, r, start);
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
    this.#sketch();
    this.#finishRow(start, end, batch.byteLength[r]!);
  }

  #countStates(): void {
    const states = this.#states;
    for (let i = 0; i < states.length; i++) {
      const count = states[i]!;
      if (count === 0) continue;
      const sketch = this.sketches[Math.floor(i / STATES)]!;
      if ((i & RECEIVED) !== 0) sketch.received += count;
      if ((i & REFUSED) !== 0) sketch.refused += count;
      if ((i & CHANGED) !== 0) sketch.changed += count;
      states[i] = 0;
    }
  }

  /** The record stays: its values are counted. */
  #sketch(): void {
    const { inPart: columns, state, valueStart, valueEnd, hashes, slots, memos, values, noted, notedCount } = this.#record;
    const { sketches } = this;
    for (let i = 0; i < notedCount; i += 2) sketches[noted[i]!]!.findings[noted[i + 1]!]!++;
    const states = this.#states;
    for (let k = 0; k < columns.length; k++) {
      const c = columns[k]!;
      states[c * STATES + state[c]!]!++;
      const to = valueEnd[c]!;
      if (to < 0) continue;
      const sketch = sketches[c]!;
      const slot = slots[c]!;
      if (slot >= 0) {
        if (!memos[c]!.isNewIn(this.#chunk, slot)) {
          sketch.values++;
          continue;
        }
      }
      sketch.add(values, valueStart[c]!, to, hashes[c]!);
      if (this.#isText[c]! && beginsFormula(values, valueStart[c]!, to)) sketch.formulas = 1;
    }
  }

  /** Quotes what needs it, and appends where the record came from. */
  #finishRow(start: number, end: number, byteLength: number): void {
    const k = this.n++;
    if (k === this.identityEnd.length) this.#growRows();
    const work = this.#record;
    const quoting = work.anySpecial === 0 ? 0 : quotingBytes(work);
    if (end + quoting + LINEAGE_BYTES > work.values.length) work.values = grown(work.values, end, quoting + LINEAGE_BYTES);
    if (quoting > 0) quoteInPlace(work, end, quoting);
    const rows = work.values;
    let at = end + quoting;
    this.identityEnd[k] = at - 1;
    at = writeInteger(rows, at, work.record);
    rows[at++] = COMMA;
    at = writeInteger(rows, at, work.byteOffset);
    rows[at++] = COMMA;
    at = writeInteger(rows, at, work.line);
    rows[at++] = LF;
    this.rowStart[k] = start;
    this.rowStart[k + 1] = at;
    this.byteLength[k] = byteLength;
    if (at - start > this.longestRow) this.longestRow = at - start;
    this.altered[k] = work.altered;
    this.#hash(work.hashes, work.inPart, this.hashes, k * HASH_LANES);
    // Two records that differ in a removed control character are not the same.
    if (work.altered === 1) mixReceived(receivedBytes(this.#context.readInput, work.byteOffset, byteLength), this.hashes, k * HASH_LANES);
  }

  #growRows(): void {
    const rows = this.identityEnd.length * 2;
    this.rowStart = wider(this.rowStart, rows + 1);
    this.identityEnd = wider(this.identityEnd, rows);
    this.byteLength = wider(this.byteLength, rows);
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

/** What the chunks of a plan need, from its compiled columns. */
export function chunkContext(
  plan: Plan,
  columns: readonly CompiledColumn[],
  readInput: ReadReceived,
  hash: RecordHash = recordHash,
): ChunkContext {
  return {
    columns,
    nullTokens: plan.null_tokens,
    quarantineRequired: plan.options.validate_schema,
    fieldOf: fieldNames(columns),
    readInput,
    hash,
  };
}

/** Names source columns by the first field that they became, or by the name under which they are carried. */
function fieldNames(columns: readonly CompiledColumn[]): (column: number) => string | null {
  const names = new Map<number, string>();
  for (const { silver } of columns)
    for (const source of silver.role === 'identity' ? [] : silver.sources) if (!names.has(source)) names.set(source, silver.name);
  return (column) => names.get(column) ?? null;
}
