import type { ByteSink, ReadBytes } from './ports.js';

const WORDS = 7;
/** Bytes of what is noted of a late row. */
export const LATE_BYTES = WORDS * Int32Array.BYTES_PER_ELEMENT;

/** What the set of different rows is asked with, and where the row lies. */
export interface LateRow {
  /** First hash and second hash, as `DuplicateSet.findOrEnter` is given them; bit 16 of the second says that received bytes count. */
  readonly h1High: number;
  readonly h1Low: number;
  readonly h2: number;
  /** Offset of the row in the part. */
  readonly offset: number;
  /** Bytes of the row that make it different from others; a comma and the lineage follow. */
  readonly identityBytes: number;
  /** Bytes of the record as received. */
  readonly receivedBytes: number;
}

/** Notes rows that were not entered, each in `LATE_BYTES` words of its own, in the order in which they lie in the part. */
export class LateRows {
  /** Rows that were noted. */
  count: number;
  readonly #sink: ByteSink;
  readonly #words = new Int32Array(WORDS);
  readonly #bytes = new Uint8Array(this.#words.buffer);

  /** `count`: rows that the sink holds already. */
  constructor(sink: ByteSink, count: number) {
    this.#sink = sink;
    this.count = count;
  }

  note(h1High: number, h1Low: number, h2: number, offset: number, identityBytes: number, receivedBytes: number): void {
    const words = this.#words;
    words[0] = h1High;
    words[1] = h1Low;
    words[2] = h2;
    words[3] = offset | 0; // the low 32 bits, also of numbers beyond 2^32
    words[4] = Math.floor(offset / 2 ** 32);
    words[5] = identityBytes;
    words[6] = receivedBytes;
    this.#sink.write(this.#bytes);
    this.count++;
  }
}

/** Noted rows, read in blocks; the fields are those of the row that was chosen last. */
export class LateBlock implements LateRow {
  h1High = 0;
  h1Low = 0;
  h2 = 0;
  offset = 0;
  identityBytes = 0;
  receivedBytes = 0;
  /** Rows in the block. */
  rows = 0;
  readonly #words: Int32Array;
  readonly #bytes: Uint8Array;

  constructor(rows: number) {
    this.#words = new Int32Array(rows * WORDS);
    this.#bytes = new Uint8Array(this.#words.buffer);
  }

  /** Reads rows from number `first` on, as many as there are and the block has room for. */
  read(read: ReadBytes, first: number): void {
    this.rows = Math.floor(read(first * LATE_BYTES, this.#bytes) / LATE_BYTES);
  }

  choose(i: number): void {
    const words = this.#words;
    const at = i * WORDS;
    this.h1High = words[at]!;
    this.h1Low = words[at + 1]!;
    this.h2 = words[at + 2]!;
    this.offset = words[at + 4]! * 2 ** 32 + (words[at + 3]! >>> 0);
    this.identityBytes = words[at + 5]!;
    this.receivedBytes = words[at + 6]!;
  }
}
