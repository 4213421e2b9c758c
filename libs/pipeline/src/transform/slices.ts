import { TEXT_LIMITS, type RecordPlace, type TextPlan } from '@attune/formats';
import type { ReadBytes } from './ports.js';
import { RangeReader } from './range-reader.js';

/** A piece of a text that holds whole records: from where its first one begins up to the byte offset `to`. */
export interface Slice {
  readonly from: RecordPlace;
  readonly to: number;
}

/**
 * Bytes beyond the end of a slice that whoever reads it needs: what becomes of a record may depend on what follows it, as with a quote that
 * nobody closes, for as long as a record may be; and a range is read a little ahead.
 */
export const LOOK_AHEAD = TEXT_LIMITS.recordBytes + (1 << 20);

/** Bytes that are read at once; a slice ends where one of these does. */
const STEP = 4 << 20;
const START: RecordPlace = { byteOffset: 0, line: 1, records: 0 };

/**
 * Cuts a text into slices of at least `sliceBytes`, the last one excepted, by reading it once from its start: the reader of record alone knows
 * where a record ends. Gives a place after every step, and a slice when one is whole; the first holds the header. `read` gives bytes of the
 * text by offset, `size` is their number.
 */
export function* slicesOf(
  plan: TextPlan,
  width: number,
  read: ReadBytes,
  size: number,
  sliceBytes: number,
  stepBytes = Math.min(STEP, Math.ceil(sliceBytes / 8)),
): Generator<{ readonly at: number; readonly slice?: Slice }> {
  const ranges = new RangeReader(plan, width, read, size);
  let from = START;
  let at: RecordPlace | undefined;
  while ((at?.byteOffset ?? 0) < size) {
    const begin = at?.byteOffset ?? 0;
    at = ranges.range(Math.min(size, begin + stepBytes), at).end;
    const isWhole = at.byteOffset - from.byteOffset >= sliceBytes && at.records > from.records;
    if (!isWhole && at.byteOffset < size) {
      yield { at: at.byteOffset };
      continue;
    }
    yield { at: at.byteOffset, slice: { from, to: at.byteOffset } };
    from = at;
  }
}
