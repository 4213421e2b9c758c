/** Null among numbers, dates and truth values, which are held as 1 and 0. */
export const NOTHING = Number.NaN;

/**
 * The memory in which one compiled expression works, used again for every record: each part of the expression has a place. A text is
 * a range of bytes somewhere, empty for null; everything else is a number, NaN for null.
 */
export class Frame {
  readonly numbers: Float64Array;
  readonly buf: Uint8Array[];
  readonly start: Int32Array;
  readonly end: Int32Array;
  /** An operation of this record had a value that it could not work with. */
  failed = false;
  arena: Uint8Array = new Uint8Array(256);
  used = 0;

  constructor(places: number) {
    this.numbers = new Float64Array(places);
    this.buf = Array.from({ length: places }, () => this.arena);
    this.start = new Int32Array(places);
    this.end = new Int32Array(places);
  }

  begin(): void {
    this.failed = false;
    this.used = 0;
  }

  /** Makes room for so many bytes behind `used`. What lies in the arena stays where it is, for the places that point to it. */
  reserve(bytes: number): void {
    if (this.used + bytes <= this.arena.length) return;
    this.arena = new Uint8Array(Math.max(2 * this.arena.length, bytes));
    this.used = 0;
  }

  append(buf: Uint8Array, start: number, end: number): void {
    const { arena } = this;
    let to = this.used;
    for (let i = start; i < end; i++) arena[to++] = buf[i]!;
    this.used = to;
  }

  /** Copies the text of a place behind what was made before. */
  appendText(place: number): void {
    this.append(this.buf[place]!, this.start[place]!, this.end[place]!);
  }

  point(place: number, buf: Uint8Array, start: number, end: number): void {
    this.buf[place] = buf;
    this.start[place] = start;
    this.end[place] = end;
  }

  /** The text that was made in the arena from `start` on. */
  made(place: number, start: number): void {
    this.point(place, this.arena, start, this.used);
  }

  noText(place: number): void {
    this.end[place] = this.start[place]!;
  }

  hasText(place: number): boolean {
    return this.end[place]! > this.start[place]!;
  }

  /** Null, because it could not be worked out. */
  fail(place: number): void {
    this.failed = true;
    this.numbers[place] = NOTHING;
    this.noText(place);
  }
}
