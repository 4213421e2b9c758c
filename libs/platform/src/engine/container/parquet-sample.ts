import type { InputFile } from '../scratch-file.js';
import { unparquet, type ParquetFacts, type ParquetPlace } from './parquet.js';
import type { Sample } from './sampled-bytes.js';

/** Rows that a sample looks at; so many are profiled. */
const ROWS = 2_048;

/** The first rows of a Parquet file as text of at most `bytes` bytes. Throws what `unparquet` does. */
export async function parquetSample(file: InputFile, place: Omit<ParquetPlace, 'rows'>, bytes: number): Promise<Sample> {
  const head = new Uint8Array(bytes);
  let held = 0;
  let cut = false;
  let facts: ParquetFacts = { rows: 0, evidence: [] };
  for await (const piece of unparquet(file, { ...place, rows: ROWS }, (found) => (facts = found))) {
    const room = Math.min(piece.bytes.length, bytes - held);
    head.set(piece.bytes.subarray(0, room), held);
    held += room;
    cut = room < piece.bytes.length;
    if (cut) break;
  }
  const whole = !cut && facts.rows <= ROWS;
  return {
    container: 'parquet',
    evidence: [`The file is a Parquet file of ${facts.rows} rows, told by its first bytes.`, ...facts.evidence],
    head: head.subarray(0, held),
    windows: [],
    size: whole ? held : held + 1,
    fileSize: file.size,
  };
}
