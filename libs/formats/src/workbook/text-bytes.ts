import { Buffer } from 'node:buffer';
import { AppError } from '@attune/core';

const AMPERSAND = 0x26;
const SEMICOLON = 0x3b;
const HASH = 0x23;
const UNDERSCORE = 0x5f;
const LOWER_X = 0x78;
const CR = 0x0d;
const LF = 0x0a;
/** `_xHHHH_`. */
const ESCAPE_BYTES = 7;
/** `&#x10FFFF;` and the like, with a few leading zeros. */
const LONGEST_REFERENCE = 16;

/** A cell holds 32,767 characters at most; more than this never came from a program that makes workbooks. */
const LONGEST_TEXT = 2 << 20;

const ENTITIES: Readonly<Record<string, number>> = { lt: 0x3c, gt: 0x3e, amp: AMPERSAND, quot: 0x22, apos: 0x27 };

/** A text in UTF-8 that is put together from runs of XML. Its memory is used again for the next one. */
export class TextBytes {
  bytes = new Uint8Array(1 << 12);
  length = 0;

  clear(): void {
    this.length = 0;
  }

  /**
   * Appends `[start, end)` of a UTF-8 text as an XML processor hands it on: references replaced, line ends as LF. `escapes`: `_xHHHH_` stands
   * for a UTF-16 code unit (ECMA-376 part 1, 22.9.2.19, ST_Xstring), except that half of a pair alone stays as it is written.
   * Throws AppError `container.corrupt` for a reference to nothing.
   */
  append(buf: Uint8Array, start: number, end: number, escapes: boolean): void {
    this.#reserve(end - start);
    let { bytes, length } = this;
    for (let i = start; i < end; i++) {
      const byte = buf[i]!;
      if (byte === AMPERSAND) {
        this.length = length;
        i = this.#reference(buf, i, end);
        ({ bytes, length } = this);
      } else if (byte === UNDERSCORE && escapes && buf[i + 1] === LOWER_X && i + ESCAPE_BYTES <= end) {
        this.length = length;
        i = this.#escape(buf, i, end);
        ({ bytes, length } = this);
      } else if (byte === CR) {
        if (i + 1 >= end || buf[i + 1] !== LF) bytes[length++] = LF;
      } else bytes[length++] = byte;
    }
    this.length = length;
  }

  /** Appends bytes as they are. */
  appendLiteral(buf: Uint8Array, start: number, end: number): void {
    this.#reserve(end - start);
    for (let i = start; i < end; i++) this.bytes[this.length++] = buf[i]!;
  }

  /** Replaces the text by one of ASCII characters. */
  setAscii(text: string): void {
    this.length = 0;
    this.#reserve(text.length);
    for (let i = 0; i < text.length; i++) this.bytes[this.length++] = text.charCodeAt(i);
  }

  /** Every reference and escape is at least as long as what it stands for. */
  #reserve(bytes: number): void {
    const needed = this.length + bytes;
    if (needed <= this.bytes.length) return;
    if (needed > LONGEST_TEXT) throw new AppError('unprocessable_file', 'A cell of the workbook holds more text than a cell can hold.');
    const larger = new Uint8Array(2 * needed);
    larger.set(this.bytes.subarray(0, this.length));
    this.bytes = larger;
  }

  /** Returns the place of the semicolon. */
  #reference(buf: Uint8Array, at: number, end: number): number {
    const semicolon = buf.subarray(at, Math.min(end, at + LONGEST_REFERENCE)).indexOf(SEMICOLON);
    const name = semicolon < 0 ? '' : String.fromCharCode(...buf.subarray(at + 1, at + semicolon));
    const point = buf[at + 1] === HASH ? numbered(name) : Object.hasOwn(ENTITIES, name) ? ENTITIES[name] : undefined;
    if (point === undefined) throw new AppError('container.corrupt', 'A part of the workbook holds a reference to nothing.');
    this.#character(point);
    return at + semicolon;
  }

  /** Returns the place of the last byte that was used. */
  #escape(buf: Uint8Array, at: number, end: number): number {
    const unit = escaped(buf, at, end);
    const pairs = unit >= 0xd800 && unit < 0xdc00;
    const low = pairs ? escaped(buf, at + ESCAPE_BYTES, end) : -1;
    if (low >= 0xdc00 && low < 0xe000) {
      this.#character(0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00));
      return at + 2 * ESCAPE_BYTES - 1;
    }
    if (unit < 0 || (unit >= 0xd800 && unit < 0xe000)) {
      this.bytes[this.length++] = UNDERSCORE;
      return at;
    }
    this.#character(unit);
    return at + ESCAPE_BYTES - 1;
  }

  #character(point: number): void {
    if (point < 0x80) this.bytes[this.length++] = point;
    else for (const byte of Buffer.from(String.fromCodePoint(point))) this.bytes[this.length++] = byte;
  }
}

/** The code unit of an escape at `at`, or -1. */
function escaped(buf: Uint8Array, at: number, end: number): number {
  if (at + ESCAPE_BYTES > end || buf[at] !== UNDERSCORE || buf[at + 1] !== LOWER_X || buf[at + 6] !== UNDERSCORE) return -1;
  const digits = String.fromCharCode(...buf.subarray(at + 2, at + 6));
  return /^[\dA-Fa-f]{4}$/.test(digits) ? Number.parseInt(digits, 16) : -1;
}

/** `#65` or `#x41`; surrogates and what lies beyond Unicode are no characters (XML 1.0, section 4.1). */
function numbered(name: string): number | undefined {
  const point = /^#\d+$/.test(name) ? Number(name.slice(1)) : /^#x[\dA-Fa-f]+$/.test(name) ? Number.parseInt(name.slice(2), 16) : 0;
  return point > 0 && point <= 0x10ffff && (point < 0xd800 || point > 0xdfff) ? point : undefined;
}
