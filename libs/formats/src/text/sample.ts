import type { BeginsWith } from './begins-with.js';
import { CR, LF, nextLine } from './field-scanner.js';

/** A sample of a text in bytes that extend ASCII, without its byte order mark. */
export interface Sample {
  readonly text: Uint8Array;
  /** The text goes on behind the sample. */
  readonly truncated: boolean;
  /** Lines that are no records: comments, and behind the first record also trailers. */
  readonly comments: BeginsWith | undefined;
  readonly trailers: BeginsWith | undefined;
}

/** The offset behind the blank or comment line at `p`, or `p` when a record begins there. */
export function skipLine({ text, comments, trailers }: Sample, p: number, afterFirst: boolean): number {
  const blank = text[p] === LF || text[p] === CR;
  const passed =
    blank || comments?.at(text, p, text.length, true) === true || (afterFirst && trailers?.at(text, p, text.length, true) === true);
  return passed ? nextLine(text, p, text.length) : p;
}

/** Where the first record begins, or the end of the sample. */
export function firstRecordAt(sample: Sample): number {
  let p = 0;
  while (p < sample.text.length) {
    const next = skipLine(sample, p, false);
    if (next === p) break;
    p = next;
  }
  return p;
}
