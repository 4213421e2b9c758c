import { Buffer } from 'node:buffer';
import { AppError } from '@attune/core';
import { TextBytes } from './text-bytes.js';

/** What `XmlTokens.next` has found. An element without content gives a START and then an END. */
export const TOKEN = { MORE: 0, START: 1, END: 2, TEXT: 3 } as const;
export type Token = (typeof TOKEN)[keyof typeof TOKEN];

const LT = 0x3c;
const GT = 0x3e;
const SLASH = 0x2f;
const BANG = 0x21;
const QUESTION = 0x3f;
const COLON = 0x3a;
const EQUALS = 0x3d;
const DOUBLE = 0x22;
const SINGLE = 0x27;
const SPACE = 0x20;

const COMMENT = [0x2d, 0x2d];
const COMMENT_END = [0x2d, 0x2d, GT];
const CDATA = [...'[CDATA['].map((letter) => letter.charCodeAt(0));
const CDATA_END = [0x5d, 0x5d, GT];
const INSTRUCTION_END = [QUESTION, GT];

/** A tag or a run of text at most. Cells hold 32,767 characters; what is longer is meant to do harm. */
const LONGEST_TOKEN = 4 << 20;
const FIRST_BYTES = 1 << 19;

/** Namespaces and prefixes differ between writers, and between the transitional and the strict form; local names do not. */
export const xmlName = (local: string): number => [...local].reduce((hash, letter) => Math.imul(hash, 31) + letter.charCodeAt(0), 0) | 0;

/**
 * The tokens of an XML 1.0 text in UTF-8, which arrives piece by piece. Names are told by the hash of their local part (`xmlName`). Places
 * point into `buf` and hold until the next call of `give`. A document type is refused, so that there are no entities but the five of XML.
 * Throws AppError `container.corrupt` for what is not XML.
 */
export class XmlTokens {
  buf = new Uint8Array(FIRST_BYTES);
  /** Of the text, or of the tag's local name. */
  start = 0;
  end = 0;
  /** Of the tag. */
  name = 0;
  /** Of the attribute that `nextAttribute` has found, with its value's place. */
  attribute = 0;
  valueStart = 0;
  valueEnd = 0;
  /** Elements that are open, the one that has just begun counted, the one that has just ended not. */
  depth = 0;
  /** True for text out of a CDATA section, in which nothing is escaped. */
  literal = false;
  #at = 0;
  #held = 0;
  #attributesAt = 0;
  #attributesEnd = 0;
  #isEmpty = false;
  #roots = 0;

