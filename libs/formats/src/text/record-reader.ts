import type { Plan } from '@attune/core';
import type { ByteAccount, RejectedRecord } from './account.js';
import type { Batch } from './batch.js';
import type { TextLimits } from './limits.js';

/** What of a plan says how a text is read. */
export type TextPlan = Pick<Plan, 'dialect' | 'encoding' | 'layout' | 'comments' | 'trailers'> &
  // A caller who says nothing of these means a delimited or fixed-width text.
  Partial<Pick<Plan, 'format' | 'json' | 'table' | 'columns'>>;

/** Where reading begins other than at the start of the stream: at the start of a record, after its header. */
export interface RecordPlace {
  /** Bytes of the stream before it, as `Batch.byteOffset` counts. */
  readonly byteOffset: number;
  /** 1-based physical line. */
  readonly line: number;
  /** Records before it. */
  readonly records: number;
}

export interface ReaderOptions {
  readonly limits?: Partial<TextLimits>;
  /** Records of a batch; 8192, lowered for wide records. */
  readonly batchRecords?: number;
  /** Where reading begins; the start of the stream where nothing is said. */
  readonly at?: RecordPlace;
}

/** The reader of record of one text, whatever cuts its fields. */
export interface RecordReader {
  /** The records of the last read; valid until the next one. */
  readonly batch: Batch;
  /** The records that the last read has set aside, in order. */
  readonly rejected: readonly RejectedRecord[];
  /** Bytes of the source consumed so far; of UTF-16, which is decoded before it is read, bytes of UTF-16. */
  readonly offset: number;
  /** 1-based physical line on which reading goes on, once a record has ended. */
  readonly line: number;
  /** Whether the last read has ended within a record that is set aside, or within a comment: reading cannot go on elsewhere. */
  readonly midway: boolean;
  /** Where every byte consumed so far went. */
  readonly account: ByteAccount;
  /**
   * Reads records of `buf[from, to)` into `batch` and `rejected` (both emptied first) until the batch is full or no
   * complete record is left. `last`: the stream ends at `to`; a stream ends with such a call, be it without bytes.
   * Returns the bytes consumed; the caller presents the rest again, followed by more bytes. It grows its buffer when
   * nothing was consumed and nothing fits: never beyond the limit of a record and one chunk.
   * No record is begun at or behind `stopAt`, which counts as `from` and `to` do; one that was begun before it is read to its end.
   * Bytes of accepted records may change (doubled quotes are undone in place); those of rejected records do not.
   */
  read(buf: Uint8Array, from: number, to: number, last: boolean, stopAt?: number): number;
}
