import type { Encoding } from '@attune/core';
import type { Batch } from '../text/batch.js';
import type { Characters } from '../text/characters.js';
import { codePoints, isSingleByte, SingleByteCharacters } from '../text/single-byte.js';
import { firstInvalidUtf8, utf8Characters } from '../text/utf8.js';
import { unescape } from './escapes.js';
import { OtherMembers } from './other-members.js';
import type { JsonScanner } from './scanner.js';
import type { KeyTrie } from './key-trie.js';

/**
 * Makes the values of a batch texts in UTF-8: undoes escapes, in place where the text is UTF-8 already, and writes what is longer than
 * it was (values in other encodings, the members that no column has) behind a copy of the batch's bytes.
 */
export class JsonValues {
  private readonly characters: Characters;
  private readonly points: Uint16Array | undefined;
  private readonly others: OtherMembers;
  private copy = new Uint8Array(0);

  constructor(
    private readonly batch: Batch,
    private readonly scanner: JsonScanner,
    private readonly trie: KeyTrie,
    encoding: Encoding,
    private readonly fieldBytes: number,
  ) {
    this.characters = isSingleByte(encoding) ? new SingleByteCharacters(encoding) : utf8Characters;
    this.points = isSingleByte(encoding) ? codePoints(encoding) : undefined;
    this.others = new OtherMembers(trie, scanner.others, this.points);
  }

  /** Whether the bytes of all records are characters of the encoding; `firstInvalid` tells those of one. */
  areSound(buf: Uint8Array, from: number, to: number): boolean {
    return this.characters.areClean(buf, from, to) || this.characters.areValid?.(buf, from, to) === true;
  }

  firstInvalid(buf: Uint8Array, from: number, to: number): number {
    return this.points === undefined ? firstInvalidUtf8(buf, from, to) : this.characters.firstInvalid(buf, from, to);
  }

  /** The finding for members that no column has, from `first` up to `end`; undefined where they are fine. */
  faultOfOthers(buf: Uint8Array, first: number, end: number): 'json.duplicate_key' | 'record.too_long' | undefined {
    if (this.others.hasDuplicate(buf, first, end)) return 'json.duplicate_key';
    return this.others.room(buf, first, end) > this.fieldBytes ? 'record.too_long' : undefined;
  }

  /** `buf[from, to)` has the records of the batch; `kept(r)`: one that is not is left as it is. */
  finish(buf: Uint8Array, from: number, to: number, kept: (record: number) => boolean): void {
    const { batch, scanner } = this;
    const anew = this.points !== undefined && !this.characters.areClean(buf, from, to);
    const room = this.roomNeeded(buf, anew);
    const out = room === 0 ? buf : this.copied(buf, from, to, room);
    let tail = to;
    if (anew) tail = this.rewrite(buf, out, tail);
    else for (let i = 0; i < scanner.escapedCount; i++) this.undo(buf, out, scanner.escaped[i]!, kept);
    this.writeOthers(buf, out, tail, kept);
    batch.buf = out;
  }

  private undo(buf: Uint8Array, out: Uint8Array, cell: number, kept: (record: number) => boolean): void {
    const { starts, ends, width } = this.batch;
    if (kept(Math.floor(cell / width))) ends[cell] = unescape(buf, starts[cell]!, ends[cell]!, out, starts[cell]!);
  }

  private roomNeeded(buf: Uint8Array, anew: boolean): number {
    const { list } = this;
    let room = 0;
    for (let i = 0; i < list.count; i = this.endOfRecord(i)) room += this.others.room(buf, i, this.endOfRecord(i));
    if (!anew) return room;
    const { starts, ends, n, width } = this.batch;
    for (let cell = 0; cell < n * width; cell++) if (starts[cell]! >= 0) room += 3 * (ends[cell]! - starts[cell]!);
    return room;
  }

  private get list() {
    return this.scanner.others;
  }

  /** The first member behind the record of member `i`. */
  endOfRecord(i: number): number {
    let end = i + 1;
    while (end < this.list.count && this.list.baseOf(end) === this.list.baseOf(i)) end++;
    return end;
  }

  private copied(buf: Uint8Array, from: number, to: number, room: number): Uint8Array {
    if (this.copy.length < to + room) this.copy = new Uint8Array(to + room + ((to + room) >> 2));
    this.copy.set(buf.subarray(from, to), from);
    return this.copy;
  }

  /** Values of an encoding with one byte per character: with escapes or without. */
  private rewrite(buf: Uint8Array, out: Uint8Array, start: number): number {
    const { starts, ends, n, width } = this.batch;
    let tail = start;
    for (let cell = 0; cell < n * width; cell++) {
      if (starts[cell]! < 0) continue;
      const end = unescape(buf, starts[cell]!, ends[cell]!, out, tail, this.points);
      starts[cell] = tail;
      ends[cell] = end;
      tail = end;
    }
    return tail;
  }

  private writeOthers(buf: Uint8Array, out: Uint8Array, start: number, kept: (record: number) => boolean): void {
    const { list, batch } = this;
    const { otherColumn } = this.trie;
    if (otherColumn < 0) return;
    let tail = start;
    for (let i = 0; i < list.count; i = this.endOfRecord(i)) {
      const end = this.endOfRecord(i);
      if (!kept(list.baseOf(i) / batch.width) || this.others.room(buf, i, end) === 0) continue;
      const cell = list.baseOf(i) + otherColumn;
      batch.starts[cell] = tail;
      tail = this.others.write(buf, i, end, out, tail);
      batch.ends[cell] = tail;
    }
  }
}
