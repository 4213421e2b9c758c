import { MORE } from '../text/field-scanner.js';

export const LF = 0x0a;
export const CR = 0x0d;
export const TAB = 0x09;
export const DOUBLE = 0x22;
export const DOLLAR = 0x24;
export const SINGLE = 0x27;
export const OPEN = 0x28;
export const CLOSE = 0x29;
export const COMMA = 0x2c;
export const MINUS = 0x2d;
export const SLASH = 0x2f;
export const SEMICOLON = 0x3b;
export const BACKSLASH = 0x5c;
export const BACKTICK = 0x60;
const HASH = 0x23;
const STAR = 0x2a;

export const isSpace = (byte: number): boolean => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);
export const isDigit = (byte: number): boolean => byte >= 0x30 && byte <= 0x39;
/** Of an unquoted name; bytes above ASCII are letters, as in both dialects. */
export const isWord = (byte: number): boolean =>
  isDigit(byte) || (byte >= 0x41 && byte <= 0x5a) || byte === 0x5f || (byte >= 0x61 && byte <= 0x7a) || byte >= 0x80;

/** How strings and names are written: MySQL with backslashes and backticks, all others as the standard says. */
export interface SqlDialect {
  readonly mysql: boolean;
}

/** Finds the ends of what a dump is made of. Each answers the offset after it, or MORE where the bytes end before it does. */
export class SqlLexer {
  constructor(readonly dialect: SqlDialect) {}

  /** The offset after the string whose content begins at `p`; a quote that ends the bytes may be the first half of a doubled one. */
  stringEnd(buf: Uint8Array, p: number, to: number, last: boolean, quote: number, backslash: boolean): number {
    while (p < to) {
      const c = buf[p]!;
      if (c === quote) {
        if (p + 1 === to) return last ? to : MORE;
        if (buf[p + 1] !== quote) return p + 1;
        p += 2;
      } else if (backslash && c === BACKSLASH) p += 2;
      else p++;
    }
    return MORE;
  }

  /** Whether a quote opens a string, not a name. */
  opensString(quote: number): boolean {
    return quote === SINGLE || (quote === DOUBLE && this.dialect.mysql);
  }

  /** The offset after the comment at `p`, `p` where none begins there, or MORE. */
  commentEnd(buf: Uint8Array, p: number, to: number, last: boolean): number {
    const c = buf[p]!;
    if (c === HASH && this.dialect.mysql) return lineEnd(buf, p, to, last);
    if (c !== MINUS && c !== SLASH) return p;
    if (p + 1 === to) return last ? p : MORE;
    if (c === MINUS) return buf[p + 1] === MINUS ? lineEnd(buf, p, to, last) : p;
    if (buf[p + 1] !== STAR) return p;
    for (let q = p + 3; q < to; q++) if (buf[q] === SLASH && buf[q - 1] === STAR && q - 1 > p + 1) return q + 1;
    return MORE;
  }

  /** The offset of the next byte that is neither white space nor in a comment; `to` where there is none, MORE within a comment. */
  skip(buf: Uint8Array, p: number, to: number, last: boolean): number {
    for (;;) {
      while (p < to && isSpace(buf[p]!)) p++;
      if (p === to) return to;
      const next = this.commentEnd(buf, p, to, last);
      if (next === p || next === MORE) return next;
      p = next;
    }
  }

  /** The offset after the dollar-quoted text at `p`, `p` where none begins there, or MORE. */
  dollarEnd(buf: Uint8Array, p: number, to: number): number {
    let q = p + 1;
    while (q < to && isWord(buf[q]!)) q++;
    if (q === to) return MORE;
    if (buf[q] !== DOLLAR || this.dialect.mysql || isDigit(buf[p + 1]!)) return p;
    const tag = q + 1 - p;
    for (let at = buf.indexOf(DOLLAR, q + 1); at >= 0 && at + tag <= to; at = buf.indexOf(DOLLAR, at + 1)) {
      let same = 0;
      while (same < tag && buf[at + same] === buf[p + same]) same++;
      if (same === tag) return at + tag;
    }
    return MORE;
  }
}

/** The offset after the line end of the line at `p`, the end of the stream, or MORE. */
export function lineEnd(buf: Uint8Array, p: number, to: number, last: boolean): number {
  while (p < to && buf[p] !== LF) p++;
  if (p < to) return p + 1;
  return last ? to : MORE;
}

/** Whether the word at `p`, in ASCII letters of any case, is `word` in upper case and ends there. */
export function isKeyword(buf: Uint8Array, p: number, to: number, word: string): boolean {
  if (p + word.length > to) return false;
  for (let i = 0; i < word.length; i++) if ((buf[p + i]! & 0xdf) !== (word.charCodeAt(i) & 0xdf)) return false;
  return p + word.length === to || !isWord(buf[p + word.length]!);
}

/** The offset after the unquoted word at `p`. */
export function wordEnd(buf: Uint8Array, p: number, to: number): number {
  while (p < to && isWord(buf[p]!)) p++;
  return p;
}
