import type { Plan } from '@attune/core';
import type { ByteAccount, RejectedRecord } from './account.js';
import type { Batch } from './batch.js';

/** What of a plan says how a text is read. */
export type TextPlan = Pick<Plan, 'dialect' | 'encoding' | 'layout' | 'comments' | 'trailers'>;

/** The reader of record of one text, whatever cuts its fields. */
export interface RecordReader {
  /** The records of the last read; valid until the next one. */
  readonly batch: Batch;
  /** The records that the last read has set aside, in order. */
  readonly rejected: readonly RejectedRecord[];
  /** Where every byte consumed so far went. */
  readonly account: ByteAccount;
  /**
   * Reads records of `buf[from, to)` into `batch` and `rejected` (both emptied first) until the batch is full or no
   * complete record is left. `last`: the stream ends at `to`; a stream ends with such a call, be it without bytes.
   * Returns the bytes consumed; the caller presents the rest again, followed by more bytes. It grows its buffer when
   * nothing was consumed and nothing fits: never beyond the limit of a record and one chunk.
   * Bytes of accepted records may change (doubled quotes are undone in place); those of rejected records do not.
   */
  read(buf: Uint8Array, from: number, to: number, last: boolean): number;
}
