import { recordOf } from './duplicate-line.js';
import type { LineBuffer } from './json-lines.js';
import type { ReadBytes } from './ports.js';

const LF = 0x0a;
const BLOCK = 1 << 18;
/** A line of the list of duplicates holds six numbers and their names. */
const LONGEST_LINE = 256;

/** The list of duplicates that a pass has written, read once from its start. */
export class ListedLines {
  readonly #read: ReadBytes;
  readonly #block = new Uint8Array(BLOCK);
  /** Where in the block the next line begins, and where the block ends. */
  #at = 0;
  #held = 0;
  /** Bytes that were read. */
  #offset = 0;
  #isEnd = false;

  constructor(read: ReadBytes) {
    this.#read = read;
  }

  /** Copies the next line, if there is one and it is of a record before `record`. */
  copyBefore(record: number, lines: LineBuffer): boolean {
    if (this.#held - this.#at < LONGEST_LINE && !this.#isEnd) this.#fill();
    const at = this.#at;
    if (at === this.#held || recordOf(this.#block, at) >= record) return false;
    const end = this.#block.indexOf(LF, at);
    lines.bytes(this.#block.subarray(at, end));
    lines.endLine();
    this.#at = end + 1;
    return true;
  }

  #fill(): void {
    this.#block.copyWithin(0, this.#at, this.#held);
    this.#held -= this.#at;
    this.#at = 0;
    const read = this.#read(this.#offset, this.#block.subarray(this.#held));
    this.#offset += read;
    this.#held += read;
    this.#isEnd = this.#held < BLOCK;
  }
}
