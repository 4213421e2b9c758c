import { Buffer } from 'node:buffer';
import type { TextLimits } from './limits.js';
import { openReader } from './open-reader.js';
import type { RecordReader, TextPlan } from './record-reader.js';
import type { OracleReading, OracleRecord } from './text-oracle.fixture.js';

export interface Pieces {
  /** Bytes that are added to what the reader sees before each read, over and over. */
  readonly sizes: readonly number[];
  readonly batchRecords?: number;
  readonly limits?: Partial<TextLimits>;
}

/**
 * Reads a stream as its bytes arrive in pieces, the way a stage does. Throws when a byte or a record is unaccounted for
 * after any read, when bytes of a rejected record were changed, or when bytes are left over.
 */
export function readInPieces(source: Uint8Array, plan: TextPlan, width: number, pieces: Pieces): OracleReading {
  const { sizes, batchRecords = 64, limits = {} } = pieces;
  const reader = openReader(plan, width, { batchRecords, limits });
  const buf = Uint8Array.from(source);
  const records: OracleRecord[] = [];
  let from = 0;
  let to = 0;
  for (let i = 0, last = false; !last; i++) {
    to = Math.min(source.length, to + sizes[i % sizes.length]!);
    last = to === source.length;
    for (let consumed = 1; consumed > 0;) {
      consumed = reader.read(buf, from, to, last);
      from += consumed;
      records.push(...recordsOf(reader));
      checkBytes(reader, from);
    }
  }
  if (from !== source.length) throw new Error('Bytes were left over at the end of the stream.');
  for (const { code, byteOffset, byteLength } of records) {
    const unchanged =
      Buffer.compare(buf.subarray(byteOffset, byteOffset + byteLength), source.subarray(byteOffset, byteOffset + byteLength)) === 0;
    if (code !== undefined && !unchanged) throw new Error('The bytes of a rejected record were changed.');
  }
  const { header, accepted, quarantined, blank, comment, recordsAccepted, recordsQuarantined } = reader.account;
  if (recordsAccepted + recordsQuarantined !== records.length) throw new Error('A record is unaccounted for.');
  return { records, bytes: { header, accepted, quarantined, blank, comment } };
}

function checkBytes({ account }: RecordReader, consumed: number): void {
  const { header, accepted, quarantined, blank, comment } = account;
  if (header + accepted + quarantined + blank + comment !== consumed) throw new Error('A byte is unaccounted for.');
}

/** The records of the last read, in the order of their ordinals. */
export function recordsOf({ batch, rejected }: RecordReader): OracleRecord[] {
  const read: OracleRecord[] = rejected.map((one) => ({ ...one }));
  for (let r = 0; r < batch.n; r++) {
    const fields = Array.from({ length: batch.width }, (_, c) => {
      const cell = r * batch.width + c;
      return Buffer.from(batch.buf.subarray(batch.starts[cell], batch.ends[cell])).toString('utf8');
    });
    read.push({
      record: batch.record[r]!,
      line: batch.line[r]!,
      byteOffset: batch.byteOffset[r]!,
      byteLength: batch.byteLength[r]!,
      fields,
    });
  }
  return read.sort((a, b) => a.record - b.record);
}
