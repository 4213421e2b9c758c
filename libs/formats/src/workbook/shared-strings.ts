import { AppError } from '@attune/core';
import { writeQuoted } from './delimited-cell.js';
import { TextBytes } from './text-bytes.js';
import { TOKEN, xmlName, type XmlTokens } from './xml-tokens.js';

/** Where strings lie that do not fit into memory. */
export interface SpillFile {
  write(bytes: Uint8Array): void;
  read(offset: number, into: Uint8Array): number;
}

const SI = xmlName('si');
const T = xmlName('t');
const RPH = xmlName('rPh');

/** Bytes of strings that are held in memory where there is a file for the rest. */
export const STRINGS_IN_MEMORY = 64 << 20;
const MOST_STRINGS = 1 << 25;
const MOST_BYTES = 2 ** 32 - 1;
const PAGE = 1 << 16;
const PAGES = 64;
const LENGTH_BYTES = 4;

/**
 * The shared strings of a workbook (ECMA-376 part 1, 18.4), each as it stands in a delimited text: one arena of bytes and the places of the
 * strings in it, so that a million of them cost no object. Runs of rich text are joined, and phonetic hints left out.
 */
export class SharedStrings {
  count = 0;
  /** Where `find` has found a string. */
  bytes: Uint8Array = new Uint8Array(1 << 16);
  start = 0;
  end = 0;
  readonly #spill: SpillFile | undefined;
  readonly #inMemory: number;
  #memory = this.bytes;
  #held = 0;
  #places = new Uint32Array(1 << 12);
  /** Arena offset of the first string that lies in the file. */
  #spilledFrom = Infinity;
  #size = 0;
  readonly #pages = new Map<number, Uint8Array>();

  /** Without a file all strings are held in memory. */
  constructor(spill?: SpillFile, inMemory = STRINGS_IN_MEMORY) {
    this.#spill = spill;
    this.#inMemory = inMemory;
  }

  /** Appends one. Throws AppError `unprocessable_file` where there are more than any sheet can show. */
  add(text: TextBytes): void {
    const quoted = LENGTH_BYTES + 2 * text.length + 2;
    if (this.count === MOST_STRINGS || this.#size + quoted > MOST_BYTES) {
      throw new AppError('unprocessable_file', 'The workbook has more shared strings than can be read.');
    }
    if (this.count === this.#places.length) this.#places = grown(this.#places, new Uint32Array(2 * this.count));
    this.#places[this.count++] = this.#size;
    const spills = this.#spill !== undefined && (this.#spilledFrom < Infinity || this.#held + quoted > this.#inMemory);
    if (spills) this.#addToFile(text, quoted);
    else this.#addToMemory(text, quoted);
  }

  /** Looks up the string of a 0-based index, for `bytes`, `start` and `end` to point to until the next call. False where there is none. */
  find(index: number): boolean {
    if (!(index >= 0 && index < this.count)) return false;
    const place = this.#places[index]!;
    if (place < this.#spilledFrom) {
      const memory = this.#memory;
      this.bytes = memory;
      this.start = place + LENGTH_BYTES;
      this.end = this.start + (memory[place]! | (memory[place + 1]! << 8) | (memory[place + 2]! << 16) | (memory[place + 3]! << 24));
      return true;
    }
    const length = new Uint8Array(LENGTH_BYTES);
    this.#readFile(place - this.#spilledFrom, length);
    const size = length[0]! | (length[1]! << 8) | (length[2]! << 16) | (length[3]! << 24);
    this.bytes = new Uint8Array(size);
    this.start = 0;
    this.end = size;
    this.#readFile(place - this.#spilledFrom + LENGTH_BYTES, this.bytes);
    return true;
  }

  #addToMemory(text: TextBytes, quoted: number): void {
    if (this.#held + quoted > this.#memory.length) {
      this.#memory = grown(this.#memory, new Uint8Array(2 * this.#memory.length + quoted));
    }
    const end = encode(text, this.#memory, this.#held);
    this.#size += end - this.#held;
    this.#held = end;
  }

  #addToFile(text: TextBytes, quoted: number): void {
    if (this.#spilledFrom === Infinity) this.#spilledFrom = this.#size;
    const bytes = new Uint8Array(quoted);
    const end = encode(text, bytes, 0);
    this.#spill!.write(bytes.subarray(0, end));
    this.#size += end;
  }

  /** Strings that follow each other in the sheet mostly follow each other here. */
  #readFile(offset: number, into: Uint8Array): void {
    for (let done = 0; done < into.length;) {
      const number = Math.floor((offset + done) / PAGE);
      const from = offset + done - number * PAGE;
      const part = this.#page(number).subarray(from, from + into.length - done);
      if (part.length === 0) throw new AppError('engine.failed', 'the shared strings became shorter while they were read');
      into.set(part, done);
      done += part.length;
    }
  }

  #page(number: number): Uint8Array {
    const known = this.#pages.get(number);
    if (known !== undefined) return known;
    const page = new Uint8Array(PAGE);
    const read = page.subarray(0, this.#spill!.read(number * PAGE, page));
    if (this.#pages.size === PAGES) this.#pages.delete(this.#pages.keys().next().value!);
    this.#pages.set(number, read);
    return read;
  }
}

function encode(text: TextBytes, into: Uint8Array, at: number): number {
  const end = writeQuoted(text.bytes, 0, text.length, into, at + LENGTH_BYTES);
  const length = end - at - LENGTH_BYTES;
  for (let i = 0; i < LENGTH_BYTES; i++) into[at + i] = (length >>> (8 * i)) & 0xff;
  return end;
}

function grown<Bytes extends Uint8Array | Uint32Array>(from: Bytes, to: Bytes): Bytes {
  to.set(from);
  return to;
}

/** Reads the part of a workbook that holds its shared strings. */
export class SharedStringsPart {
  readonly #strings: SharedStrings;
  readonly #text = new TextBytes();
  #inText = false;
  #phonetic = 0;

  constructor(strings: SharedStrings) {
    this.#strings = strings;
  }

  read(tokens: XmlTokens): void {
    for (;;) {
      switch (tokens.next()) {
        case TOKEN.MORE:
          return;
        case TOKEN.START:
          if (tokens.name === SI && tokens.depth === 2) this.#text.clear();
          else if (tokens.name === RPH) this.#phonetic++;
          else if (tokens.name === T) this.#inText = this.#phonetic === 0;
          break;
        case TOKEN.END:
          if (tokens.name === SI && tokens.depth === 1) this.#strings.add(this.#text);
          else if (tokens.name === RPH) this.#phonetic--;
          else if (tokens.name === T) this.#inText = false;
          break;
        case TOKEN.TEXT:
          if (this.#inText) tokens.textInto(this.#text, true);
      }
    }
  }
}
