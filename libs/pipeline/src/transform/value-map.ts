import type { Cleaner } from '@attune/standardize';
import { utf8 } from './utf8.js';

/**
 * The value map of a field, looked up by bytes: received text, clean, to the text that the standardizer is given. Upper and lower case are
 * different. Open addressing over one memory of bytes, so that a look-up makes no object.
 */
export class ValueMap {
  /** Keys and texts one after another; text i is `bytes[textStart[i], textEnd[i])`, and null where it is empty. */
  readonly bytes: Uint8Array;
  readonly textStart: Int32Array;
  readonly textEnd: Int32Array;
  readonly #keyStart: Int32Array;
  readonly #keyEnd: Int32Array;
  /** Entry + 1; 0 is free. At most half of them are taken. */
  readonly #slots: Int32Array;

  /** Both sides are cleaned like received values. A key that is null can never come; of keys that are equal once clean the first counts. */
  constructor(values: Readonly<Record<string, string>>, cleaner: Cleaner) {
    const entries = Object.entries(values)
      .map(([key, text]) => [cleanText(key, cleaner), cleanText(text, cleaner)] as const)
      .filter(([key]) => key.length > 0);
    const size = entries.length;
    this.bytes = new Uint8Array(entries.reduce((sum, [key, text]) => sum + key.length + text.length, 0));
    [this.#keyStart, this.#keyEnd, this.textStart, this.textEnd] = [0, 0, 0, 0].map(() => new Int32Array(size)) as [
      Int32Array,
      Int32Array,
      Int32Array,
      Int32Array,
    ];
    this.#slots = new Int32Array(2 ** Math.ceil(Math.log2(2 * size + 2)));
    let at = 0;
    entries.forEach(([key, text], i) => {
      this.bytes.set(key, at);
      this.#keyStart[i] = at;
      this.#keyEnd[i] = at += key.length;
      this.bytes.set(text, at);
      this.textStart[i] = at;
      this.textEnd[i] = at += text.length;
      const slot = this.#slotOf(key, 0, key.length);
      if (this.#slots[slot] === 0) this.#slots[slot] = i + 1;
    });
  }

  /** The entry for `buf[start, end)`, or -1. */
  find(buf: Uint8Array, start: number, end: number): number {
    return this.#slots[this.#slotOf(buf, start, end)]! - 1;
  }

  /** The slot that holds the key, or the free one where it belongs. */
  #slotOf(buf: Uint8Array, start: number, end: number): number {
    const mask = this.#slots.length - 1;
    let hash = 0x811c9dc5 | 0;
    for (let i = start; i < end; i++) hash = Math.imul(hash ^ buf[i]!, 0x01000193);
    hash ^= hash >>> 15;
    let slot = hash & mask;
    while (this.#slots[slot] !== 0 && !this.#isKey(this.#slots[slot]! - 1, buf, start, end)) slot = (slot + 1) & mask;
    return slot;
  }

  #isKey(entry: number, buf: Uint8Array, start: number, end: number): boolean {
    const from = this.#keyStart[entry]!;
    if (this.#keyEnd[entry]! - from !== end - start) return false;
    for (let i = start; i < end; i++) if (this.bytes[from + i - start] !== buf[i]) return false;
    return true;
  }
}

/** A text of the plan as a received value would be given to the standardizer; empty where it is null. */
export function cleanText(text: string, cleaner: Cleaner): Uint8Array {
  const bytes = utf8(text);
  const kind = cleaner.clean(bytes, 0, bytes.length);
  return kind === 1 || kind === 2 ? cleaner.buf.slice(cleaner.start, cleaner.end) : new Uint8Array(0);
}
