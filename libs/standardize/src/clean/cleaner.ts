import { SPACE } from '../ascii/bytes.js';
import { NullTokens } from './null-tokens.js';
import { spaceLength, spaceLengthBefore } from './space.js';

/** Empty, or a null token. */
export const CLEAN_NULL = 0;
/** A value; `buf`, `start`, `end` of the cleaner point at it. */
export const CLEAN_VALUE = 1;
/** A value from which control characters were removed: the finding `text.control_character`. */
export const CLEAN_CONTROLS = 2;
/** Nothing or a null token was left after control characters were removed: the finding, and null. */
export const CLEAN_NULL_CONTROLS = 3;

/**
 * What comes before every kernel: trims white space, removes control characters (U+0000-U+001F, U+007F-U+009F), tells null tokens.
 * TAB, LF and CR are white space: trimmed at the ends, a blank inside, and no finding. VT, FF and U+0085 are controls.
 * A clean value stays where it is; only one that holds controls is copied, to scratch memory that the next call uses again.
 * A cleaner belongs to one thread. The bytes have to be valid UTF-8 for the result to be; any bytes are safe.
 */
export class Cleaner {
  buf: Uint8Array = new Uint8Array(0);
  start = 0;
  end = 0;
  readonly #nulls: NullTokens;
  #scratch = new Uint8Array(256);

  constructor(nullTokens: readonly string[]) {
    this.#nulls = new NullTokens(nullTokens);
  }

  /** Cleans `buf[start, end)` and returns one of the `CLEAN_` results. */
  clean(buf: Uint8Array, start: number, end: number): number {
    this.#trim(buf, start, end);
    for (let i = this.start; i < this.end; i++) {
      const byte = buf[i]!;
      if (byte < SPACE || byte === 0x7f || (byte === 0xc2 && isC1(buf, i, this.end))) return this.#filter(buf, this.start, this.end);
    }
    return this.#nulls.has(buf, this.start, this.end) ? CLEAN_NULL : CLEAN_VALUE;
  }

  /** The same for a value that holds no byte of a control character (0x00-0x1F, 0x7F, 0xC2). */
  cleanPlain(buf: Uint8Array, start: number, end: number): number {
    const first = buf[start]!;
    const last = buf[end - 1]!;
    if (first > SPACE && first < 0x80 && last > SPACE && last < 0x80) {
      this.buf = buf;
      this.start = start;
      this.end = end;
    } else {
      this.#trim(buf, start, end);
    }
    return this.#nulls.has(this.buf, this.start, this.end) ? CLEAN_NULL : CLEAN_VALUE;
  }

  #trim(buf: Uint8Array, start: number, end: number): void {
    while (start < end) {
      const length = spaceLength(buf, start, end);
      if (length === 0) break;
      start += length;
    }
    while (end > start) {
      const length = spaceLengthBefore(buf, start, end);
      if (length === 0) break;
      end -= length;
    }
    this.buf = buf;
    this.start = start;
    this.end = end;
  }

  #filter(buf: Uint8Array, start: number, end: number): number {
    if (this.#scratch.length < end - start) this.#scratch = new Uint8Array(Math.max(end - start, 2 * this.#scratch.length));
    const scratch = this.#scratch;
    let at = 0;
    let removed = false;
    for (let i = start; i < end; i++) {
      const byte = buf[i]!;
      if (byte >= SPACE && byte !== 0x7f && !(byte === 0xc2 && isC1(buf, i, end))) {
        scratch[at++] = byte;
      } else if (byte === 0x09 || byte === 0x0a || byte === 0x0d) {
        scratch[at++] = SPACE;
      } else {
        removed = true;
        if (byte === 0xc2) i++;
      }
    }
    this.#trim(scratch, 0, at); // A blank may have stood behind a control character.
    const isNull = this.#nulls.has(scratch, this.start, this.end);
    if (!removed) return isNull ? CLEAN_NULL : CLEAN_VALUE;
    return isNull ? CLEAN_NULL_CONTROLS : CLEAN_CONTROLS;
  }
}

/** Whether the 0xC2 at `i` begins one of U+0080-U+009F. */
function isC1(buf: Uint8Array, i: number, end: number): boolean {
  return i + 1 < end && buf[i + 1]! >= 0x80 && buf[i + 1]! <= 0x9f;
}
