import {
  openReader,
  type Batch,
  type ByteAccount,
  type RecordPlace,
  type RecordReader,
  type RejectedRecord,
  type TextPlan,
} from '@attune/formats';
import type { ReadBytes } from './ports.js';

/** How many bytes are read at once beyond the end of a range, for the record that reaches over it. */
const BEYOND = 1 << 16;
/** Records of a batch; wide records lower it. */
const BATCH_RECORDS = 1 << 15;

/** The records of a range, with places that count from where the range was opened. */
export interface Range {
  readonly batches: readonly { readonly batch: Batch; readonly rejected: readonly RejectedRecord[] }[];
  readonly account: ByteAccount;
  /** Where the next range begins. */
  readonly end: RecordPlace;
}

/** Reads the records of a text range by range: a range owns every record that starts in it. Memory is used again from range to range. */
export class RangeReader {
  readonly #plan: TextPlan;
  readonly #width: number;
  readonly #read: ReadBytes;
  readonly #size: number;
  #buf = new Uint8Array(1 << 20);

  /** `read` gives bytes of the text by offset, `size` is their number. */
  constructor(plan: TextPlan, width: number, read: ReadBytes, size: number) {
    this.#plan = plan;
    this.#width = width;
    this.#read = read;
    this.#size = size;
  }

  /** Records that start before `to`, from `at` on; without `at` from the start of the text, its header included. The last range ends with the text. */
  range(to: number, at?: RecordPlace): Range {
    const base = at?.byteOffset ?? 0;
    const stopAt = to >= this.#size ? Infinity : to - base;
    const reader = openReader(this.#plan, this.#width, {
      batchRecords: Math.min(BATCH_RECORDS, 64 + ((to - base) >> 3)),
      ...(at === undefined ? {} : { at }),
    });
    const batches: Range['batches'][number][] = [];
    let held = this.#load(base, 0, Math.min(this.#size, to + BEYOND) - base);
    let from = 0;
    for (;;) {
      const last = base + held === this.#size;
      from += reader.read(this.#buf, from, held, last, stopAt);
      const done = (from >= stopAt && !reader.midway) || (last && from === held);
      const full = reader.batch.n > 0 || reader.rejected.length > 0;
      if (full) batches.push(done ? { batch: reader.batch, rejected: [...reader.rejected] } : taken(reader, this.#buf));
      if (done) break;
      if (!full || from === held) {
        if (last && !full) break;
        held = this.#load(base, held, held + Math.max(BEYOND, held - from));
      }
    }
    return { batches, account: reader.account, end: { byteOffset: reader.offset, line: reader.line, records: recordsOf(reader, at) } };
  }

  /** The offset behind the first line feed at or after `from` - 1, before `to`; undefined where there is none. */
  lineStart(from: number, to: number): number | undefined {
    const begin = from - 1;
    const held = this.#load(begin, 0, Math.min(this.#size, to) - begin);
    const at = this.#buf.subarray(0, held).indexOf(0x0a);
    return at < 0 || begin + at + 1 >= to ? undefined : begin + at + 1;
  }

  /** Has `buf` hold the bytes from `base` on, up to `wanted` of them, the first `held` of which it holds already. Returns how many it holds. */
  #load(base: number, held: number, wanted: number): number {
    if (wanted > this.#buf.length) {
      const larger = new Uint8Array(Math.max(wanted, 2 * held));
      larger.set(this.#buf.subarray(0, held));
      this.#buf = larger;
    }
    return held + this.#read(base + held, this.#buf.subarray(held, Math.min(wanted, this.#size - base)));
  }
}

const recordsOf = ({ account }: RecordReader, at: RecordPlace | undefined): number =>
  (at?.records ?? 0) + account.recordsAccepted + account.recordsQuarantined;

/** A batch that outlives the next read. */
/** `read`: what the reader was given; a batch that lies elsewhere lies in memory of the reader's own. */
function taken({ batch, rejected }: RecordReader, read: Uint8Array): Range['batches'][number] {
  const { n, width } = batch;
  return {
    batch: {
      ...batch,
      buf: batch.buf === read ? read : batch.buf.slice(),
      starts: batch.starts.slice(0, n * width),
      ends: batch.ends.slice(0, n * width),
      byteOffset: batch.byteOffset.slice(0, n),
      byteLength: batch.byteLength.slice(0, n),
      line: batch.line.slice(0, n),
      record: batch.record.slice(0, n),
    },
    rejected: [...rejected],
  };
}
