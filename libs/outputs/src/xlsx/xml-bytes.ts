import { Buffer } from 'node:buffer';

const FIRST_BYTES = 1 << 17;
const LF = 0x0a;
const TAB = 0x09;
const SPACE = 0x20;
const UNDERSCORE = 0x5f;
const LOWER_X = 0x78;
/** `_x000D_` for one byte. */
export const LONGEST_ESCAPE = 7;

const AMP = Buffer.from('&amp;');
const LESS = Buffer.from('&lt;');
const GREATER = Buffer.from('&gt;');
const ESCAPED_UNDERSCORE = Buffer.from('_x005F_');

/** XML that grows, in memory that is used again after each `take`. */
export class XmlBytes {
  length = 0;
  #bytes = Buffer.alloc(FIRST_BYTES);

  write(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    for (let i = 0; i < bytes.length; i++) this.#bytes[this.length++] = bytes[i]!;
  }

  /** A whole number that is not negative. */
  writeNumber(number: number): void {
    this.#reserve(16);
    let digits = 1;
    for (let rest = number; rest >= 10; rest = Math.floor(rest / 10)) digits++;
    let rest = number;
    for (let at = this.length + digits - 1; at >= this.length; at--) {
      this.#bytes[at] = 0x30 + (rest % 10);
      rest = Math.floor(rest / 10);
    }
    this.length += digits;
  }

  /**
   * UTF-8 as the text of an element. What XML cannot hold becomes `_xHHHH_`, and so does the underscore of a text that looks like that
   * (ECMA-376 part 1, 22.9.2.19).
   */
  writeText(from: Uint8Array, start: number, end: number): void {
    this.#reserve(LONGEST_ESCAPE * (end - start));
    const bytes = this.#bytes;
    for (let i = start; i < end; i++) {
      const byte = from[i]!;
      if (byte === 0x26) this.write(AMP);
      else if (byte === 0x3c) this.write(LESS);
      else if (byte === 0x3e) this.write(GREATER);
      else if (byte === UNDERSCORE && looksEscaped(from, i, end)) this.write(ESCAPED_UNDERSCORE);
      else if (byte < SPACE && byte !== LF && byte !== TAB) this.#escape(byte);
      else if (byte === 0xef && from[i + 1] === 0xbf && from[i + 2]! >= 0xbe) {
        this.#escape(0xff00 + from[i + 2]! + 0x40); // U+FFFE and U+FFFF are no characters of XML
        i += 2;
      } else bytes[this.length++] = byte;
    }
  }

  /** What was written since the last call; the bytes are the caller's. */
  take(): Buffer {
    const taken = Buffer.from(this.#bytes.subarray(0, this.length));
    this.length = 0;
    return taken;
  }

  /** A copy of what was written from a place on. */
  since(from: number): Buffer {
    return Buffer.from(this.#bytes.subarray(from, this.length));
  }

  #escape(unit: number): void {
    this.write(Buffer.from(`_x${unit.toString(16).toUpperCase().padStart(4, '0')}_`));
  }

  #reserve(bytes: number): void {
    if (this.length + bytes <= this.#bytes.length) return;
    const larger = Buffer.alloc(2 * (this.length + bytes));
    larger.set(this.#bytes.subarray(0, this.length));
    this.#bytes = larger;
  }
}

function looksEscaped(from: Uint8Array, at: number, end: number): boolean {
  if (at + LONGEST_ESCAPE > end || from[at + 1] !== LOWER_X || from[at + 6] !== UNDERSCORE) return false;
  return /^[\dA-Fa-f]{4}$/.test(Buffer.from(from.buffer, from.byteOffset + at + 2, 4).toString('latin1'));
}
