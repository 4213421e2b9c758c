import type { FindingCode } from '@attune/core';
import { MORE } from '../text/field-scanner.js';
import type { TextLimits } from '../text/limits.js';
import {
  BACKSLASH,
  BACKTICK,
  CLOSE,
  COMMA,
  DOLLAR,
  DOUBLE,
  isDigit,
  isKeyword,
  isSpace,
  isWord,
  LF,
  MINUS,
  OPEN,
  SEMICOLON,
  SINGLE,
  type SqlLexer,
  wordEnd,
} from './lexer.js';
import { DOUBLED, EXTENDED, MYSQL, type Escapes } from './unescape.js';

/** The tuple has no end that can be told: its string or comment is never closed, or it is longer than records may be. */
export const ENDLESS = -2;

const PLUS = 0x2b;
const DOT = 0x2e;
const COLON = 0x3a;
const UNDERSCORE = 0x5f;

/** Words before a string that say what type it has. */
const TYPED = ['DATE', 'TIME', 'TIMESTAMP', 'N', 'X', 'B', 'E'];

/** Where the values of a record are noted: offsets, and what has to be undone in them. */
export interface Cells {
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  /** Notes a value with escapes. */
  escaped(cell: number, escapes: Escapes, quote: number): void;
}

/** Finds the values of one tuple `(1, 'a', NULL)`. What a scan has found out is in the members until the next one. */
export class TupleScanner {
  /** Values of the tuple. */
  fields = 0;
  /** What is wrong with the tuple, and with which of its values; nothing where `faultCode` is undefined. */
  faultCode: FindingCode | undefined;
  faultColumn = 0;
  /** Where the value starts at which the tuple has no end. */
  faultAt = 0;

  #p = 0;
  #to = 0;
  #last = false;
  #buf: Uint8Array = new Uint8Array(0);

  constructor(
    private readonly lexer: SqlLexer,
    private readonly width: number,
    private readonly limits: TextLimits,
    private readonly cells: Cells,
  ) {}

