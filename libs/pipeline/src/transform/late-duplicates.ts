import { LINEAGE_BYTES, readLineage } from './duplicate-line.js';
import { ENTERED, NO_ROOM, type DuplicateSet } from './duplicate-set.js';
import { LateBlock } from './late-rows.js';
import type { ReadBytes, ReadReceived, SettlePorts } from './ports.js';
import { sameReceived } from './same-received.js';
import { Survivors } from './survivors.js';

const COMMA = 0x2c;
/** Late rows that are read at once. */
export const LATE_BLOCK = 1 << 14;
/** Hashes are cut into shares by so many values of a byte. */
const HASH_BYTES = 256;
/** A share is made somewhat smaller than what the set has held, because not every table is full when the first one has no more room. */
const MARGIN = 1.15;

/** Late rows and what they are compared by. */
export interface LateSource {
  readonly rows: ReadBytes;
  readonly count: number;
  readonly part: ReadBytes;
  readonly readInput: ReadReceived;
}

/**
 * Finds the first of equal rows among the late ones, within the memory that the set has already. The late rows are read several times, each
 * time with another share of the hashes in the set; rows for which a share has no room are left for one more reading.
 */
export class LateDuplicates {
  /** Rows that equal an earlier late one. */
  found = 0;
  readonly #set: DuplicateSet;
  readonly #source: LateSource;
  readonly #late = new LateBlock(LATE_BLOCK);
  readonly #survivors: Survivors;
  readonly #sameRow = (offset: number): boolean => this.#isSame(offset);
  #own = new Uint8Array(1 << 12);
  #other = new Uint8Array(1 << 12);
  readonly #ownLineage = new Float64Array(3);
  readonly #otherLineage = new Float64Array(3);

  constructor(set: DuplicateSet, source: LateSource, survivors: SettlePorts['survivors']) {
    this.#set = set;
    this.#source = source;
    this.#survivors = new Survivors(survivors, LATE_BLOCK);
  }

  /** Writes down the survivor of every late row. Gives its caller a turn after each block. */
  *find(): Generator<undefined, void> {
    const shares = Math.min(HASH_BYTES, Math.ceil((this.#source.count * MARGIN) / Math.max(1, this.#set.entered)));
    for (let share = 0; share < shares; share++) {
      const from = Math.floor((share * HASH_BYTES) / shares);
      const to = Math.floor(((share + 1) * HASH_BYTES) / shares);
      let isSettled = false;
      while (!isSettled) isSettled = yield* this.#settle(from, to);
    }
  }

  /** Takes the rows with a byte of their hash in `[from, to)`; the tables were chosen by another one, so that each gets its part. */
  *#settle(from: number, to: number): Generator<undefined, boolean> {
    const late = this.#late;
    const survivors = this.#survivors;
    let isSettled = true;
    this.#set.forget();
    for (let first = 0; first < this.#source.count; first += LATE_BLOCK) {
      late.read(this.#source.rows, first);
      survivors.read(first, late.rows);
      for (let i = 0; i < late.rows; i++) {
        late.choose(i);
        const share = late.h1Low >>> 24;
        if (share < from || share >= to || survivors.of(i) >= 0) continue;
        const found = this.#set.findOrEnter(late.h1High, late.h1Low, late.h2, late.offset, this.#sameRow);
        if (found === NO_ROOM) isSettled = false;
        else survivors.set(i, found === ENTERED ? late.offset : found);
        if (found >= 0) this.found++;
      }
      survivors.write(first, late.rows);
      yield;
    }
    return isSettled;
  }

  /** Compares the chosen row with the one at `offset` of the part. */
  #isSame(offset: number): boolean {
    const { identityBytes: length, h2 } = this.#late;
    if (this.#own.length < length + LINEAGE_BYTES) {
      this.#own = new Uint8Array(2 * (length + LINEAGE_BYTES));
      this.#other = new Uint8Array(2 * (length + LINEAGE_BYTES));
    }
    const own = this.#own;
    const other = this.#other;
    this.#source.part(this.#late.offset, own.subarray(0, length + LINEAGE_BYTES));
    const read = this.#source.part(offset, other.subarray(0, length + LINEAGE_BYTES));
    if (length >= read || other[length] !== COMMA) return false;
    for (let i = 0; i < length; i++) if (own[i] !== other[i]) return false;
    if ((h2 & 0x10000) === 0) return true;
    readLineage(own, length + 1, this.#ownLineage);
    readLineage(other, length + 1, this.#otherLineage);
    return sameReceived(this.#source.readInput, this.#ownLineage, this.#late.receivedBytes, this.#otherLineage);
  }
}
