import { AppError } from '@attune/core';

/** Inflated bytes that are read where the operator has not said otherwise. */
export const DEFAULT_INFLATED_LIMIT = 2 * 1024 ** 3;

/** Inflated bytes per compressed byte. Tables of text reach 5 to 30; what is meant to do harm, 1,000 and more. */
const MOST_RATIO = 100;

/** A few kilobytes of one repeated letter are no danger to anybody. */
const RATIO_COUNTS_FROM = 1 << 20;

/**
 * Counts what comes out of a container against what went in, and stops it before it does harm. It believes no declared size:
 * those are what an attacker writes.
 */
export class InflateMeter {
  /** Bytes that came out, of all members together. */
  inflated = 0;

  readonly #limit: number;
  readonly #size: number;
  readonly #ratio: number;

  /**
   * `limit`: inflated bytes at most. `size`: bytes of the container, beyond which none can have been read however often members overlap.
   * `ratio`: inflated bytes per compressed byte at most.
   */
  constructor(limit: number, size: number, ratio = MOST_RATIO) {
    this.#limit = limit;
    this.#size = size;
    this.#ratio = ratio;
  }

  /**
   * `bytes` more came out; `read` compressed bytes of all members together went in so far.
   * Throws AppError `zip_bomb` at more than 100 for 1 once 1 MiB is out, or beyond the limit.
   */
  take(bytes: number, read: number): void {
    this.inflated += bytes;
    if (this.inflated > this.#limit) {
      throw new AppError('zip_bomb', `The container inflates to more than the limit of ${this.#limit} bytes.`);
    }
    if (this.inflated > RATIO_COUNTS_FROM && this.inflated > this.#ratio * Math.min(read, this.#size)) {
      throw new AppError('zip_bomb', `The container inflates to more than ${this.#ratio} times its size.`);
    }
  }
}
