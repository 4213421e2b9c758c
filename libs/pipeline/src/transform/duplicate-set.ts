import type { ByteSink } from './ports.js';

const PARTITIONS = 256;
const SLOT_WORDS = 4;
/** Bytes of what is written down of a row that was entered. */
export const SLOT_BYTES = SLOT_WORDS * Int32Array.BYTES_PER_ELEMENT;
/** So many slots are gathered before they are written down. */
const NOTED_SLOTS = 1 << 12;
const FIRST_SLOTS = 16;
const HIGHEST_LOAD = 0.7;

/** Tells whether the row that starts at an offset of the part is the one in question, byte by byte. */
export type SameRow = (offset: number) => boolean;

/**
 * Remembers where in the part each different record lies. 256 open-addressing tables, so that growing is done in small steps;
 * a slot of 16 bytes holds 63 bits of the first hash, the 48-bit offset of the row, and 16 bits of the second hash.
 * Equal hashes are only a reason to look: `same` compares the bytes, and a hash never drops a record.
 */
export class DuplicateSet {
  readonly #tables = Array.from({ length: PARTITIONS }, () => new Int32Array(FIRST_SLOTS * SLOT_WORDS));
  readonly #used = new Int32Array(PARTITIONS);
  readonly #log: ByteSink | undefined;
  readonly #noted: Int32Array;
  #notedWords = 0;

  /** `log` is told every row that is entered, as the words of its slot; see `flush` and `reenter`. */
  constructor(log?: ByteSink) {
    this.#log = log;
    this.#noted = new Int32Array(log === undefined ? 0 : NOTED_SLOTS * SLOT_WORDS);
  }

  /** Offset of an equal row that is here already; else -1, and the row of `offset` has been entered. */
  findOrEnter(h1High: number, h1Low: number, h2: number, offset: number, same: SameRow): number {
    const partition = h1High >>> 24;
    const table = this.#withRoom(partition);
    const low = h1Low | 1; // a slot in use is never 0
    const tag = h2 >>> 16;
    let slot = home(h1High, table);
    while (table[slot + 1] !== 0) {
      if (table[slot] === h1High && table[slot + 1] === low && (table[slot + 3]! & 0xffff) === tag) {
        const there = (table[slot + 3]! >>> 16) * 2 ** 32 + (table[slot + 2]! >>> 0);
        if (same(there)) return there;
      }
      slot = after(slot, table);
    }
    table[slot] = h1High;
    table[slot + 1] = low;
    table[slot + 2] = offset | 0; // the low 32 bits, also of numbers beyond 2^32
    table[slot + 3] = (Math.floor(offset / 2 ** 32) << 16) | tag;
    this.#used[partition]!++;
    if (this.#log !== undefined) this.#note(table, slot);
    return -1;
  }

  /** Writes down what was gathered. */
  flush(): void {
    this.#log?.write(new Uint8Array(this.#noted.buffer, 0, this.#notedWords * Int32Array.BYTES_PER_ELEMENT));
    this.#notedWords = 0;
  }

  /** Enters rows as another set has written them down, in their order; they are known to differ. */
  reenter(slots: Int32Array): void {
    for (let from = 0; from < slots.length; from += SLOT_WORDS) {
      const partition = slots[from]! >>> 24;
      put(this.#withRoom(partition), slots, from);
      this.#used[partition]!++;
    }
  }

  #note(table: Int32Array, slot: number): void {
    const noted = this.#noted;
    for (let word = 0; word < SLOT_WORDS; word++) noted[this.#notedWords + word] = table[slot + word]!;
    this.#notedWords += SLOT_WORDS;
    if (this.#notedWords === noted.length) this.flush();
  }

  /** The partition's table, with a free slot. */
  #withRoom(partition: number): Int32Array {
    if (this.#used[partition]! + 1 > (this.#tables[partition]!.length / SLOT_WORDS) * HIGHEST_LOAD) this.#grow(partition);
    return this.#tables[partition]!;
  }

  #grow(partition: number): void {
    const old = this.#tables[partition]!;
    const table = new Int32Array(old.length * 2);
    for (let from = 0; from < old.length; from += SLOT_WORDS) if (old[from + 1] !== 0) put(table, old, from);
    this.#tables[partition] = table;
  }
}

/** Puts a slot where it belongs in a table. */
function put(table: Int32Array, slots: Int32Array, from: number): void {
  let slot = home(slots[from]!, table);
  while (table[slot + 1] !== 0) slot = after(slot, table);
  for (let word = 0; word < SLOT_WORDS; word++) table[slot + word] = slots[from + word]!;
}

/** First slot to look at; the top byte chose the table and says nothing more. */
function home(h1High: number, table: Int32Array): number {
  return (h1High & (table.length / SLOT_WORDS - 1)) * SLOT_WORDS;
}

function after(slot: number, table: Int32Array): number {
  return slot + SLOT_WORDS === table.length ? 0 : slot + SLOT_WORDS;
}
