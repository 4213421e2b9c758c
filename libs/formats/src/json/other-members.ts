import { Buffer } from 'node:buffer';
import { BACKSLASH, CLOSE_BRACE, CLOSE_BRACKET, COLON, COMMA, OPEN_BRACE, OPEN_BRACKET, passSpace, QUOTE } from './bytes.js';
import type { KeyTrie } from './key-trie.js';
import { OWN_PATH, type MemberList } from './member-list.js';
import { isPlainKey, stepName } from './path.js';
import { NULL } from './scalars.js';
import { writePoint } from './escapes.js';

/** So many members of one record are compared pair by pair; more are looked up. */
const FEW = 16;

/** Bytes that a path can do without quotes for: see `isPlainKey`. Those above 0x7f belong to characters that need none. */
const PLAIN = Uint8Array.from({ length: 256 }, (_, byte) => (byte > 0x7f || isPlainKey(String.fromCharCode(byte)) ? 1 : 0));

/** Writes the members of a record that no column has as one JSON object: `{path: value as received}`. */
export class OtherMembers {
  /** Path of every node as part of a JSON string, without the quotes around it. */
  private readonly prefixes: readonly Uint8Array[];

  /** `points`: the code point of every byte, where the text is not UTF-8. */
  constructor(
    private readonly trie: KeyTrie,
    private readonly list: MemberList,
    private readonly points: Uint16Array | undefined,
  ) {
    this.prefixes = trie.names.map((name) => Buffer.from(JSON.stringify(name).slice(1, -1)));
  }

  /** Whether one object of the record has a key twice among the members from `first` up to `end`. */
  hasDuplicate(buf: Uint8Array, first: number, end: number): boolean {
    if (end - first < 2) return false;
    if (end - first > FEW || this.anyEscape(buf, first, end)) {
      const names = new Set<string>();
      for (let i = first; i < end; i++) names.add(this.nameOf(buf, i));
      return names.size < end - first;
    }
    for (let i = first + 1; i < end; i++) for (let j = first; j < i; j++) if (this.sameKey(buf, i, j)) return true;
    return false;
  }

  private anyEscape(buf: Uint8Array, first: number, end: number): boolean {
    for (let i = first; i < end; i++) if (this.hasKey(i) && this.keyIncludes(buf, i, BACKSLASH)) return true;
    return false;
  }

  private keyIncludes(buf: Uint8Array, i: number, byte: number): boolean {
    for (let p = this.list.keyOf(i), to = this.list.keyEndOf(i); p < to; p++) if (buf[p] === byte) return true;
    return false;
  }

  private hasKey(i: number): boolean {
    const key = this.list.keyOf(i);
    return key >= 0 && key !== OWN_PATH;
  }

  private sameKey(buf: Uint8Array, i: number, j: number): boolean {
    const { list } = this;
    if (list.nodeOf(i) !== list.nodeOf(j) || !this.hasKey(i) || !this.hasKey(j)) return false;
    const length = list.keyEndOf(i) - list.keyOf(i);
    if (length !== list.keyEndOf(j) - list.keyOf(j)) return false;
    for (let k = 0, a = list.keyOf(i), b = list.keyOf(j); k < length; k++) if (buf[a + k] !== buf[b + k]) return false;
    return true;
  }

  /** Bytes that the text of these members needs at most; 0 when there is nothing to tell. */
  room(buf: Uint8Array, first: number, end: number): number {
    const growth = this.points === undefined ? 1 : 3;
    let bytes = 0;
    for (let i = first; i < end; i++) {
      if (!this.holdsAny(buf, i)) continue;
      const key = this.hasKey(i) ? 6 * (this.list.keyEndOf(i) - this.list.keyOf(i)) + 8 : 16;
      bytes += this.prefixes[this.list.nodeOf(i)]!.length + growth * (key + this.list.endOf(i) - this.list.startOf(i)) + 4;
    }
    return bytes === 0 ? 0 : bytes + 2;
  }

  /** Null, an empty object and an empty array are as good as absent. */
  private holdsAny(buf: Uint8Array, i: number): boolean {
    const start = this.list.startOf(i);
    const c = buf[start];
    if (c === NULL) return false;
    if (c !== OPEN_BRACE && c !== OPEN_BRACKET) return true;
    const inner = buf[passSpace(buf, start + 1, this.list.endOf(i))];
    return inner !== CLOSE_BRACE && inner !== CLOSE_BRACKET;
  }

  /** Writes the text to `out` from `at` on and returns where it ends. */
  write(buf: Uint8Array, first: number, end: number, out: Uint8Array, start: number): number {
    const { list } = this;
    let at = start;
    for (let i = first; i < end; i++) {
      if (!this.holdsAny(buf, i)) continue;
      out[at] = at === start ? OPEN_BRACE : COMMA;
      out[at + 1] = QUOTE;
      at = this.writePath(buf, i, out, at + 2);
      out[at++] = QUOTE;
      out[at++] = COLON;
      at = this.copy(buf, list.startOf(i), list.endOf(i), out, at);
    }
    out[at++] = CLOSE_BRACE;
    return at;
  }

  private writePath(buf: Uint8Array, i: number, out: Uint8Array, at: number): number {
    const key = this.list.keyOf(i);
    const prefix = this.prefixes[this.list.nodeOf(i)]!;
    if (!this.hasKey(i) || !this.isPlain(buf, i)) {
      const text = Buffer.from(JSON.stringify(this.nameOf(buf, i)).slice(1, -1));
      out.set(text, at);
      return at + text.length;
    }
    out.set(prefix, at);
    at += prefix.length;
    if (prefix.length > 0) out[at++] = 0x2e;
    return this.copy(buf, key, this.list.keyEndOf(i), out, at);
  }

  /** Whether the key can be written behind a dot as it is. */
  private isPlain(buf: Uint8Array, i: number): boolean {
    const from = this.list.keyOf(i);
    const to = this.list.keyEndOf(i);
    if (from === to || buf[from] === 0x5f) return false;
    for (let p = from; p < to; p++) if (buf[p] === BACKSLASH || PLAIN[buf[p]!] === 0) return false;
    return true;
  }

  private nameOf(buf: Uint8Array, i: number): string {
    const key = this.list.keyOf(i);
    const name = this.trie.names[this.list.nodeOf(i)]!;
    if (key === OWN_PATH) return name;
    return stepName(name, key < 0 ? -1 - key : (JSON.parse(`"${this.textOf(buf, key, this.list.keyEndOf(i))}"`) as string));
  }

  private textOf(buf: Uint8Array, from: number, to: number): string {
    const { points } = this;
    if (points === undefined) return Buffer.from(buf.subarray(from, to)).toString('utf8');
    return Array.from(buf.subarray(from, to), (byte) => String.fromCodePoint(points[byte]!)).join('');
  }

  private copy(buf: Uint8Array, from: number, to: number, out: Uint8Array, start: number): number {
    const { points } = this;
    let at = start;
    for (let p = from; p < to; p++) {
      if (points === undefined || buf[p]! < 0x80) out[at++] = buf[p]!;
      else at = writePoint(points[buf[p]!]!, out, at);
    }
    return at;
  }
}
