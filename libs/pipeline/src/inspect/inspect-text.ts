import type { Detection, SampleProfile, TextOptions } from '@attune/core';
import { detectText, openReader, type Batch, type RecordReader, type TextPlan } from '@attune/formats';
import { DEFAULT_NULL_TOKENS } from '@attune/standardize';
import { ColumnTallies } from './column-tally.js';
import { firstLineStart } from './window-start.js';

/** The bytes inspect looks at: engine.md, section 3. The caller reads them; nothing is changed in them. */
export interface SampleBytes {
  /** The first bytes of the decoded stream, the whole of it where it is short. */
  readonly head: Uint8Array;
  /** Cuts from behind the head, each beginning anywhere. */
  readonly windows: readonly Uint8Array[];
  /** Size of the decoded stream in bytes. */
  readonly size: number;
  /** sha256 of a text, hexadecimal; passed in because this floor has no cryptography. */
  readonly fingerprint: (names: string) => string;
  /** What the caller knows of the text. */
  readonly text?: TextOptions | undefined;
}

export interface Inspection {
  readonly detection: Detection;
  readonly profile: SampleProfile;
}

const HEAD_RECORDS = 2000;
const WINDOW_RECORDS = 100;
const BATCH_RECORDS = 250;
function count(batch: Batch, records: number, tallies: ColumnTallies): void {
  const { buf, starts, ends, width } = batch;
  for (let record = 0; record < records; record += 1) {
    for (let column = 0; column < width; column += 1) {
      const cell = record * width + column;
      const start = Math.max(0, starts[cell]!);
      tallies.add(column, buf, start, starts[cell]! < 0 ? start : ends[cell]!);
    }
  }
  tallies.records += records;
}

/** Reads up to `limit` records; broken ones are passed over, they are for the full pass to report. */
function readSample(reader: RecordReader, buf: Uint8Array, from: number, last: boolean, limit: number, tallies: ColumnTallies): void {
  let at = from;
  let left = limit;
  while (left > 0 && at < buf.length) {
    const consumed = reader.read(buf, at, buf.length, last);
    const records = Math.min(left, reader.batch.n);
    count(reader.batch, records, tallies);
    left -= records;
    at += consumed;
    if (consumed === 0) return;
  }
}

/** Whether a record begins at the start of any line, so that a cut from the middle of the text can be read. */
const beginsWithLine = ({ format, json }: Detection): boolean => (json === null ? format !== 'sql-dump' : json.records === 'lines');

/** Finds out how the text is written and what its columns are, and profiles a bounded part of the records. Values leave it as counts only. */
export function inspectText({ head, windows, size, fingerprint, text }: SampleBytes): Inspection {
  const detection = detectText({ head, windows, size, fingerprint, text });
  const { dialect, columns } = detection;
  const plan: TextPlan = { ...detection, comments: text?.comments ?? null, trailers: text?.trailers ?? null };
  const tallies = new ColumnTallies(columns, DEFAULT_NULL_TOKENS);
  const width = columns.length;
  const whole = head.length >= size;
  // The reader undoes doubled quotes in place, and the sample belongs to the caller. Not slice(): that of a Buffer is no copy.
  readSample(openReader(plan, width, { batchRecords: BATCH_RECORDS }), new Uint8Array(head), 0, whole, HEAD_RECORDS, tallies);
  for (const window of beginsWithLine(detection) ? windows : []) {
    const within = { ...plan, dialect: { ...dialect, header: false, bom: 0 } };
    const reader = openReader(within, width, { batchRecords: WINDOW_RECORDS });
    const copy = new Uint8Array(window);
    readSample(reader, copy, firstLineStart(copy, detection.encoding), false, WINDOW_RECORDS, tallies);
  }
  return { detection, profile: { records: tallies.records, columns: tallies.profile() } };
}
