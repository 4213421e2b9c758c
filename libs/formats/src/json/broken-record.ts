import { BACKSLASH, CLOSE_BRACE, CLOSE_BRACKET, COMMA, CR, LF, OPEN_BRACE, OPEN_BRACKET, QUOTE, SPACE, TAB } from './bytes.js';

/** Brackets within each other that are kept in mind; a text with more is passed over by its lines. */
const MOST_OPEN = 4096;

/**
 * Passes over a record that is not sound, in as many pieces as it comes. It ends, whichever comes first,
 * - where the brackets that it opened are closed, those within strings not counted;
 * - before a `,` or the `]` of the array that it stands in, where no bracket is open (`inArray`);
 * - before a line, behind the fault, that begins with `{` where the innermost open bracket is a `{`, so that none may stand there, or where
 *   a string was cut off by a line end, so that brackets tell nothing any more; and only if no line of the record is indented less.
 */
export class BrokenRecord {
  /** The end of the record was seen. */
  ended = false;

  private readonly open: number[] = [];
  private first = true;
  private inString = false;
  private escape = false;
  private cut = false;
  private lineStart = false;
  private indent = 0;
  private leastIndent = Infinity;

  /** `soundBytes`: bytes before the fault. */
  constructor(
    private soundBytes: number,
    private readonly inArray: boolean,
  ) {}

  /** Returns the offset where the record ends, or `to`. */
  pass(buf: Uint8Array, from: number, to: number): number {
    for (let p = from; p < to; p++) {
      const c = buf[p]!;
      const end = this.inString ? this.withinString(c) : this.outside(c);
      if (end !== GOES_ON) {
        this.ended = true;
        return end === BEFORE ? p : p + 1;
      }
      this.first = false;
      this.soundBytes--;
    }
    return to;
  }

  private withinString(c: number): number {
    if (c === LF) {
      this.cut = true;
      this.inString = this.escape = false;
      return this.outside(c);
    }
    if (this.escape) this.escape = false;
    else if (c === BACKSLASH) this.escape = true;
    else if (c === QUOTE) this.inString = false;
    return GOES_ON;
  }

  private outside(c: number): number {
    if (c === LF) {
      this.lineStart = true;
      this.indent = 0;
      return GOES_ON;
    }
    if (c === SPACE || c === TAB || c === CR) {
      this.indent++;
      return GOES_ON;
    }
    if (this.lineStart) {
      if (c === COMMA && this.open.length > 0) return this.outdent();
      if (c === OPEN_BRACE && this.isNextRecord()) return BEFORE;
      if (c === CLOSE_BRACKET && this.isEndOfArray()) return BEFORE;
      this.lineStart = false;
      this.leastIndent = Math.min(this.leastIndent, this.indent);
    }
    if (this.cut) return GOES_ON;
    return c === QUOTE ? this.openString() : this.bracket(c);
  }

  /** Some write the comma at the start of the line of the next element. */
  private outdent(): number {
    this.indent++;
    return GOES_ON;
  }

  private isNextRecord(): boolean {
    return this.soundBytes <= 0 && this.indent <= this.leastIndent && (this.cut || this.open.at(-1) === OPEN_BRACE);
  }

  /** Brackets tell nothing any more, and nothing of the record stands as far out as this line. */
  private isEndOfArray(): boolean {
    return this.inArray && this.cut && this.soundBytes <= 0 && this.indent < this.leastIndent;
  }

  private openString(): number {
    this.inString = true;
    return GOES_ON;
  }

  private bracket(c: number): number {
    const { open } = this;
    if (c === OPEN_BRACE || c === OPEN_BRACKET) {
      if (open.length === 0 && !this.first && c === OPEN_BRACE) return BEFORE;
      this.cut = open.push(c) > MOST_OPEN;
    } else if (c === CLOSE_BRACE || c === CLOSE_BRACKET) {
      return this.close(c === CLOSE_BRACE ? OPEN_BRACE : OPEN_BRACKET);
    } else if (c === COMMA && open.length === 0 && this.inArray && !this.first) {
      return BEFORE;
    }
    return GOES_ON;
  }

  /** A bracket that is left open ends with the one around it; one that was never opened is the array's. */
  private close(opening: number): number {
    const { open } = this;
    const at = open.lastIndexOf(opening);
    if (at < 0) return opening === OPEN_BRACKET && this.inArray && !this.first ? BEFORE : GOES_ON;
    open.length = at;
    return at === 0 ? BEHIND : GOES_ON;
  }
}

const GOES_ON = 0;
const BEFORE = 1;
const BEHIND = 2;
