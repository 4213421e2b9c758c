import { MORE } from '../text/field-scanner.js';
import { BACKSLASH, BACKTICK, DOLLAR, DOUBLE, isKeyword, LF, MINUS, SEMICOLON, SINGLE, SLASH, type SqlLexer } from './lexer.js';

/**
 * Up to where bytes are passed over: the end of the line, of a comment in slashes and stars, of the statement, of a COPY block, or the line
 * that makes the semicolon the delimiter again.
 */
export type PassingUntil = 'line' | 'comment' | 'statement' | 'block' | 'delimiter';

const HASH = 0x23;
const STAR = 0x2a;
const DOT = 0x2e;
const MOST_LINE_LOOK = 32;

/** Passes over what holds no records, in as many reads as it takes: it remembers in which string or comment the bytes have ended. */
export class Passing {
  isDone = true;
  #until: PassingUntil = 'line';
  /** The quote or comment that the bytes ended in, 0 outside of all. */
  #within = 0;
  /** Of a dollar-quoted text: its tag. */
  #tag = new Uint8Array(0);
  #lineStart = true;

  constructor(private readonly lexer: SqlLexer) {}

  /** Whether a string or comment is still open. */
  get isOpen(): boolean {
    return !this.isDone && (this.#within !== 0 || this.#until === 'comment') && this.#within !== MINUS;
  }

  /** How far the comment at `p` goes; undefined where none begins there, MORE where that cannot be told yet. */
  commentAt(buf: Uint8Array, p: number, to: number, last: boolean): 'line' | 'comment' | undefined | typeof MORE {
    const c = buf[p]!;
    if (c === HASH && this.lexer.dialect.mysql) return 'line';
    if (c !== MINUS && c !== SLASH) return undefined;
    if (p + 1 === to) return last ? undefined : MORE;
    if (c === MINUS && buf[p + 1] === MINUS) return 'line';
    return c === SLASH && buf[p + 1] === STAR ? 'comment' : undefined;
  }

  begin(until: PassingUntil): void {
    this.#until = until;
    this.#within = 0;
    this.isDone = false;
    this.#lineStart = false;
  }

  /** Passes over bytes from `p` on and returns where it stopped: at the end, or where more bytes are needed to go on. */
  pass(buf: Uint8Array, p: number, to: number, last: boolean): number {
    switch (this.#until) {
      case 'line':
        return this.#line(buf, p, to);
      case 'comment':
        return this.#comment(buf, p, to, last);
      case 'statement':
        return this.#statement(buf, p, to, last);
      case 'block':
      case 'delimiter':
        return this.#lines(buf, p, to, last);
    }
  }

  #done(at: number): number {
    this.isDone = true;
    return at;
  }

