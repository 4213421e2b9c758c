import { Buffer, isUtf8 } from 'node:buffer';
import type { Encoding } from '@attune/core';
import type { Batch } from '../text/batch.js';
import type { Cells } from './tuple.js';
import { hasNumbers, unescape, type Escapes } from './unescape.js';

/** No column of the record is at fault. */
export const SOUND = -1;

/** The values of a batch with something in them that has to be undone, in the order of their cells. */
export class CellEscapes implements Cells {
  count = 0;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  readonly #utf8: boolean;
  #cells = new Int32Array(64);
  #kinds = new Uint8Array(64);
  #quotes = new Uint8Array(64);

  constructor({ starts, ends }: Batch, encoding: Encoding) {
    this.starts = starts;
    this.ends = ends;
    this.#utf8 = encoding !== 'iso-8859-1' && encoding !== 'windows-1252';
  }

  escaped(cell: number, escapes: Escapes, quote: number): void {
    if (this.count === this.#cells.length) this.#grow();
    this.#cells[this.count] = cell;
    this.#kinds[this.count] = escapes;
    this.#quotes[this.count++] = quote;
  }

  cell(i: number): number {
    return this.#cells[i]!;
  }

  /**
   * The column of record `r` whose value is not one of characters, SOUND where there is none, or the width for bytes outside of all values.
   * `invalid`: a byte of the record that is no character, or -1. `[first, after)`: the escapes of the record.
   */
  unsoundColumn({ buf, width }: Batch, r: number, invalid: number, first: number, after: number): number {
    const base = r * width;
    if (invalid >= 0) {
      let column = 0;
      while (column < width && !(this.starts[base + column]! <= invalid && invalid < this.ends[base + column]!)) column++;
      return column;
    }
    for (let i = first; i < after; i++) if (!this.#isSound(buf, i)) return this.#cells[i]! - base;
    return SOUND;
  }

  /** Whether the value is still one of characters once numbers for bytes are put in; asked before anything is changed. */
  #isSound(buf: Uint8Array, i: number): boolean {
    const cell = this.#cells[i]!;
    const [start, end, kind] = [this.starts[cell]!, this.ends[cell]!, this.#kinds[i] as Escapes];
    if (!hasNumbers(buf, start, end, kind)) return true;
    const out = Buffer.alloc(end - start);
    const bytes = out.subarray(0, unescape(buf, start, end, kind, this.#quotes[i]!, out, 0));
    // Numbers are of the server's encoding, and what they stand for in another one is not known.
    return this.#utf8 ? isUtf8(bytes) : bytes.every((byte) => byte < 0x80);
  }

  /** Undoes the escapes of a value in its place. */
  undo(buf: Uint8Array, i: number): void {
    const cell = this.#cells[i]!;
    const start = this.starts[cell]!;
    this.ends[cell] = unescape(buf, start, this.ends[cell]!, this.#kinds[i] as Escapes, this.#quotes[i]!, buf, start);
  }

  #grow(): void {
    const [cells, kinds, quotes] = [this.#cells, this.#kinds, this.#quotes];
    this.#cells = new Int32Array(2 * cells.length);
    this.#kinds = new Uint8Array(2 * kinds.length);
    this.#quotes = new Uint8Array(2 * quotes.length);
    this.#cells.set(cells);
    this.#kinds.set(kinds);
    this.#quotes.set(quotes);
  }
}
