import { COMMA, DOT, SPACE, isDigit, isLetter } from '../ascii/bytes.js';

import { KINDS, KNOWN_WORDS, LONGEST_WORD } from './word-kinds.js';

const SIGN = 0x23;

/** The words of a folded line, in memory that is used again and only grows. */
export class WordSpans {
  buf: Uint8Array = new Uint8Array(0);
  starts = new Int32Array(32);
  ends = new Int32Array(32);
  /** Places of the words in `KNOWN_WORDS`, -1 for others. */
  known = new Int32Array(32);
  count = 0;

  /**
   * Cuts `buf[0, end)`, which is changed: blanks and commas part words, a `#` is a word of its own, and dots go unless they stand between
   * digits.
   */
  cut(buf: Uint8Array, end: number): void {
    this.buf = buf;
    this.count = 0;
    let to = 0;
    let wordStart = 0;
    let before = 0;
    for (let i = 0; i < end; i++) {
      const byte = buf[i]!;
      if (byte === SPACE || byte === COMMA || byte === SIGN) {
        if (to > wordStart) this.#add(wordStart, to);
        if (byte === SIGN) {
          buf[to++] = SIGN;
          this.#add(to - 1, to);
        }
        wordStart = to;
      } else if (byte !== DOT || (isDigit(before) && i + 1 < end && isDigit(buf[i + 1]!))) {
        buf[to++] = byte;
      }
      before = byte;
    }
    if (to > wordStart) this.#add(wordStart, to);
  }

  /** Takes word `at` out. */
  remove(at: number): void {
    this.starts.copyWithin(at, at + 1, this.count);
    this.ends.copyWithin(at, at + 1, this.count);
    this.known.copyWithin(at, at + 1, this.count);
    this.count--;
  }

  /** Whether word `at` is of one of the kinds. */
  is(kinds: number, at: number): boolean {
    return at >= 0 && at < this.count && this.known[at]! >= 0 && (KINDS[this.known[at]!]! & kinds) !== 0;
  }

  isSign(at: number): boolean {
    return at < this.count && this.buf[this.starts[at]!] === SIGN;
  }

  /** Whether word `at` has a digit, or is one letter of ASCII. */
  isRange(at: number): boolean {
    if (at >= this.count) return false;
    const start = this.starts[at]!;
    const end = this.ends[at]!;
    if (end - start === 1 && isLetter(this.buf[start]!)) return true;
    return this.holdsDigit(at);
  }

  holdsDigit(at: number): boolean {
    for (let i = this.starts[at]!; i < this.ends[at]!; i++) if (isDigit(this.buf[i]!)) return true;
    return false;
  }

  /** Whether a letter or digit of ASCII, or anything beyond it, stands in any word. */
  holdText(): boolean {
    for (let w = 0; w < this.count; w++)
      for (let i = this.starts[w]!; i < this.ends[w]!; i++) {
        const byte = this.buf[i]!;
        if (byte >= 0x80 || isDigit(byte) || isLetter(byte)) return true;
      }
    return false;
  }

  #add(start: number, end: number): void {
    if (this.count === this.starts.length) {
      this.starts = grown(this.starts);
      this.ends = grown(this.ends);
      this.known = grown(this.known);
    }
    const { count } = this;
    this.starts[count] = start;
    this.ends[count] = end;
    this.known[count] = end - start <= LONGEST_WORD && isLetter(this.buf[start]!) ? KNOWN_WORDS.find(this.buf, start, end) : -1;
    this.count++;
  }
}

function grown(numbers: Int32Array): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(2 * numbers.length);
  larger.set(numbers);
  return larger;
}
