/** Longest received and canonical value that is remembered, in bytes. */
const RAW_BYTES = 32;
const CANONICAL_BYTES = 48;
const SLOTS = 4096;
/** After so many lookups a column is judged: remembering pays where most values come again. */
const TRIAL = 8192;
const WORTH_IT = 0.5;

/**
 * What became of the values of one column, remembered by their received bytes: columns of codes, names and places hold few different values,
 * and looking one up costs less than making it canonical again. Direct-mapped: a value that meets another in its slot takes the slot over.
 * Bytes are compared, so a hash never decides. It belongs to one thread and changes no result.
 */
export class ValueMemo {
  /** Bytes of the canonical value of slot s: `canonical[s * 48 .. + length[s])`; a length of -1 is null. */
  readonly canonical = new Uint8Array(SLOTS * CANONICAL_BYTES);
  readonly length = new Int8Array(SLOTS);
  readonly state = new Uint8Array(SLOTS);
  readonly special = new Uint8Array(SLOTS);
  /** Hash of the canonical value. */
  readonly hash = new Int32Array(SLOTS);
  /** Number of the finding to report, -1 for none. */
  readonly code = new Int8Array(SLOTS);
  /** Last chunk in whose sketch the value was entered; chunks are numbered from 1. */
  readonly sketched = new Int32Array(SLOTS);
  /** False once too few values came again. */
  worthIt = true;

  readonly #raw = new Uint8Array(SLOTS * RAW_BYTES);
  /** 0 is a free slot: an empty value is never looked up. */
  readonly #rawLength = new Uint8Array(SLOTS);
  readonly #rawHash = new Int32Array(SLOTS);
  #lookups = 0;
  #hits = 0;

  static at(slot: number): number {
    return slot * CANONICAL_BYTES;
  }

  /** The slot that remembers `buf[start, end)`, whose hash is given; -1 where none does. */
  find(buf: Uint8Array, start: number, end: number, hash: number): number {
    const length = end - start;
    if (length > RAW_BYTES) return -1;
    const slot = slotOf(hash);
    if (++this.#lookups === TRIAL) this.#judge();
    if (this.#rawHash[slot] !== hash || this.#rawLength[slot] !== length) return -1;
    const raw = this.#raw;
    for (let i = start, at = slot * RAW_BYTES; i < end; i++, at++) if (raw[at] !== buf[i]) return -1;
    this.#hits++;
    return slot;
  }

  /** Remembers what became of `buf[start, end)`; returns the slot, or -1 for a value that is too long. `to` < `from` is null. */
  enter(
    buf: Uint8Array,
    start: number,
    end: number,
    hash: number,
    became: { values: Uint8Array; from: number; to: number; state: number; special: number; hash: number; code: number },
  ): number {
    const length = end - start;
    const { values, from, to } = became;
    if (length > RAW_BYTES || to - from > CANONICAL_BYTES) return -1;
    const slot = slotOf(hash);
    const raw = this.#raw;
    for (let i = start, at = slot * RAW_BYTES; i < end; i++, at++) raw[at] = buf[i]!;
    this.#rawLength[slot] = length;
    this.#rawHash[slot] = hash;
    const { canonical } = this;
    for (let i = from, at = slot * CANONICAL_BYTES; i < to; i++, at++) canonical[at] = values[i]!;
    this.length[slot] = to < from ? -1 : to - from;
    this.state[slot] = became.state;
    this.special[slot] = became.special;
    this.hash[slot] = became.hash;
    this.code[slot] = became.code;
    this.sketched[slot] = 0;
    return slot;
  }

  #judge(): void {
    this.worthIt = this.#hits > this.#lookups * WORTH_IT;
    this.#lookups = 0;
    this.#hits = 0;
  }
}

const slotOf = (hash: number): number => (hash ^ (hash >>> 12) ^ (hash >>> 23)) & (SLOTS - 1);
