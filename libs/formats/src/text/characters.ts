import type { Batch } from './batch.js';

/** What an encoding makes of the bytes of a batch. Batches hold UTF-8. */
export interface Characters {
  /** True when `buf[start, end)` is valid and is UTF-8 already; meant to be fast, and asked first. */
  areClean(buf: Uint8Array, start: number, end: number): boolean;
  /** True when `buf[start, end)` is valid in the encoding; absent where that says no more than `areClean`. */
  readonly areValid?: (buf: Uint8Array, start: number, end: number) => boolean;
  /** The offset of the first byte of `buf[start, end)` that is no character of the encoding, or -1. */
  firstInvalid(buf: Uint8Array, start: number, end: number): number;
  /** Writes the values of the batch, whose records lie in `buf[start, end)` and are valid, in UTF-8; absent where they are. */
  readonly rewrite?: (batch: Batch, start: number, end: number) => void;
}
