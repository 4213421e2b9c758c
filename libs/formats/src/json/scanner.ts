import { Buffer } from 'node:buffer';
import type { FindingCode } from '@attune/core';
import type { Batch } from '../text/batch.js';
import { FAULT, MORE } from '../text/field-scanner.js';
import { BACKSLASH, CLOSE_BRACE, CLOSE_BRACKET, COLON, COMMA, CR, LF, OPEN_BRACE, OPEN_BRACKET, QUOTE, SPACE, TAB } from './bytes.js';
import { afterEscape } from './escapes.js';
import type { KeyTrie } from './key-trie.js';
import { MemberList, OWN_PATH } from './member-list.js';
import { afterNumber, afterWord, NULL } from './scalars.js';

/** Objects and arrays within each other, the record counted. */
const MAX_DEPTH = 64;

const EMPTIED_AT_ONCE = 1024;

/** Bytes that a string holds as they are: neither its end nor an escape nor a control character. */
const PLAIN = Uint8Array.from({ length: 256 }, (_, byte) => (byte < SPACE || byte === QUOTE || byte === BACKSLASH ? 0 : 1));

/**
 * Finds the values of one JSON object (RFC 8259, nothing more lenient) that the columns of a trie name, in one pass and without an object
 * or a string. Members that no column has are listed in `others`. A key that an object has twice is a fault.
 */
export class JsonScanner {
  faultCode: FindingCode = 'json.invalid';
  /** Where the first fault of the record lies. */
  faultAt = 0;
  /** Line ends within the record. */
  lines = 0;
  /** Cells with escapes in them, in order; the owner takes back those of a record that it does not keep. */
  escaped = new Int32Array(1024);
  escapedCount = 0;
  readonly others = new MemberList();

  private buf: Uint8Array = new Uint8Array(0);
  private to = 0;
  private base = 0;
  private readonly starts: Int32Array;
  private readonly ends: Int32Array;
  private readonly width: number;
  /** Per node the last record that had it, so that a second one is seen; records are counted by `stamp`. */
  private readonly seen: Uint32Array;
  private stamp = 0;
  private sawEscape = false;
  /** Cells of the batch from the record at hand up to this one hold nothing. */
  private emptied = 0;

  /** `lineEnds`: they are white space within a record; else a record ends with its line. */
  constructor(
    private readonly trie: KeyTrie,
    batch: Batch,
    private readonly fieldBytes: number,
    private readonly lineEnds: boolean,
  ) {
    this.starts = batch.starts;
    this.ends = batch.ends;
    this.width = batch.width;
    this.seen = new Uint32Array(trie.nodes);
  }

  /** A batch begins. */
  begin(): void {
    this.escapedCount = 0;
    this.others.count = 0;
    this.emptied = 0;
  }

  /** Scans the object whose `{` is at `start` and writes its offsets from cell `base` on. Returns the offset after it, MORE or FAULT. */
  scan(buf: Uint8Array, start: number, to: number, base: number): number {
    this.buf = buf;
    this.to = to;
    this.base = base;
    this.lines = 0;
    if (base + this.width > this.emptied) this.empty(base);
    if (++this.stamp > 0xffff_fff0) {
      this.seen.fill(0);
      this.stamp = 1;
    }
    const end = this.object(start, 0, 1);
    if (end < 0) this.emptied = base;
    return end;
  }

  /** No value is found yet; for many records at once, because a few cells are not worth a call. */
  private empty(base: number): void {
    const to = Math.min(base + Math.max(this.width, EMPTIED_AT_ONCE), this.starts.length);
    this.starts.fill(-1, base, to);
    this.ends.fill(-1, base, to);
    this.emptied = to - ((to - base) % this.width);
  }

  /** `node`: -1 for an object of which nothing is known. */
  private object(open: number, node: number, depth: number): number {
    const { buf, to } = this;
    if (depth > MAX_DEPTH) return this.fault(open, 'json.too_deep');
    let p = this.space(open + 1);
    if (p < to && buf[p] === CLOSE_BRACE) return p + 1;
    let slot = node;
    for (;;) {
      if (p >= to) return MORE;
      if (buf[p] !== QUOTE) return this.fault(p);
      const child = node < 0 ? -1 : this.trie.near(buf, p + 1, to, slot);
      if (child >= 0) {
        slot = this.trie.nodes + child;
        p = this.member(p + this.trie.lengthOf(child) + 2, child, depth, p);
      } else {
        p = this.farMember(p, node, slot, depth);
        if (this.found >= 0) slot = this.trie.nodes + this.found;
      }
      if (p < 0) return p;
      if (p < to && buf[p]! <= SPACE) p = this.space(p);
      if (p >= to) return MORE;
      if (buf[p] === CLOSE_BRACE) return p + 1;
      if (buf[p] !== COMMA) return this.fault(p);
      p++;
      if (p < to && buf[p]! <= SPACE) p = this.space(p);
    }
  }

  /** The member that `farMember` has found, for what is expected behind it. */
  private found = -1;

  /** A member that is not among the expected ones, with its key at `open`. */
  private farMember(open: number, node: number, slot: number, depth: number): number {
    const close = this.string(open + 1);
    if (close < 0) return close;
    const child = node < 0 ? -1 : this.childOf(open + 1, close, node, slot);
    if (child >= 0) {
      const end = this.member(close + 1, child, depth, open);
      this.found = child;
      return end;
    }
    const start = this.afterColon(close + 1);
    if (start < 0) return start;
    const end = this.unknown(start, depth);
    if (end >= 0 && node >= 0) this.others.add(this.base, node, open + 1, close, start, end);
    this.found = -1;
    return end;
  }

