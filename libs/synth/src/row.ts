const encoder = new TextEncoder();

/** UTF-8 of a text; for tables that are made once. */
export const utf8 = (text: string): Uint8Array => encoder.encode(text);

/** No record of a generator is longer, in any format. */
export const LONGEST_ROW = 8192;

/** How a value has to be written. `stray`: text follows its closing quote; `open`: its quote is never closed. */
export const MARK = { plain: 0, quoted: 1, stray: 2, open: 3 } as const;
type Mark = (typeof MARK)[keyof typeof MARK];

/** The values of one record as bare UTF-8, by column and in any order; filled anew for every record, so that nothing is allocated. */
export class Row {
  readonly bytes = new Uint8Array(LONGEST_ROW);
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  readonly marks: Uint8Array;
  private end = 0;
  private column = 0;

  constructor(columns: number) {
    this.starts = new Int32Array(columns);
    this.ends = new Int32Array(columns);
    this.marks = new Uint8Array(columns);
  }

  clear(): void {
    this.end = 0;
    this.column = 0;
    this.starts.fill(0);
    this.ends.fill(0);
    this.marks.fill(MARK.plain);
  }

  /** What is put from now on is the value of this column; what it had is forgotten. */
  open(column: number): this {
    this.column = column;
    this.starts[column] = this.end;
    this.ends[column] = this.end;
    this.marks[column] = MARK.plain;
    return this;
  }

  mark(mark: Mark): this {
    this.marks[this.column] = mark;
    return this;
  }

  put(bytes: Uint8Array): this {
    const to = this.bytes;
    let end = this.end;
    for (let at = 0; at < bytes.length; at++) to[end++] = bytes[at]!;
    return this.upTo(end);
  }

  byte(byte: number): this {
    this.bytes[this.end] = byte;
    return this.upTo(this.end + 1);
  }

  /** A whole number that is not negative, with at least so many digits. */
  digits(number: number, least = 1): this {
    if (number > 0x7fff_ffff) return this.digits(Math.floor(number / 1e9)).digits(number % 1e9, 9);
    let width = 1;
    for (let power = 10; number >= power && width < 10; power *= 10) width++;
    if (width < least) width = least;
    const end = this.end + width;
    let rest = number | 0;
    for (let at = end - 1; at >= this.end; at--) {
      const tens = (rest / 10) | 0;
      this.bytes[at] = 48 + rest - tens * 10;
      rest = tens;
    }
    return this.upTo(end);
  }

  /** The same value with a blank before and behind it. */
  pad(column: number): void {
    const start = this.starts[column]!;
    const end = this.ends[column]!;
    this.open(column).byte(0x20);
    for (let at = start; at < end; at++) this.byte(this.bytes[at]!);
    this.byte(0x20);
  }

  private upTo(end: number): this {
    this.end = end;
    this.ends[this.column] = end;
    return this;
  }
}
