import { Buffer } from 'node:buffer';
import type { Encoding, TextOptions } from '@attune/core';

/** So many lines say enough about a layout. */
const MOST_LINES = 2000;

/**
 * The first lines of a sample that may hold records, one character per unit of a layout: a byte, or a code unit of UTF-16.
 * `truncated`: the last line may go on behind the sample. Blank lines, comments and trailers are left out.
 */
export function sampleLines(head: Uint8Array, bom: number, encoding: Encoding, truncated: boolean, text: TextOptions): string[] {
  const wide = encoding === 'utf-16le' || encoding === 'utf-16be';
  const characters = wide
    ? new TextDecoder(encoding, { ignoreBOM: true }).decode(head.subarray(bom))
    : Buffer.from(head.buffer, head.byteOffset + bom, head.length - bom).toString('latin1');
  const lines = characters.split(/\r\n|\n|\r/);
  if (truncated) lines.pop();
  const prefix = asUnits(text.comments?.prefix, wide);
  const records = lines.filter((line) => line !== '' && (prefix === undefined || !line.startsWith(prefix)));
  const { trailers } = text;
  if (trailers === undefined) return records.slice(0, MOST_LINES);
  if ('lines' in trailers)
    return (truncated ? records : records.slice(0, Math.max(1, records.length - trailers.lines))).slice(0, MOST_LINES);
  const last = asUnits(trailers.prefix, wide)!;
  return records.filter((line, i) => i === 0 || !line.startsWith(last)).slice(0, MOST_LINES);
}

const asUnits = (prefix: string | undefined, wide: boolean): string | undefined =>
  prefix === undefined || wide ? prefix : Buffer.from(prefix).toString('latin1');
