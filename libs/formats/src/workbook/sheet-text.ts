import { writeQuoted } from './delimited-cell.js';

const COMMA = 0x2c;
const LF = 0x0a;
const FIRST_BYTES = 1 << 18;
/** What is held before it is handed on. */
const PIECE = 1 << 17;

/**
 * A sheet as delimited text: line n is row n, as long as no cell holds a line end. Empty rows are empty lines, those behind the last one are
 * left out. Every row is as wide as the first one that holds anything, or wider where it holds more.
 */
export class SheetText {
  /** Rows that hold anything. */
  rows = 0;
  #out = new Uint8Array(FIRST_BYTES);
  #length = 0;
  #width = 0;
  /** 1-based row that the text has come to. */
  #line = 1;
  /** Fields of that row that are begun. */
  #fields = 0;

  /** The next field that holds anything: 1-based row and 0-based column, after the last one in reading order. */
  put(row: number, column: number, bytes: Uint8Array, start: number, end: number): void {
    if (row !== this.#line) this.#endRow(row);
    if (this.#fields === 0) {
      this.rows++;
      this.#fields = 1;
    }
    this.#reserve(2 * (end - start) + 2 + column);
    for (; this.#fields <= column; this.#fields++) this.#out[this.#length++] = COMMA;
    this.#length = writeQuoted(bytes, start, end, this.#out, this.#length);
  }

  /** As `put`, of a field that is quoted already where it must be. */
  putQuoted(row: number, column: number, bytes: Uint8Array, start: number, end: number): void {
    this.put(row, column, bytes, start, start);
    this.#reserve(end - start);
    const out = this.#out;
    const to = this.#length - start;
    for (let i = start; i < end; i++) out[to + i] = bytes[i]!;
    this.#length = to + end;
  }

  /** Everything has been put. */
  finish(): void {
    if (this.#fields > 0) this.#endRow(this.#line + 1);
  }

  get isFull(): boolean {
    return this.#length >= PIECE;
  }

  /** What was written since the last call; the bytes are the caller's. */
  take(): Uint8Array {
    const taken = this.#out.slice(0, this.#length);
    this.#length = 0;
    return taken;
  }

  #endRow(next: number): void {
    if (this.#fields > 0 && this.#width === 0) this.#width = this.#fields;
    this.#reserve(this.#width + next - this.#line);
    if (this.#fields > 0) for (; this.#fields < this.#width; this.#fields++) this.#out[this.#length++] = COMMA;
    for (; this.#line < next; this.#line++) this.#out[this.#length++] = LF;
    this.#fields = 0;
  }

  #reserve(bytes: number): void {
    if (this.#length + bytes <= this.#out.length) return;
    const larger = new Uint8Array(2 * (this.#length + bytes));
    larger.set(this.#out.subarray(0, this.#length));
    this.#out = larger;
  }
}
