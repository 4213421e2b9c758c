/** Longest received and canonical value that is remembered, in bytes. */
const RAW_BYTES = 32;
const CANONICAL_BYTES = 72;
const SLOTS = 4096;
/** A slot is two cache lines: six words, the received bytes, the canonical bytes. */
const SLOT_BYTES = 128;
const SLOT_WORDS = SLOT_BYTES / 4;
const RAW_AT = 24;
const CANONICAL_AT = 56;
/** Words of a slot. */
const RAW_HASH = 0;
/** 0 is a free slot: an empty value is never looked up. */
const RAW_LENGTH = 1;
const HASH = 2;
/** State, special and code of the value, a byte each; the code is one more than its number. */
const FACTS = 3;
/** Bytes of the canonical value; -1 is null. */
const LENGTH = 4;
const SKETCHED = 5;
/** After so many lookups a column is judged: remembering pays where most values come again. */
const TRIAL = 8192;
const WORTH_IT = 0.5;

/**
 * What became of the values of one column, remembered by their received bytes: columns of codes, names and places hold few different values,
 * and looking one up costs less than making it canonical again. Direct-mapped: a value that meets another in its slot takes the slot over.
 * Bytes are compared, so a hash never decides. It belongs to one thread and changes no result.
 */
export class ValueMemo {
  /** False once too few values came again. */
  worthIt = true;
  readonly bytes = new Uint8Array(SLOTS * SLOT_BYTES);
  readonly #words = new Int32Array(this.bytes.buffer);
  #lookups = 0;
  #hits = 0;

  /** Where in `bytes` the canonical value of a slot begins. */
  canonicalAt(slot: number): number {
    return slot * SLOT_BYTES + CANONICAL_AT;
  }

  /** Bytes of the canonical value; -1 is null. */
  lengthOf(slot: number): number {
    return this.#words[slot * SLOT_WORDS + LENGTH]!;
  }

  hashOf(slot: number): number {
    return this.#words[slot * SLOT_WORDS + HASH]!;
  }

  /** State, then `special` from bit 8 on, then the code of the finding from bit 16 on, counted from 1; 0 where nothing is to be reported. */
  factsOf(slot: number): number {
    return this.#words[slot * SLOT_WORDS + FACTS]!;
  }

  /** Whether this is the first time that the value is entered in the sketch of the chunk; chunks are numbered from 1. */
  isNewIn(chunk: number, slot: number): boolean {
    const at = slot * SLOT_WORDS + SKETCHED;
    if (this.#words[at] === chunk) return false;
    this.#words[at] = chunk;
    return true;
  }

  /** The slot that remembers `buf[start, end)`, whose hash is given; -1 where none does. */
  find(buf: Uint8Array, start: number, end: number, hash: number): number {
    const length = end - start;
    if (length > RAW_BYTES) return -1;
    const slot = slotOf(hash);
    if (++this.#lookups === TRIAL) this.#judge();
    const words = this.#words;
    const at = slot * SLOT_WORDS;
    if (words[at + RAW_HASH] !== hash || words[at + RAW_LENGTH] !== length) return -1;
    const { bytes } = this;
    for (let i = start, k = slot * SLOT_BYTES + RAW_AT; i < end; i++, k++) if (bytes[k] !== buf[i]) return -1;
    this.#hits++;
    return slot;
  }

  /** Remembers `buf[start, end)` and that it became `values[from, to)`, null where `to` is -1; returns the slot, or -1 for a value that is too long. */
  enter(buf: Uint8Array, start: number, end: number, hash: number, values: Uint8Array, from: number, to: number): number {
    const length = end - start;
    if (length > RAW_BYTES || to - from > CANONICAL_BYTES) return -1;
    const slot = slotOf(hash);
    const { bytes } = this;
    for (let i = start, k = slot * SLOT_BYTES + RAW_AT; i < end; i++, k++) bytes[k] = buf[i]!;
    for (let i = from, k = slot * SLOT_BYTES + CANONICAL_AT; i < to; i++, k++) bytes[k] = values[i]!;
    const words = this.#words;
    const at = slot * SLOT_WORDS;
    words[at + RAW_HASH] = hash;
    words[at + RAW_LENGTH] = length;
    words[at + LENGTH] = to < 0 ? -1 : to - from;
    words[at + SKETCHED] = 0;
    return slot;
  }

  /** What else is true of the value in the slot; `code` of -1: nothing is to be reported. */
  note(slot: number, hash: number, state: number, special: number, code: number): void {
    const at = slot * SLOT_WORDS;
    this.#words[at + HASH] = hash;
    this.#words[at + FACTS] = state | (special << 8) | ((code + 1) << 16);
  }

  #judge(): void {
    this.worthIt = this.#hits > this.#lookups * WORTH_IT;
    this.#lookups = 0;
    this.#hits = 0;
  }
}

const slotOf = (hash: number): number => (hash ^ (hash >>> 12) ^ (hash >>> 23)) & (SLOTS - 1);
