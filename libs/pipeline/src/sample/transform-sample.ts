import type { Entity, Plan } from '@attune/core';
import { openReader, type RecordReader } from '@attune/formats';
import { RecordSample, type SampledRecord, type SampleOptions, type SamplePosition } from './record-sample.js';

/** The beginning of a decoded stream: its byte order mark and its header are passed over. */
export const SAMPLE_START: SamplePosition = { byteOffset: 0, record: 1, line: 1, skip: 0 };

const BATCH_RECORDS = 256;

export interface SampleRequest extends SampleOptions {
  readonly plan: Plan;
  readonly entity: Entity;
  /** Bytes of the decoded stream from `from` on. The reader undoes doubled quotes in place. */
  readonly bytes: Uint8Array;
  /** The stream ends with them; else a record that is cut off at their end is left out. */
  readonly last: boolean;
  readonly from?: SamplePosition;
}

export interface TransformedSample {
  readonly records: readonly SampledRecord[];
  /** The first record that a limit has left out; absent when all the bytes were read. */
  readonly next?: SamplePosition;
}

/** What the transform pass makes of the bytes, received against canonical. */
export function transformSample({ plan, entity, bytes, last, from = SAMPLE_START, ...options }: SampleRequest): TransformedSample {
  const sample = new RecordSample(plan, entity, from, options);
  const reader = openSampleReader(plan, from);
  for (let at = 0; !sample.done;) {
    const consumed = reader.read(bytes, at, bytes.length, last);
    at += consumed;
    sample.batch(reader.batch, reader.rejected);
    if (consumed === 0 || at === bytes.length) break;
  }
  return { records: sample.records, ...(sample.next === undefined ? {} : { next: sample.next }) };
}

/** The reader of record for a stream that is read from one of its records on. */
export function openSampleReader(plan: Plan, from: SamplePosition): RecordReader {
  const options = { batchRecords: BATCH_RECORDS };
  if (from.byteOffset === 0) return openReader(plan, plan.columns.length, options);
  // The sample counts from its own beginning; what matters to the reader is that no header is ahead.
  const within = { ...plan, dialect: { ...plan.dialect, header: false, bom: 0 } };
  return openReader(within, plan.columns.length, { ...options, at: { byteOffset: 0, line: 1, records: 0 } });
}