  private childOf(from: number, to: number, node: number, slot: number): number {
    if (!this.sawEscape) return this.trie.find(this.buf, from, to, node, slot);
    // Keys are hardly ever escaped. In an encoding of one byte per character only escaped characters may be other than ASCII here.
    const key = JSON.parse(Buffer.from(this.buf.subarray(from - 1, to + 1)).toString('utf8')) as string;
    return this.trie.findText(key, node);
  }

  private afterColon(at: number): number {
    const { buf, to } = this;
    let p = at < to && buf[at]! <= SPACE ? this.space(at) : at;
    if (p >= to) return MORE;
    if (buf[p] !== COLON) return this.fault(p);
    p++;
    if (p < to && buf[p]! <= SPACE) p = this.space(p);
    return p < to ? p : MORE;
  }

  /** The rest of a known member behind its key. */
  private member(afterKey: number, node: number, depth: number, key: number): number {
    const { seen, stamp } = this;
    const start = this.afterColon(afterKey);
    if (start < 0) return start;
    if (seen[node] === stamp) return this.fault(key, 'json.duplicate_key');
    seen[node] = stamp;
    return this.value(start, node, depth);
  }

  /** A value at a known path. */
  private value(start: number, node: number, depth: number): number {
    const { buf, trie } = this;
    const c = buf[start]!;
    const column = trie.column[node]!;
    if (c === QUOTE) {
      const close = this.string(start + 1);
      if (close < 0) return close;
      if (column < 0) this.others.add(this.base, node, OWN_PATH, 0, start, close + 1);
      else {
        if (close - start > this.fieldBytes) return this.fault(start, 'record.too_long');
        const cell = this.base + column;
        this.starts[cell] = start + 1;
        this.ends[cell] = close;
        if (this.sawEscape) this.noteEscaped(cell);
      }
      return close + 1;
    }
    if (c === OPEN_BRACE && trie.hasKeys[node] === 1) return this.object(start, node, depth + 1);
    if (c === OPEN_BRACKET) return this.array(start, node, depth + 1);
    const end = this.unknown(start, depth);
    if (end < 0 || c === NULL) return end;
    if (column < 0 || c === OPEN_BRACE) this.others.add(this.base, node, OWN_PATH, 0, start, end);
    else {
      if (end - start > this.fieldBytes) return this.fault(start, 'record.too_long');
      this.starts[this.base + column] = start;
      this.ends[this.base + column] = end;
    }
    return end;
  }

  private array(open: number, node: number, depth: number): number {
    const { buf, to, trie } = this;
    if (depth > MAX_DEPTH) return this.fault(open, 'json.too_deep');
    let p = this.space(open + 1);
    if (p < to && buf[p] === CLOSE_BRACKET) return p + 1;
    for (let index = 0; ; index++) {
      if (p >= to) return MORE;
      const start = p;
      const child = node < 0 ? -1 : trie.element(node, index);
      p = child < 0 ? this.unknown(p, depth) : this.value(p, child, depth);
      if (p < 0) return p;
      if (child < 0 && node >= 0) this.others.add(this.base, node, -1 - index, 0, start, p);
      p = this.space(p);
      if (p >= to) return MORE;
      if (buf[p] === CLOSE_BRACKET) return p + 1;
      if (buf[p] !== COMMA) return this.fault(p);
      p = this.space(p + 1);
    }
  }

  /** A value of which nothing is known but that it has to be sound. */
  private unknown(start: number, depth: number): number {
    const { buf, to } = this;
    const c = buf[start]!;
    if (c === QUOTE) {
      const close = this.string(start + 1);
      return close < 0 ? close : close + 1;
    }
    if (c === OPEN_BRACE) return this.object(start, -1, depth + 1);
    if (c === OPEN_BRACKET) return this.array(start, -1, depth + 1);
    const end = c >= 0x61 ? afterWord(buf, start, to) : afterNumber(buf, start, to);
    return end === FAULT ? this.fault(start) : end;
  }

  /** The offset of the quote that closes the string whose text begins at `start`. */
  private string(start: number): number {
    const { buf, to } = this;
    let p = start;
    this.sawEscape = false;
    for (;;) {
      while (p + 4 <= to && (PLAIN[buf[p]!]! & PLAIN[buf[p + 1]!]! & PLAIN[buf[p + 2]!]! & PLAIN[buf[p + 3]!]!) === 1) p += 4;
      while (p < to && PLAIN[buf[p]!] === 1) p++;
      if (p >= to) return MORE;
      if (buf[p] === QUOTE) return p;
      if (buf[p] !== BACKSLASH) return this.fault(p);
      const next = afterEscape(buf, p, to);
      if (next < 0) return next === MORE ? MORE : this.fault(p);
      this.sawEscape = true;
      p = next;
    }
  }

  private space(start: number): number {
    const { buf, to } = this;
    let p = start;
    for (; p < to; p++) {
      const c = buf[p]!;
      if (c === SPACE || c === TAB || c === CR) continue;
      if (c !== LF || !this.lineEnds) break;
      this.lines++;
    }
    return p;
  }

  private fault(at: number, code: FindingCode = 'json.invalid'): number {
    this.faultCode = code;
    this.faultAt = at;
    return FAULT;
  }

  private noteEscaped(cell: number): void {
    if (this.escapedCount === this.escaped.length) {
      const wider = new Int32Array(this.escaped.length * 2);
      wider.set(this.escaped);
      this.escaped = wider;
    }
    this.escaped[this.escapedCount++] = cell;
  }
}
