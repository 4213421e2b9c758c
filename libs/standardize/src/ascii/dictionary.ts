import { copyBytes, lower } from './bytes.js';

const NONE = -1;

/** Words of ASCII found whatever their case: a closed table from spellings to canonical texts, looked up without making a string. */
export class Dictionary {
  readonly #keys: Uint8Array[] = [];
  readonly #values: Uint8Array[] = [];
  readonly #slots: Int32Array;
  readonly #ignored = new Uint8Array(256);
  readonly #longest: number;

  /** `spellings` are in small letters; bytes of `ignored` count for nothing, in the values as in the spellings. */
  constructor(spellings: Iterable<readonly [spelling: string, canonical: string]>, ignored = '') {
    const encoder = new TextEncoder();
    for (const byte of encoder.encode(ignored)) this.#ignored[byte] = 1;
    for (const [spelling, canonical] of spellings) {
      this.#keys.push(encoder.encode(spelling).filter((byte) => this.#ignored[byte] === 0));
      this.#values.push(encoder.encode(canonical));
    }
    this.#longest = this.#keys.reduce((longest, key) => Math.max(longest, key.length), 0);
    this.#slots = new Int32Array(4 << (32 - Math.clz32(this.#keys.length))).fill(NONE);
    for (const [index, key] of this.#keys.entries()) this.#slots[this.#slotOf(key, 0, key.length)] = index;
  }

  /** Writes the canonical text of the word in [start, end) from `at` and returns the new end, or -1 when the word is not known. */
  write(buf: Uint8Array, start: number, end: number, out: Uint8Array, at: number): number {
    const index = this.find(buf, start, end);
    return index === NONE ? -1 : this.writeAt(index, out, at);
  }

  /** The place of the word in [start, end) among the spellings, or -1. */
  find(buf: Uint8Array, start: number, end: number): number {
    return this.#slots[this.#slotOf(buf, start, end)]!;
  }

  /** Writes the canonical text of the spelling at that place from `at` and returns the new end. */
  writeAt(index: number, out: Uint8Array, at: number): number {
    const value = this.#values[index]!;
    return copyBytes(value, 0, value.length, out, at);
  }

  /** The slot that holds the word, or the free one where it would be. */
  #slotOf(buf: Uint8Array, start: number, end: number): number {
    const mask = this.#slots.length - 1;
    let hash = 0;
    let length = 0;
    for (let i = start; i < end && length <= this.#longest; i++) {
      const byte = buf[i]!;
      if (this.#ignored[byte] === 1) continue;
      hash = Math.imul(hash ^ lower(byte), 0x01000193);
      length++;
    }
    let slot = (hash ^ (hash >>> 15)) & mask;
    while (this.#slots[slot] !== NONE && !this.#equals(this.#keys[this.#slots[slot]!]!, buf, start, end)) slot = (slot + 1) & mask;
    return slot;
  }

  #equals(key: Uint8Array, buf: Uint8Array, start: number, end: number): boolean {
    let k = 0;
    for (let i = start; i < end; i++) {
      const byte = buf[i]!;
      if (this.#ignored[byte] === 1) continue;
      if (k === key.length || key[k] !== lower(byte)) return false;
      k++;
    }
    return k === key.length;
  }
}