  /** Takes in further bytes; those before the next token are forgotten. */
  give(piece: Uint8Array): void {
    const rest = this.#held - this.#at;
    if (rest > LONGEST_TOKEN) throw corrupt('holds a tag or a text that is longer than any workbook needs');
    if (rest + piece.length > this.buf.length) {
      const larger = new Uint8Array(2 * (rest + piece.length));
      larger.set(this.buf.subarray(this.#at, this.#held));
      this.buf = larger;
    } else {
      this.buf.copyWithin(0, this.#at, this.#held);
    }
    this.buf.set(piece, rest);
    this.#at = 0;
    this.#held = rest + piece.length;
  }

  /** All bytes were given. Throws `container.corrupt` when something is still open. */
  finish(): void {
    while (this.#at < this.#held && this.buf[this.#at]! <= SPACE) this.#at++;
    if (this.#at < this.#held || this.depth !== 0 || this.#roots !== 1) throw corrupt('ends too early');
  }

  /** The next token, or MORE when what was given does not hold the whole of it. */
  next(): Token {
    if (this.#isEmpty) {
      this.#isEmpty = false;
      return this.#closed();
    }
    for (;;) {
      const at = this.#at;
      if (at >= this.#held) return TOKEN.MORE;
      if (this.buf[at] !== LT) return this.#text(at);
      if (at + 1 >= this.#held) return TOKEN.MORE;
      const kind = this.buf[at + 1]!;
      if (kind !== BANG && kind !== QUESTION) return kind === SLASH ? this.#endTag(at) : this.#startTag(at);
      const token = kind === QUESTION ? this.#passed(at, 2, INSTRUCTION_END) : this.#declaration(at);
      if (token !== undefined) return token;
    }
  }

  /** The next attribute of the element that has just begun; false after the last one. */
  nextAttribute(): boolean {
    const { buf } = this;
    const end = this.#attributesEnd;
    let at = this.#attributesAt;
    while (at < end && buf[at]! <= SPACE) at++;
    if (at >= end) return false;
    let hash = 0;
    for (; at < end && buf[at] !== EQUALS && buf[at]! > SPACE; at++) hash = buf[at] === COLON ? 0 : (Math.imul(hash, 31) + buf[at]!) | 0;
    while (at < end && buf[at]! <= SPACE) at++;
    if (buf[at] !== EQUALS) throw corrupt('holds an attribute without a value');
    at++;
    while (at < end && buf[at]! <= SPACE) at++;
    const quote = buf[at];
    if (at >= end || (quote !== DOUBLE && quote !== SINGLE)) throw corrupt('holds an attribute without quotes');
    this.valueStart = ++at;
    while (at < end && buf[at] !== quote) at++;
    this.valueEnd = at;
    this.attribute = hash;
    this.#attributesAt = at + 1;
    return true;
  }

  /** The value of the attribute. */
  get value(): string {
    const text = new TextBytes();
    text.append(this.buf, this.valueStart, this.valueEnd, false);
    return Buffer.from(text.bytes.subarray(0, text.length)).toString('utf8');
  }

  /**
   * Appends the run of text that was found. Blanks stay, whether the element asks for it (`xml:space`) or not: programs that show a workbook
   * leave them out where it does not, and one blank too many between two runs of rich text does less harm than one that is missing.
   */
  textInto(text: TextBytes, escapes: boolean): void {
    if (this.literal) text.appendLiteral(this.buf, this.start, this.end);
    else text.append(this.buf, this.start, this.end, escapes);
  }

  #text(at: number): Token {
    const { buf } = this;
    const held = this.#held;
    let i = at + 1;
    while (i < held && buf[i] !== LT) i++;
    if (i === held) return TOKEN.MORE;
    if (this.depth === 0 && !isBlank(buf, at, i)) throw corrupt('holds text outside of its elements');
    this.start = at;
    this.end = i;
    this.literal = false;
    this.#at = i;
    return TOKEN.TEXT;
  }

  #startTag(at: number): Token {
    const { buf } = this;
    const held = this.#held;
    const nameEnd = this.#name(at + 1);
    let quote = 0;
    let i = nameEnd;
    for (; i < held; i++) {
      const byte = buf[i]!;
      if (quote !== 0) {
        if (byte === quote) quote = 0;
      } else if (byte === GT) break;
      else if (byte === DOUBLE || byte === SINGLE) quote = byte;
      else if (byte === LT) throw corrupt('holds a tag inside of a tag');
    }
    if (i >= held) return TOKEN.MORE;
    this.#isEmpty = buf[i - 1] === SLASH;
    this.#attributesAt = nameEnd;
    this.#attributesEnd = this.#isEmpty ? i - 1 : i;
    this.#at = i + 1;
    if (this.depth++ === 0 && ++this.#roots > 1) throw corrupt('holds more than one document');
    return TOKEN.START;
  }

  #endTag(at: number): Token {
    const { buf } = this;
    const held = this.#held;
    let i = this.#name(at + 2);
    while (i < held && buf[i]! <= SPACE) i++;
    if (i >= held) return TOKEN.MORE;
    if (buf[i] !== GT) throw corrupt('holds an end tag that does not end');
    this.#at = i + 1;
    return this.#closed();
  }

  #closed(): Token {
    if (--this.depth < 0) throw corrupt('ends an element that was never begun');
    return TOKEN.END;
  }

  /** Reads a name at `from` and returns its end. */
  #name(from: number): number {
    const { buf } = this;
    const held = this.#held;
    let hash = 0;
    let start = from;
    let i = from;
    for (; i < held; i++) {
      const byte = buf[i]!;
      if (byte <= SPACE || byte === GT || byte === SLASH) break;
      hash = (Math.imul(hash, 31) + byte) | 0;
      if (byte === COLON) {
        hash = 0;
        start = i + 1;
      }
    }
    if (i === start && i < held) throw corrupt('holds a tag without a name');
    this.start = start;
    this.end = i;
    this.name = hash;
    return i;
  }

  /** A comment is passed over, a CDATA section is text, and a document type is refused. */
  #declaration(at: number): Token | undefined {
    if (this.#begins(at + 2, COMMENT)) return this.#passed(at, 4, COMMENT_END);
    if (!this.#begins(at + 2, CDATA)) {
      if (this.#held - at < 2 + CDATA.length) return TOKEN.MORE;
      throw corrupt('has a document type, which no workbook has');
    }
    const start = at + 2 + CDATA.length;
    const token = this.#passed(at, 2 + CDATA.length, CDATA_END);
    if (token !== undefined) return token;
    this.start = start;
    this.end = this.#at - CDATA_END.length;
    this.literal = true;
    return TOKEN.TEXT;
  }

  /** Goes behind the end of what began at `at`; MORE when it is not there yet. */
  #passed(at: number, skip: number, ending: readonly number[]): typeof TOKEN.MORE | undefined {
    for (let i = at + skip; i + ending.length <= this.#held; i++) {
      if (!this.#begins(i, ending)) continue;
      this.#at = i + ending.length;
      return undefined;
    }
    return TOKEN.MORE;
  }

  #begins(at: number, wanted: readonly number[]): boolean {
    for (let i = 0; i < wanted.length; i++) if (at + i >= this.#held || this.buf[at + i] !== wanted[i]) return false;
    return true;
  }
}

export function isBlank(buf: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (buf[i]! > SPACE) return false;
  return true;
}

export const corrupt = (how: string): AppError => new AppError('container.corrupt', `A part of the workbook ${how}.`);

/** Throws for a part in an encoding other than UTF-8, by its byte order mark or its declaration; returns the bytes of a mark to be passed over. */
export function markOf(head: Uint8Array): number {
  const declared = /^<\?xml[^>]*encoding\s*=\s*["']([\w.-]+)["']/.exec(String.fromCharCode(...head.subarray(0, 200)))?.[1] ?? 'utf-8';
  const isUtf16 = (head[0] === 0xff && head[1] === 0xfe) || (head[0] === 0xfe && head[1] === 0xff);
  if (isUtf16 || !/^(?:utf-?8|us-ascii|ascii)$/i.test(declared)) {
    throw new AppError('unprocessable_file', 'A part of the workbook is in another encoding than UTF-8.');
  }
  return head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf ? 3 : 0;
}
