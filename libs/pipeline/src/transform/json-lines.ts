import { ByteWriter } from './byte-writer.js';
import type { ByteSink } from './ports.js';

/** Distance between two offsets of an index, in records. */
export const INDEX_EVERY = 1000;

/** What lies beside an NDJSON artifact, so that a reader can fetch record n with two byte ranges. */
export interface LineIndex {
  readonly every: number;
  /** Byte offset of record 0, 1000, 2000, … */
  readonly offsets: readonly number[];
  readonly records: number;
}

/** How far an NDJSON artifact is. */
export interface LinesState {
  readonly offsets: readonly number[];
  readonly records: number;
  readonly bytes: number;
}

/** Finished lines, one after another. */
export interface Lines {
  readonly buf: Uint8Array;
  /** Bytes in use. */
  readonly at: number;
  /** Number of lines, and where each ends in `buf`. */
  readonly lines: number;
  readonly ends: Int32Array;
}

/** Lines of one chunk, in order; later appended to the artifact as they are. */
export class LineBuffer extends ByteWriter implements Lines {
  /** Number of finished lines. */
  lines = 0;
  /** Where each finished line ends in `buf`. */
  ends = new Int32Array(64);

  endLine(): void {
    this.byte(0x0a);
    if (this.lines === this.ends.length) {
      const grown = new Int32Array(this.ends.length * 2);
      grown.set(this.ends);
      this.ends = grown;
    }
    this.ends[this.lines++] = this.at;
  }

  clear(): void {
    this.at = 0;
    this.lines = 0;
  }
}

/** An NDJSON artifact being written, chunk after chunk, and its index. */
export class JsonLines {
  readonly #sink: ByteSink;
  readonly #offsets: number[] = [];
  #records = 0;
  #bytes = 0;

  /** `earlier`: what the sink holds already. */
  constructor(sink: ByteSink, earlier?: LinesState) {
    this.#sink = sink;
    if (earlier === undefined) return;
    this.#offsets.push(...earlier.offsets);
    this.#records = earlier.records;
    this.#bytes = earlier.bytes;
  }

  state(): LinesState {
    return { offsets: [...this.#offsets], records: this.#records, bytes: this.#bytes };
  }

  get records(): number {
    return this.#records;
  }

  /** Takes over finished lines. */
  append(lines: Lines): void {
    if (lines.lines === 0) return;
    let next = Math.ceil(this.#records / INDEX_EVERY) * INDEX_EVERY - this.#records;
    for (; next < lines.lines; next += INDEX_EVERY) this.#offsets.push(this.#bytes + (next === 0 ? 0 : lines.ends[next - 1]!));
    this.#sink.write(lines.buf.subarray(0, lines.at));
    this.#records += lines.lines;
    this.#bytes += lines.at;
  }

  index(): LineIndex {
    return { every: INDEX_EVERY, offsets: this.#offsets, records: this.#records };
  }
}
