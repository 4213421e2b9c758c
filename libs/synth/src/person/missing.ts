import type { Draw } from '../draw.js';
import { type Row, utf8 } from '../row.js';

/** Texts as bytes, for tables that are made once. */
export const texts = (...list: readonly string[]): readonly Uint8Array[] => list.map(utf8);

const NULLS = texts('', '', '', 'NULL', 'null', 'N/A', 'n/a', '-', 'None', '?', ' ', '#N/A');

/** One of the ways in which people write that there is no value. */
export function missing(draw: Draw, row: Row): void {
  row.put(draw.of(NULLS));
}
