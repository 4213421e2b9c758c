/**
 * Records as offsets into the bytes they were read from.
 * Field c of record r is `buf[starts[r*width+c] .. ends[r*width+c])`. starts = -1: field absent; start == end: empty.
 * Every record in a batch has exactly `width` fields. Quotes are already removed and doubled quotes undone.
 * The reader reuses the arrays: a batch is valid until the next read.
 */
export interface Batch {
  buf: Uint8Array;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  /** Records in the batch. */
  n: number;
  readonly width: number;
  /** Per record: 0-based offset in the decoded stream, a byte order mark counted. */
  readonly byteOffset: Float64Array;
  /** Per record: bytes as received, its line end included. */
  readonly byteLength: Int32Array;
  /** Per record: 1-based physical line where it starts. */
  readonly line: Float64Array;
  /** Per record: 1-based ordinal; quarantined records have ordinals too, the header and blank lines have none. */
  readonly record: Float64Array;
}

const DEFAULT_RECORDS = 8192;

/** Bounds the two offset arrays of a batch to 2 MiB each, however wide the records are. */
const MAX_CELLS = 512 * 1024;

/** Records that a batch of this width holds. */
export function batchCapacity(width: number, batchRecords = DEFAULT_RECORDS): number {
  return Math.max(1, Math.min(batchRecords, Math.floor(MAX_CELLS / Math.max(1, width))));
}

export function createBatch(width: number, capacity: number): Batch {
  return {
    buf: new Uint8Array(0),
    starts: new Int32Array(capacity * width),
    ends: new Int32Array(capacity * width),
    n: 0,
    width,
    byteOffset: new Float64Array(capacity),
    byteLength: new Int32Array(capacity),
    line: new Float64Array(capacity),
    record: new Float64Array(capacity),
  };
}

/** Puts record `from` into the place of record `to`, which is not later. */
export function moveRecord(batch: Batch, from: number, to: number): void {
  if (from === to) return;
  const { width, starts, ends } = batch;
  starts.copyWithin(to * width, from * width, (from + 1) * width);
  ends.copyWithin(to * width, from * width, (from + 1) * width);
  batch.byteOffset[to] = batch.byteOffset[from]!;
  batch.byteLength[to] = batch.byteLength[from]!;
  batch.line[to] = batch.line[from]!;
  batch.record[to] = batch.record[from]!;
}
