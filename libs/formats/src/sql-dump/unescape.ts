import { BACKSLASH, isDigit } from './lexer.js';

/**
 * How a value is written: with doubled quotes only, with the backslashes of MySQL, of PostgreSQL's E'' or of a field of a COPY block. In the
 * first three a quote is doubled too.
 */
export const DOUBLED = 0;
export const MYSQL = 1;
export const EXTENDED = 2;
export const COPY = 3;
export type Escapes = typeof DOUBLED | typeof MYSQL | typeof EXTENDED | typeof COPY;

const letters = (pairs: string, codes: readonly number[]): ReadonlyMap<number, number> =>
  new Map(codes.map((code, i) => [pairs.charCodeAt(i), code]));

/** Letters that stand for control characters (MySQL 9.1.1, table 9.1; PostgreSQL 4.1.2.2 and COPY, table 1). */
const LETTERS: readonly ReadonlyMap<number, number>[] = [
  new Map(),
  letters('0bnrtZ', [0, 8, 10, 13, 9, 26]),
  letters('bfnrt', [8, 12, 10, 13, 9]),
  letters('bfnrtv', [8, 12, 10, 13, 9, 11]),
];

const PERCENT = 0x25;
const UNDERSCORE = 0x5f;
const LOWER_X = 0x78;
const LOWER_U = 0x75;
const UPPER_U = 0x55;

/** Whether a value written so holds a number for a byte or a character, whose bytes have to be judged after they were put in. */
export function hasNumbers(buf: Uint8Array, start: number, end: number, escapes: Escapes): boolean {
  if (escapes !== EXTENDED && escapes !== COPY) return false;
  for (let p = start; p + 1 < end; p++) {
    if (buf[p] !== BACKSLASH) continue;
    const c = buf[++p]!;
    if (isOctal(c) || c === LOWER_X || ((c === LOWER_U || c === UPPER_U) && escapes === EXTENDED)) return true;
  }
  return false;
}

/** Writes the value of `buf[start, end)` to `out` from `at` on, which may be the same place, and returns the offset after it. It never grows. */
export function unescape(
  buf: Uint8Array,
  start: number,
  end: number,
  escapes: Escapes,
  quote: number,
  out: Uint8Array,
  at: number,
): number {
  for (let p = start; p < end; p++) {
    const c = buf[p]!;
    if (c === quote && escapes !== COPY) {
      out[at++] = c;
      p++;
    } else if (c !== BACKSLASH || escapes === DOUBLED || p + 1 === end) {
      out[at++] = c;
    } else {
      p = NEXT.read(buf, p + 1, end, escapes);
      for (let i = 0; i < NEXT.length; i++) out[at++] = NEXT.bytes[i]!;
    }
  }
  return at;
}

/** What a backslash and the bytes behind it stand for. */
class Escaped {
  readonly bytes = new Uint8Array(4);
  length = 0;

  /** Reads what follows a backslash at `p` and returns the offset of its last byte. */
  read(buf: Uint8Array, p: number, end: number, escapes: Escapes): number {
    const letter = buf[p]!;
    const code = LETTERS[escapes]!.get(letter);
    if (code !== undefined) return this.#one(code, p);
    if (escapes === MYSQL) return this.#ofMySql(letter, p);
    if (isOctal(letter)) return this.#digits(buf, p, Math.min(end, p + 3), 8);
    if (letter === LOWER_X && p + 1 < end && hexDigit(buf[p + 1]!) >= 0) return this.#digits(buf, p + 1, Math.min(end, p + 3), 16);
    const digits = escapes !== EXTENDED ? 0 : letter === LOWER_U ? 4 : letter === UPPER_U ? 8 : 0;
    const point = digits === 0 ? -1 : codePoint(buf, p + 1, Math.min(end, p + 1 + digits), digits);
    if (point < 0) return this.#one(letter, p);
    this.length = writePoint(point, this.bytes, 0);
    return p + digits;
  }

  #one(byte: number, p: number): number {
    this.bytes[0] = byte;
    this.length = 1;
    return p;
  }

  /** The per cent sign and the underscore keep their backslash, because they are for patterns. */
  #ofMySql(letter: number, p: number): number {
    if (letter !== PERCENT && letter !== UNDERSCORE) return this.#one(letter, p);
    this.bytes[0] = BACKSLASH;
    this.bytes[1] = letter;
    this.length = 2;
    return p;
  }

  #digits(buf: Uint8Array, from: number, to: number, base: 8 | 16): number {
    let value = 0;
    let p = from;
    for (; p < to; p++) {
      const digit = hexDigit(buf[p]!);
      if (digit < 0 || digit >= base) break;
      value = value * base + digit;
    }
    return this.#one(value & 0xff, p - 1);
  }
}

const NEXT = new Escaped();

const isOctal = (byte: number): boolean => byte >= 0x30 && byte <= 0x37;

function hexDigit(byte: number): number {
  if (isDigit(byte)) return byte - 0x30;
  const letter = byte & 0xdf;
  return letter >= 0x41 && letter <= 0x46 ? letter - 0x37 : -1;
}

/** -1 where there are not so many hexadecimal digits, or too large a number. */
function codePoint(buf: Uint8Array, from: number, to: number, digits: number): number {
  if (to - from < digits) return -1;
  let point = 0;
  for (let p = from; p < to; p++) {
    const digit = hexDigit(buf[p]!);
    if (digit < 0) return -1;
    point = point * 16 + digit;
  }
  return point > 0x10ffff ? -1 : point;
}

/** A lone surrogate is written too, and refused by whoever judges the bytes. */
function writePoint(point: number, out: Uint8Array, at: number): number {
  if (point < 0x80) out[at++] = point;
  else if (point < 0x800) {
    out[at++] = 0xc0 | (point >> 6);
    out[at++] = 0x80 | (point & 0x3f);
  } else if (point < 0x10000) {
    out[at++] = 0xe0 | (point >> 12);
    out[at++] = 0x80 | ((point >> 6) & 0x3f);
    out[at++] = 0x80 | (point & 0x3f);
  } else {
    out[at++] = 0xf0 | (point >> 18);
    out[at++] = 0x80 | ((point >> 12) & 0x3f);
    out[at++] = 0x80 | ((point >> 6) & 0x3f);
    out[at++] = 0x80 | (point & 0x3f);
  }
  return at;
}
