import type { Entity, Plan } from '@attune/core';
import type { ByteAccount, RecordPlace } from '@attune/formats';
import { CanonicalChunk, chunkContext, type FinishedChunk } from './canonical-chunk.js';
import type { SketchState } from './column-sketch.js';
import { compileColumns } from './compiled-column.js';
import type { Lines } from './json-lines.js';
import type { ReadBytes } from './ports.js';
import { RangeReader, type Range } from './range-reader.js';
import { HASH_LANES } from './record-hash.js';

/** One piece of one member, to be made canonical. */
export interface ChunkRange {
  /** Offsets in the member; the chunk owns every record that starts in between. */
  readonly from: number;
  readonly to: number;
  /** Where its first record begins, where that is known beforehand. */
  readonly at?: RecordPlace;
}

/** Who knows where chunks begin: each asks for the place at which the one before it has ended, and says where it ends itself. */
export interface Chain {
  /** Waits for the chunk before this one. For the first chunk of a member: no offset, and the records of the members before. */
  before(): { readonly at: RecordPlace | undefined; readonly records: number };
  ended(place: RecordPlace): void;
}

/** A finished chunk as plain data; arrays are as long as they need to be. */
export interface ChunkResult extends FinishedChunk {
  readonly sketches: readonly SketchState[];
  readonly account: ByteAccount;
}

const START: RecordPlace = { byteOffset: 0, line: 1, records: 0 };

/** Makes chunks of one member canonical, one after another and in any selection; it belongs to one thread. */
export class ChunkWorker {
  readonly #chunk: CanonicalChunk;
  readonly #ranges: RangeReader;
  readonly #byLines: boolean;

  /** `plan` is the member's own, `read` gives bytes of the member, `size` is their number; `byLines`: records mostly begin after a line feed. */
  constructor(plan: Plan, entity: Entity, member: string, read: ReadBytes, size: number, byLines: boolean) {
    this.#ranges = new RangeReader(plan, plan.columns.length, read, size);
    this.#chunk = new CanonicalChunk(chunkContext(plan, compileColumns(plan, entity), read));
    this.#chunk.member(member);
    this.#byLines = byLines;
  }

  /** The rows are written to `memory`, or to more where it is too small; either is the caller's. */
  work(range: ChunkRange, chain: Chain, memory = new Uint8Array(2 * (range.to - range.from))): ChunkResult {
    const chunk = this.#chunk;
    chunk.giveRows(memory);
    chunk.empty();
    chunk.clearSketches();
    chunk.longestRow = 0;
    const read = this.#read(range, chain);
    for (const { batch, rejected } of read?.batches ?? []) chunk.run(batch, rejected);
    return { ...finished(chunk), account: read?.account ?? { ...EMPTY }, sketches: chunk.sketches.map((sketch) => sketch.state()) };
  }

  /**
   * Reads ahead from where a record seems to begin, and once the chunk before is read, finds out whether it does: if not, it reads again.
   * The guess costs time when it is wrong, never a record. Nothing where a record from before reaches over the whole chunk.
   */
  #read({ from, to, at: known }: ChunkRange, chain: Chain): Range | undefined {
    const guess = from > 0 && this.#byLines && known === undefined ? this.#ranges.lineStart(from, to) : undefined;
    const ahead = guess === undefined ? undefined : this.#ranges.range(to, { ...START, byteOffset: guess });
    const { at, records } = chain.before();
    if (at !== undefined && at.byteOffset >= to) {
      chain.ended(at);
      return undefined;
    }
    if (ahead !== undefined && at?.byteOffset === guess) {
      const { end } = ahead;
      chain.ended({ byteOffset: end.byteOffset, line: end.line + at!.line - 1, records: end.records + records });
      countOn(ahead, records, at!.line - 1);
      return ahead;
    }
    const read = this.#ranges.range(to, at === undefined ? undefined : { ...at, records: 0 });
    chain.ended({ ...read.end, records: read.end.records + records });
    countOn(read, records, 0);
    return read;
  }
}

const EMPTY: ByteAccount = {
  header: 0,
  accepted: 0,
  quarantined: 0,
  blank: 0,
  comment: 0,
  recordsAccepted: 0,
  recordsQuarantined: 0,
  blankLines: 0,
};

/** Ordinals and lines go on from the chunk before. */
function countOn({ batches }: Range, records: number, lines: number): void {
  for (const { batch, rejected } of batches) {
    for (let r = 0; r < batch.n; r++) {
      batch.record[r]! += records;
      batch.line[r]! += lines;
    }
    for (const record of rejected) Object.assign(record, { record: record.record + records, line: record.line + lines });
  }
}

function finished(chunk: CanonicalChunk): FinishedChunk {
  const { n } = chunk;
  return {
    rows: chunk.rows,
    n,
    rowStart: chunk.rowStart.slice(0, n + 1),
    identityEnd: chunk.identityEnd.slice(0, n),
    hashes: chunk.hashes.slice(0, n * HASH_LANES),
    altered: chunk.altered.slice(0, n),
    byteLength: chunk.byteLength.slice(0, n),
    findings: copied(chunk.findings),
    quarantine: copied(chunk.quarantine),
    quarantined: chunk.quarantined,
    longestRow: chunk.longestRow,
  };
}

const copied = ({ buf, at, lines, ends }: Lines): Lines => ({ buf: buf.slice(0, at), at, lines, ends: ends.slice(0, lines) });
