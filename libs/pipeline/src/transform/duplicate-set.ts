const PARTITIONS = 256;
const SLOT_WORDS = 4;
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

  /** Offset of an equal row that is here already; else -1, and the row of `offset` has been entered. */
  findOrEnter(h1High: number, h1Low: number, h2: number, offset: number, same: SameRow): number {
    const partition = h1High >>> 24;
    if (this.#used[partition]! + 1 > (this.#tables[partition]!.length / SLOT_WORDS) * HIGHEST_LOAD) this.#grow(partition);
    const table = this.#tables[partition]!;
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
    return -1;
  }

  #grow(partition: number): void {
    const old = this.#tables[partition]!;
    const table = new Int32Array(old.length * 2);
    for (let from = 0; from < old.length; from += SLOT_WORDS) {
      if (old[from + 1] === 0) continue;
      let slot = home(old[from]!, table);
      while (table[slot + 1] !== 0) slot = after(slot, table);
      for (let word = 0; word < SLOT_WORDS; word++) table[slot + word] = old[from + word]!;
    }
    this.#tables[partition] = table;
  }
}

/** First slot to look at; the top byte chose the table and says nothing more. */
function home(h1High: number, table: Int32Array): number {
  return (h1High & (table.length / SLOT_WORDS - 1)) * SLOT_WORDS;
}

function after(slot: number, table: Int32Array): number {
  return slot + SLOT_WORDS === table.length ? 0 : slot + SLOT_WORDS;
}
