import { Buffer } from 'node:buffer';
import type { JsonRecords } from '@attune/core';
import { BACKSLASH, CLOSE_BRACE, CLOSE_BRACKET, LF, OPEN_BRACE, OPEN_BRACKET, passSpace, QUOTE } from './bytes.js';

/** So many lines tell whether every line is a record. */
const LINES = 100;

/** An array that holds less of the only object than this is one of its members, not the place of the records. */
const MOST_OF_TEXT = 0.5;
/** An array that holds the records lies no deeper. */
const DEEPEST = 3;

/** Finds out where the records of a text are that begins like JSON; undefined when there is none to be seen. */
export function findRecords(text: Uint8Array, truncated: boolean): JsonRecords | undefined {
  const start = passSpace(text, 0, text.length);
  const { whole, sound } = soundLines(text, truncated);
  if (whole > 1 && sound * 2 > whole) return { records: 'lines', path: [] };
  if (text[start] === OPEN_BRACKET) return { records: 'array', path: [] };
  const survey = new Survey(text, start);
  const next = survey.end === undefined ? text.length : passSpace(text, survey.end, text.length);
  if (text[next] === OPEN_BRACE) return { records: 'object', path: [] };
  return survey.holder(truncated) ?? (survey.end === undefined ? undefined : { records: 'object', path: [] });
}

function soundLines(text: Uint8Array, truncated: boolean): { whole: number; sound: number } {
  let whole = 0;
  let sound = 0;
  for (let p = 0; p < text.length && whole < LINES;) {
    const lineEnd = text.indexOf(LF, p);
    if (lineEnd < 0 && truncated) break;
    const end = lineEnd < 0 ? text.length : lineEnd;
    if (passSpace(text, p, end) < end) {
      whole++;
      if (isObject(text.subarray(p, end))) sound++;
    }
    p = end + 1;
  }
  return { whole, sound };
}

function isObject(line: Uint8Array): boolean {
  try {
    const value = JSON.parse(Buffer.from(line).toString('latin1')) as unknown;
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

interface ArrayFound {
  readonly path: readonly string[];
  readonly start: number;
  end: number;
  /** Objects in it. */
  objects: number;
}

/** The arrays of objects in an object, found by its brackets; what else is in it does not matter here. */
class Survey {
  /** Offset after the object; undefined where it goes on behind the text. */
  end: number | undefined;
  private readonly arrays: ArrayFound[] = [];
  private members = 0;
  private readonly resourceType: string | undefined;

  constructor(
    private readonly text: Uint8Array,
    private readonly start: number,
  ) {
    this.look();
    const head = Buffer.from(text.subarray(start, start + 4096)).toString('latin1');
    this.resourceType = /"resourceType"\s*:\s*"(\w+)"/.exec(head)?.[1];
  }

  /**
   * The array that is the better part of the object. One resource of FHIR (R4, 2.6.2) is a record, whatever it holds; a Bundle holds
   * records in `entry`.
   */
  holder(truncated: boolean): JsonRecords | undefined {
    if (this.resourceType === 'Bundle') {
      return this.arrays.some(({ path }) => path.join() === 'entry') ? { records: 'member', path: ['entry'] } : undefined;
    }
    const largest = [...this.arrays].sort((a, b) => b.end - b.start - (a.end - a.start))[0];
    if (largest === undefined || largest.objects === 0) return undefined;
    const whole = this.end !== undefined || !truncated;
    if (whole && this.resourceType !== undefined) return undefined;
    const most = largest.end - largest.start > ((this.end ?? this.text.length) - this.start) * MOST_OF_TEXT;
    const alone = largest.objects > 1 || (this.arrays.length === 1 && this.members === 1);
    return whole && !(most && alone) ? undefined : { records: 'member', path: [...largest.path] };
  }

  private look(): void {
    const { text } = this;
    const open: { opening: number; key: string; array: ArrayFound | undefined }[] = [];
    let key = '';
    for (let p = this.start; p < text.length; p++) {
      const c = text[p]!;
      if (c === QUOTE) {
        const close = stringEnd(text, p + 1);
        const colon = passSpace(text, close + 1, text.length);
        if (text[colon] === 0x3a) key = keyText(text, p, close + 1);
        p = close;
      } else if (c === OPEN_BRACE || c === OPEN_BRACKET) {
        const holder = open.at(-1)?.array;
        if (holder !== undefined && c === OPEN_BRACE) holder.objects++;
        if (open.length === 1) this.members++;
        open.push({ opening: c, key, array: c === OPEN_BRACKET ? this.arrayAt(open, key, p) : undefined });
      } else if (c === CLOSE_BRACE || c === CLOSE_BRACKET) {
        const closed = open.pop();
        if (closed?.array !== undefined) closed.array.end = p;
        if (open.length === 0) {
          this.end = p + 1;
          return;
        }
      }
    }
    for (const { array } of open) if (array !== undefined) array.end = text.length;
  }

  private arrayAt(open: readonly { opening: number; key: string }[], key: string, start: number): ArrayFound | undefined {
    if (open.length > DEEPEST || open.some(({ opening }) => opening === OPEN_BRACKET)) return undefined;
    if (this.text[passSpace(this.text, start + 1, this.text.length)] !== OPEN_BRACE) return undefined;
    const array: ArrayFound = { path: [...open.slice(1).map((one) => one.key), key], start, end: start, objects: 0 };
    this.arrays.push(array);
    return array;
  }
}

function stringEnd(text: Uint8Array, from: number): number {
  let p = from;
  while (p < text.length && text[p] !== QUOTE) p += text[p] === BACKSLASH ? 2 : 1;
  return p;
}

function keyText(text: Uint8Array, from: number, to: number): string {
  try {
    return JSON.parse(Buffer.from(text.subarray(from, to)).toString('utf8')) as string;
  } catch {
    return '';
  }
}
