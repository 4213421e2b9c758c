import { INDEX_EVERY, type LineIndex } from '../transform/json-lines.js';

const LF = 0x0a;

/** The index of an NDJSON file that somebody else has written. Only LF ends a line. */
export async function lineIndexOf(bytes: AsyncIterable<Uint8Array>): Promise<LineIndex> {
  const offsets: number[] = [];
  let records = 0;
  let before = 0;
  let ended = true; // the next byte begins a line
  for await (const chunk of bytes) {
    let at = 0;
    while (at < chunk.length) {
      if (ended) {
        if (records % INDEX_EVERY === 0) offsets.push(before + at);
        records++;
        ended = false;
      }
      const end = chunk.indexOf(LF, at);
      if (end < 0) break;
      ended = true;
      at = end + 1;
    }
    before += chunk.length;
  }
  return { every: INDEX_EVERY, offsets, records };
}
