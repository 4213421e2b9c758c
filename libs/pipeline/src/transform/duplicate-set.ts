import { AppError } from '@attune/core';
import type { ByteSink } from './ports.js';

const PARTITIONS = 256;
const SLOT_WORDS = 4;
/** Bytes of what is written down of a row that was entered. */
export const SLOT_BYTES = SLOT_WORDS * Int32Array.BYTES_PER_ELEMENT;
/** So many slots are gathered before they are written down. */
const NOTED_SLOTS = 1 << 12;
const FIRST_SLOTS = 16;
const HIGHEST_LOAD = 0.7;
/** What `findOrEnter` says of a row that is not there yet. */
export const ENTERED = -1;
/** … and of one that is not there and cannot be entered any more. */
export const NO_ROOM = -2;
/** The table of a partition that has no rows: one slot, which is never used. */
const NONE = new Int32Array(SLOT_WORDS);

/** Tells whether the row that starts at an offset of the part is the one in question, byte by byte. */
export type SameRow = (offset: number) => boolean;

/**
 * Remembers where in the part each different record lies. 256 open-addressing tables, so that growing is done in small steps;
 * a slot of 16 bytes holds 63 bits of the first hash, the 48-bit offset of the row, and 16 bits of the second hash.
 * Equal hashes are only a reason to look: `same` compares the bytes, and a hash never drops a record.
 *
 * The tables take `budgetBytes` at most, not counting the old one while one of them grows. A set that would need more is full for good: it
 * enters no row any more, in no table, so that every row that equals an entered one is still found, and rows that are not found have only
 * each other to be compared with. One row is always entered.
 */
export class DuplicateSet {
  readonly #tables: Int32Array[] = Array.from({ length: PARTITIONS }, () => NONE);
  readonly #used = new Int32Array(PARTITIONS);
  readonly #budgetBytes: number;
  #bytes = 0;
  #full = false;
  #log: ByteSink | undefined;
  readonly #noted: Int32Array;
  #notedWords = 0;

  /** `log` is told every row that is entered, as the words of its slot; see `flush` and `reenter`. */
  constructor(log?: ByteSink, budgetBytes = Infinity) {
    this.#log = log;
    this.#noted = new Int32Array(log === undefined ? 0 : NOTED_SLOTS * SLOT_WORDS);
    this.#budgetBytes = budgetBytes;
  }

  /** Rows that were entered. */
  get entered(): number {
    return this.#used.reduce((sum, rows) => sum + rows, 0);
  }

  /** Bytes of all tables. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Offset of an equal row that is here already; else ENTERED, and the row of `offset` is here now, or NO_ROOM. */
  findOrEnter(h1High: number, h1Low: number, h2: number, offset: number, same: SameRow): number {
    const partition = h1High >>> 24;
    let table = this.#tables[partition]!;
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
    if (this.#full) return NO_ROOM;
    if (!this.#hasRoom(partition)) {
      if (!this.#grow(partition)) return NO_ROOM;
      table = this.#tables[partition]!;
      slot = free(h1High, table);
    }
    table[slot] = h1High;
    table[slot + 1] = low;
    table[slot + 2] = offset | 0; // the low 32 bits, also of numbers beyond 2^32
    table[slot + 3] = (Math.floor(offset / 2 ** 32) << 16) | tag;
    this.#used[partition]!++;
    if (this.#log !== undefined) this.#note(table, slot);
    return ENTERED;
  }

  /** Writes down what was gathered. */
  flush(): void {
    this.#log?.write(new Uint8Array(this.#noted.buffer, 0, this.#notedWords * Int32Array.BYTES_PER_ELEMENT));
    this.#notedWords = 0;
  }

  /** Enters rows as another set of the same budget has written them down, in their order; they are known to differ. */
  reenter(slots: Int32Array): void {
    for (let from = 0; from < slots.length; from += SLOT_WORDS) {
      const partition = slots[from]! >>> 24;
      if (!this.#hasRoom(partition) && !this.#grow(partition))
        throw new AppError('engine.failed', 'the set of different rows has less room than the one that it goes on for');
      put(this.#tables[partition]!, slots, from);
      this.#used[partition]!++;
    }
  }

  /** Enters nothing any more, as the set did for which this one goes on. */
  close(): void {
    this.#full = true;
  }

  /** Begins anew in the memory that it has; nothing is written down from now on. */
  forget(): void {
    for (const table of this.#tables) if (table !== NONE) table.fill(0);
    this.#used.fill(0);
    this.#full = false;
    this.#log = undefined;
  }

  #note(table: Int32Array, slot: number): void {
    const noted = this.#noted;
    for (let word = 0; word < SLOT_WORDS; word++) noted[this.#notedWords + word] = table[slot + word]!;
    this.#notedWords += SLOT_WORDS;
    if (this.#notedWords === noted.length) this.flush();
  }

  #hasRoom(partition: number): boolean {
    return this.#used[partition]! + 1 <= (this.#tables[partition]!.length / SLOT_WORDS) * HIGHEST_LOAD;
  }

  /** Makes room in a partition; false, and the set is full, where that is more than the budget has. */
  #grow(partition: number): boolean {
    const old = this.#tables[partition]!;
    const words = old === NONE ? FIRST_SLOTS * SLOT_WORDS : old.length * 2;
    const bytes = this.#bytes + words * Int32Array.BYTES_PER_ELEMENT - (old === NONE ? 0 : old.byteLength);
    if (bytes > this.#budgetBytes && this.entered > 0) {
      this.#full = true;
      return false;
    }
    const table = new Int32Array(words);
    for (let from = 0; from < old.length; from += SLOT_WORDS) if (old[from + 1] !== 0) put(table, old, from);
    this.#tables[partition] = table;
    this.#bytes = bytes;
    return true;
  }
}

/** Puts a slot where it belongs in a table. */
function put(table: Int32Array, slots: Int32Array, from: number): void {
  const slot = free(slots[from]!, table);
  for (let word = 0; word < SLOT_WORDS; word++) table[slot + word] = slots[from + word]!;
}

function free(h1High: number, table: Int32Array): number {
  let slot = home(h1High, table);
  while (table[slot + 1] !== 0) slot = after(slot, table);
  return slot;
}

/** First slot to look at; the top byte chose the table and says nothing more. */
function home(h1High: number, table: Int32Array): number {
  return (h1High & (table.length / SLOT_WORDS - 1)) * SLOT_WORDS;
}

function after(slot: number, table: Int32Array): number {
  return slot + SLOT_WORDS === table.length ? 0 : slot + SLOT_WORDS;
}