  /** Scans the tuple whose parenthesis opens at `start`; returns the offset after the closing one, MORE or ENDLESS. Only the first `width` values are noted. */
  scan(buf: Uint8Array, start: number, to: number, last: boolean, base: number): number {
    const most = start + this.limits.recordBytes;
    this.#buf = buf;
    this.#to = Math.min(to, most);
    // What does not end within the limits has no end, however many bytes follow.
    this.#last = last || to > most;
    this.#p = start + 1;
    this.fields = 0;
    this.faultCode = undefined;
    for (;;) {
      const end = this.#value(base);
      if (end !== 0) return end;
      this.fields++;
      const c = buf[this.#p++];
      if (c === CLOSE) return this.#finished(start);
    }
  }

  #finished(start: number): number {
    if (this.faultCode === undefined && this.fields !== this.width) this.fault('sql.value_count', Math.min(this.fields, this.width));
    if (this.#p - start > this.limits.recordLines && this.#lines(start, this.#p) > this.limits.recordLines)
      this.fault('record.too_long', 0);
    return this.#p;
  }

  fault(code: FindingCode, column: number): void {
    this.faultCode ??= code;
    if (this.faultCode === code) this.faultColumn = column;
  }

  /** Notes one value and stops at the comma or parenthesis behind it; returns 0, MORE or ENDLESS. */
  #value(base: number): number {
    const at = this.lexer.skip(this.#buf, this.#p, this.#to, this.#last);
    if (at === MORE || at === this.#to) return this.#endless(this.#p);
    this.#p = at;
    const cell = this.fields < this.width ? base + this.fields : -1;
    const read = this.#literal(cell, at);
    if (read !== 0) return this.#endless(at);
    const field = this.fields;
    if (this.#p - at > this.limits.fieldBytes) this.fault('record.too_long', field);
    const known = this.#passCast();
    if (known === MORE) return this.#endless(at);
    if (known && (this.#buf[this.#p] === COMMA || this.#buf[this.#p] === CLOSE) && this.#p > at) return 0;
    this.fault('sql.expression', field);
    this.#p = at;
    const passed = this.#passExpression();
    return passed === MORE ? this.#endless(at) : passed;
  }

  #endless(at: number, code: FindingCode = 'sql.unterminated'): typeof MORE | typeof ENDLESS {
    if (!this.#last && code === 'sql.unterminated') return MORE;
    this.faultCode = code;
    this.faultColumn = Math.min(this.fields, this.width);
    this.faultAt = at;
    return ENDLESS;
  }

  /** Reads a literal of any kind; 0, or MORE where the bytes end within it. What it does not know it leaves where it is. */
  #literal(cell: number, at: number): number {
    const buf = this.#buf;
    const c = buf[at]!;
    if (this.lexer.opensString(c)) return this.#string(cell, at, this.lexer.dialect.mysql ? MYSQL : DOUBLED);
    if (isDigit(c) || c === MINUS || c === PLUS || c === DOT) return this.#number(cell, at);
    if (c === DOLLAR) return this.#dollar(cell, at);
    if (!isWord(c)) return 0;
    const end = wordEnd(buf, at, this.#to);
    if (end === this.#to) return MORE;
    if (isKeyword(buf, at, this.#to, 'NULL')) return this.#note(cell, -1, -1, end);
    if (isKeyword(buf, at, this.#to, 'TRUE') || isKeyword(buf, at, this.#to, 'FALSE')) return this.#note(cell, at, end, end);
    return this.#prefixed(cell, at, end);
  }

  /** A string behind a word: a character set, a type, X, B, N or E. */
  #prefixed(cell: number, at: number, wordsEnd: number): number {
    const buf = this.#buf;
    const charset = buf[at] === UNDERSCORE;
    const typed = TYPED.find((word) => isKeyword(buf, at, this.#to, word));
    if (!charset && typed === undefined) return 0;
    const next = this.lexer.skip(buf, wordsEnd, this.#to, this.#last);
    if (next === MORE || next === this.#to) return MORE;
    const c = buf[next]!;
    if (charset && isDigit(c)) return this.#number(cell, next);
    if (!this.lexer.opensString(c)) return 0;
    const { mysql } = this.lexer.dialect;
    return this.#string(cell, next, mysql ? MYSQL : typed === 'E' ? EXTENDED : DOUBLED);
  }

  #string(cell: number, at: number, escapes: Escapes): number {
    const buf = this.#buf;
    const quote = buf[at]!;
    const end = this.lexer.stringEnd(buf, at + 1, this.#to, this.#last, quote, escapes !== DOUBLED);
    if (end === MORE) return MORE;
    this.#note(cell, at + 1, end - 1, end);
    if (cell >= 0) this.#noteEscapes(cell, at + 1, end - 1, escapes, quote);
    return 0;
  }

  #noteEscapes(cell: number, start: number, end: number, escapes: Escapes, quote: number): void {
    const buf = this.#buf;
    for (let p = start; p < end; p++) {
      const c = buf[p]!;
      if (c === quote || (c === BACKSLASH && escapes !== DOUBLED)) return this.cells.escaped(cell, escapes, quote);
    }
  }

  /** Digits as they are; 0x41 without its beginning. */
  #number(cell: number, at: number): number {
    const buf = this.#buf;
    let p = at;
    while (p < this.#to && (isWord(buf[p]!) || buf[p] === DOT || isSign(buf, p, at))) p++;
    if (p === this.#to) return MORE;
    const hex = buf[at] === 0x30 && (buf[at + 1]! | 0x20) === 0x78;
    if (!hex && !isNumber(buf, at, p)) return 0;
    return this.#note(cell, hex ? at + 2 : at, p, p);
  }

  #dollar(cell: number, at: number): number {
    const end = this.lexer.dollarEnd(this.#buf, at, this.#to);
    if (end === MORE) return MORE;
    if (end === at) return 0;
    const tag = this.#buf.indexOf(DOLLAR, at + 1) + 1 - at;
    return this.#note(cell, at + tag, end - tag, end);
  }

  #note(cell: number, start: number, end: number, next: number): 0 {
    if (cell >= 0) {
      this.cells.starts[cell] = start;
      this.cells.ends[cell] = end;
    }
    this.#p = next;
    return 0;
  }

  /** Passes white space, comments and casts such as `::character varying(10)[]`; false where something else stands there. */
  #passCast(): boolean | typeof MORE {
    const buf = this.#buf;
    for (;;) {
      const next = this.lexer.skip(buf, this.#p, this.#to, this.#last);
      if (next === MORE || next === this.#to) return MORE;
      this.#p = next;
      if (buf[next] !== COLON) return true;
      if (next + 1 === this.#to) return MORE;
      if (buf[next + 1] !== COLON) return false;
      let p = next + 2;
      let depth = 0;
      for (; p < this.#to && isOfType(buf[p]!, depth); p++) depth += buf[p] === OPEN ? 1 : buf[p] === CLOSE ? -1 : 0;
      if (p === this.#to) return MORE;
      this.#p = p;
    }
  }

  /** Passes an expression of any kind up to the comma or parenthesis behind it: 0, or MORE or ENDLESS. */
  #passExpression(): number {
    const buf = this.#buf;
    for (let depth = 0; ;) {
      const next = this.lexer.skip(buf, this.#p, this.#to, this.#last);
      if (next === MORE || next === this.#to) return MORE;
      const c = buf[next]!;
      this.#p = next;
      if (depth === 0 && (c === COMMA || c === CLOSE)) return 0;
      // A statement never ends within a tuple, so that this one is broken.
      if (c === SEMICOLON) return this.#endless(next, 'sql.expression');
      if (c === SINGLE || c === DOUBLE || c === BACKTICK) {
        const end = this.lexer.stringEnd(buf, next + 1, this.#to, this.#last, c, this.lexer.dialect.mysql && c !== BACKTICK);
        if (end === MORE) return MORE;
        this.#p = end;
        continue;
      }
      if (c === OPEN) depth++;
      if (c === CLOSE) depth--;
      this.#p++;
    }
  }

  #lines(from: number, to: number): number {
    let lines = 0;
    for (let p = from; p < to; p++) if (this.#buf[p] === LF) lines++;
    return lines;
  }
}

/** A sign at the beginning or behind the letter of an exponent. */
function isSign(buf: Uint8Array, p: number, start: number): boolean {
  return (buf[p] === MINUS || buf[p] === PLUS) && (p === start || ((buf[p - 1]! | 0x20) === 0x65 && p > start + 1));
}

/** `-12.5e+3` and the like. */
function isNumber(buf: Uint8Array, start: number, end: number): boolean {
  let p = buf[start] === MINUS || buf[start] === PLUS ? start + 1 : start;
  const digits = (): number => {
    const from = p;
    while (p < end && isDigit(buf[p]!)) p++;
    return p - from;
  };
  let seen = digits();
  if (p < end && buf[p] === DOT) {
    p++;
    seen += digits();
  }
  if (seen === 0) return false;
  if (p < end && (buf[p]! | 0x20) === 0x65) {
    p++;
    if (p < end && (buf[p] === MINUS || buf[p] === PLUS)) p++;
    if (digits() === 0) return false;
  }
  return p === end;
}

/** What a name of a type is made of: words, blanks between them, a length in parentheses, brackets of arrays. */
const isOfType = (c: number, depth: number): boolean =>
  isWord(c) || isSpace(c) || TYPE_SIGNS.includes(c) || (depth > 0 && (c === CLOSE || c === COMMA));

const TYPE_SIGNS = [DOUBLE, DOT, OPEN, 0x5b, 0x5d];
