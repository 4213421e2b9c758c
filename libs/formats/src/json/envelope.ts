import { Buffer } from 'node:buffer';
import { BACKSLASH, CLOSE_BRACE, CLOSE_BRACKET, COMMA, isSpace, OPEN_BRACE, OPEN_BRACKET, QUOTE } from './bytes.js';

/** A key of more bytes is not the one that is looked for. */
const LONGEST_KEY = 4096;
const MOST_OPEN = 4096;

/**
 * Finds the array whose elements are the records in the text around it, in as many pieces as it comes. The text itself is looked at no
 * closer than that needs: it holds no records.
 */
export class Envelope {
  /** Stands behind the `[` of the array. */
  atArray = false;
  /** The text is no such value, or goes on behind its end. */
  astray = false;

  /** Objects and arrays around this place. */
  private readonly open: number[] = [];
  /** Objects around this place that the path leads through; only where all of `open` are. */
  private matched = 0;
  private inString = false;
  private escape = false;
  /** The string at hand may be the key that is looked for. */
  private keyAhead = false;
  private key: number[] = [];
  private lastKey: string | undefined;
  private begun = false;

  constructor(private readonly path: readonly string[]) {}

  /** The end of the value was seen. */
  get closed(): boolean {
    return this.begun && this.open.length === 0;
  }

  /** In the array, as behind `atArray`. */
  enterArray(): void {
    this.begun = true;
    this.open.push(...this.path.map(() => OPEN_BRACE), OPEN_BRACKET);
    this.matched = this.path.length;
  }

  /** Returns the offset behind the array's `[`, before what does not belong here, or `to`. */
  pass(buf: Uint8Array, from: number, to: number): number {
    this.atArray = false;
    for (let p = from; p < to; p++) {
      const c = buf[p]!;
      if (this.inString) this.withinString(c);
      else if (!isSpace(c)) {
        if (!this.fits(c)) {
          this.astray = true;
          return p;
        }
        this.outside(c);
        if (this.atArray) return p + 1;
      }
    }
    return to;
  }

  private fits(c: number): boolean {
    if (this.begun) return this.open.length > 0 && this.open.length < MOST_OPEN;
    return c === (this.path.length === 0 ? OPEN_BRACKET : OPEN_BRACE);
  }

  /** The innermost object is one that the path leads to. */
  private get onPath(): boolean {
    return this.open.length === this.matched && this.matched > 0;
  }

  private withinString(c: number): void {
    if (this.keyAhead && this.key.length < LONGEST_KEY) this.key.push(c);
    if (this.escape) this.escape = false;
    else if (c === BACKSLASH) this.escape = true;
    else if (c === QUOTE) {
      this.inString = false;
      if (this.keyAhead) this.lastKey = keyOf(this.key);
      this.keyAhead = false;
    }
  }

  private outside(c: number): void {
    if (c === QUOTE) {
      this.inString = true;
      this.keyAhead = this.onPath && this.lastKey === undefined;
      this.key.length = 0;
    } else if (c === OPEN_BRACE || c === OPEN_BRACKET) {
      this.begin(c);
    } else if (c === CLOSE_BRACE || c === CLOSE_BRACKET) {
      if (this.onPath) this.matched--;
      this.open.pop();
      this.lastKey = '';
    } else if (c === COMMA && this.onPath) {
      this.lastKey = undefined;
    }
  }

  private begin(c: number): void {
    const leads = !this.begun || (this.onPath && this.lastKey === this.path[this.matched - 1]);
    this.begun = true;
    this.open.push(c);
    if (leads && c === OPEN_BRACKET && this.matched === this.path.length) this.atArray = true;
    else if (leads && c === OPEN_BRACE && this.matched < this.path.length) {
      this.matched++;
      this.lastKey = undefined;
    }
  }
}

/** The text of a key, with its closing quote; undefined texts are no keys. */
function keyOf(bytes: readonly number[]): string {
  try {
    return JSON.parse(`"${Buffer.from(bytes).toString('utf8')}`) as string;
  } catch {
    return '';
  }
}