  #line(buf: Uint8Array, p: number, to: number): number {
    const end = indexWithin(buf, LF, p, to);
    return end < 0 ? to : this.#done(end + 1);
  }

  #comment(buf: Uint8Array, p: number, to: number, last: boolean): number {
    // The star that opens the comment does not close it.
    let from = p;
    if (this.#within === 0) {
      if (p + 2 > to) return last ? to : p;
      this.#within = SLASH;
      from = p + 2;
    }
    for (let at = indexWithin(buf, STAR, from, to); at >= 0; at = indexWithin(buf, STAR, at + 1, to)) {
      if (at + 1 === to) return last ? to : at;
      if (buf[at + 1] === SLASH) return this.#done(at + 2);
    }
    return to;
  }

  /** Lines up to the one that ends a COPY block, or sets the delimiter back. */
  #lines(buf: Uint8Array, from: number, to: number, last: boolean): number {
    let p = from;
    while (p < to) {
      if (this.#lineStart) {
        const end = indexWithin(buf, LF, p, to);
        if (end < 0 && !last && to - p < MOST_LINE_LOOK) return p;
        if (this.#isLast(buf, p, end < 0 ? to : end)) {
          this.#until = 'line';
          return this.#line(buf, p, to);
        }
        this.#lineStart = false;
      }
      const end = indexWithin(buf, LF, p, to);
      if (end < 0) return to;
      p = end + 1;
      this.#lineStart = true;
    }
    return p;
  }

  #isLast(buf: Uint8Array, p: number, end: number): boolean {
    if (this.#until === 'block') return buf[p] === BACKSLASH && buf[p + 1] === DOT && end - p <= 3;
    if (!isKeyword(buf, p, end, 'DELIMITER')) return false;
    let at = p + 'DELIMITER'.length;
    while (buf[at] === 0x20 && at < end) at++;
    return buf[at] === SEMICOLON && (at + 1 === end || buf[at + 1] !== SEMICOLON);
  }

  #statement(buf: Uint8Array, from: number, to: number, last: boolean): number {
    let p = from;
    while (p < to) {
      if (this.#within !== 0) {
        const next = this.#inside(buf, p, to, last);
        if (this.#within !== 0) return next;
        p = next;
        continue;
      }
      const c = buf[p]!;
      if (c === SEMICOLON) return this.#done(p + 1);
      if (c === SINGLE || c === DOUBLE || c === BACKTICK) {
        this.#within = c;
        p++;
      } else if (c === MINUS || c === SLASH || c === HASH) {
        const comment = this.commentAt(buf, p, to, last);
        if (comment === MORE) return p;
        if (comment === 'line') this.#within = MINUS;
        if (comment === 'comment') {
          this.#within = SLASH;
          p++;
        }
        p++;
      } else if (c === DOLLAR && !this.lexer.dialect.mysql) {
        const next = this.#dollar(buf, p, to, last);
        if (next === p) return p;
        p = next;
      } else p++;
    }
    return p;
  }

  /** Passes on within a string or comment; `within` is 0 once it has ended. */
  #inside(buf: Uint8Array, p: number, to: number, last: boolean): number {
    if (this.#within === DOLLAR) return this.#dollarEnd(buf, p, to, last);
    if (this.#within === MINUS) {
      const end = indexWithin(buf, LF, p, to);
      if (end >= 0) this.#within = 0;
      return end < 0 ? to : end + 1;
    }
    if (this.#within === SLASH) {
      for (let at = indexWithin(buf, STAR, p, to); at >= 0; at = indexWithin(buf, STAR, at + 1, to)) {
        if (at + 1 === to) return last ? to : at;
        if (buf[at + 1] !== SLASH) continue;
        this.#within = 0;
        return at + 2;
      }
      return to;
    }
    return this.#stringEnd(buf, p, to, last);
  }

  #stringEnd(buf: Uint8Array, from: number, to: number, last: boolean): number {
    const quote = this.#within;
    const backslash = this.lexer.dialect.mysql && quote !== BACKTICK;
    for (let p = from; p < to; p++) {
      const c = buf[p]!;
      if (c === quote) {
        // A doubled one closes and opens again, which comes to the same.
        this.#within = 0;
        return p + 1;
      }
      if (!backslash || c !== BACKSLASH) continue;
      if (p + 1 === to) return last ? to : p;
      p++;
    }
    return to;
  }

  /** Opens a dollar-quoted text; returns `p` where more bytes are needed. */
  #dollar(buf: Uint8Array, p: number, to: number, last: boolean): number {
    const close = indexWithin(buf, DOLLAR, p + 1, Math.min(to, p + 66));
    if (close < 0) return to - p < 66 && !last ? p : p + 1;
    for (let at = p + 1; at < close; at++) if (!isTag(buf[at]!)) return p + 1;
    this.#tag = buf.slice(p, close + 1);
    this.#within = DOLLAR;
    return close + 1;
  }

  #dollarEnd(buf: Uint8Array, p: number, to: number, last: boolean): number {
    const tag = this.#tag;
    for (let at = indexWithin(buf, DOLLAR, p, to); at >= 0; at = indexWithin(buf, DOLLAR, at + 1, to)) {
      if (at + tag.length > to) return last ? to : at;
      let same = 0;
      while (same < tag.length && buf[at + same] === tag[same]) same++;
      if (same < tag.length) continue;
      this.#within = 0;
      return at + tag.length;
    }
    return to;
  }
}

const isTag = (c: number): boolean => ((c | 0x20) >= 0x61 ? (c | 0x20) <= 0x7a || c >= 0x80 : (c >= 0x30 && c <= 0x39) || c === 0x5f);

function indexWithin(buf: Uint8Array, byte: number, from: number, to: number): number {
  const at = buf.indexOf(byte, from);
  return at < to ? at : -1;
}
