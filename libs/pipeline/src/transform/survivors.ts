import type { SettlePorts } from './ports.js';

const WORDS = 2;
const SURVIVOR_BYTES = WORDS * Int32Array.BYTES_PER_ELEMENT;

/** Offset in the part of the survivor of each late row, in blocks; of a row that is the first of its kind its own. */
export class Survivors {
  readonly #port: SettlePorts['survivors'];
  /** Low 32 bits, and one more than the high ones: 0 where nothing is known. */
  readonly #words: Int32Array;
  readonly #bytes: Uint8Array;

  constructor(port: SettlePorts['survivors'], rows: number) {
    this.#port = port;
    this.#words = new Int32Array(rows * WORDS);
    this.#bytes = new Uint8Array(this.#words.buffer);
  }

  /** Reads what is known of `rows` late rows from number `first` on. */
  read(first: number, rows: number): void {
    const read = this.#port.read(first * SURVIVOR_BYTES, this.#bytes.subarray(0, rows * SURVIVOR_BYTES));
    this.#bytes.fill(0, read);
  }

  write(first: number, rows: number): void {
    this.#port.write(first * SURVIVOR_BYTES, this.#bytes.subarray(0, rows * SURVIVOR_BYTES));
  }

  /** Survivor of row `i` of the block; negative where it is not known. */
  of(i: number): number {
    const high = this.#words[i * WORDS + 1]! - 1;
    return high < 0 ? -1 : high * 2 ** 32 + (this.#words[i * WORDS]! >>> 0);
  }

  set(i: number, offset: number): void {
    this.#words[i * WORDS] = offset | 0; // the low 32 bits, also of numbers beyond 2^32
    this.#words[i * WORDS + 1] = Math.floor(offset / 2 ** 32) + 1;
  }
}
