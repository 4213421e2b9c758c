import type { Plan } from '@attune/core';
import { MemberAccounts, openReader, type ByteAccount, type RecordReader, type RejectedRecord } from '@attune/formats';
import type { ReadReceived } from '../transform/ports.js';
import type { TransformPass, TransformResult } from '../transform/transform-pass.js';
import { openMended } from './mended-reader.js';
import type { MendedRecord } from './mended-record.js';

/** Mended bytes in the place of the received ones: what `TransformPorts.readInput` reads while mended records are passed. */
export class MendedBytes {
  readonly #bytes = new Map<number, Uint8Array>();
  #current = 0;

  enter(record: number, bytes: Uint8Array): void {
    this.#bytes.set(record, bytes);
    this.#current = record;
  }

  readonly read: ReadReceived = (_offset, into, record = this.#current) => {
    const bytes = this.#bytes.get(record) ?? new Uint8Array(0);
    into.set(bytes.subarray(0, into.length));
    return Math.min(into.length, bytes.length);
  };
}

/**
 * Leads mended records, in the order of their ordinals, through a pass of their own. Each keeps the place of the record that it was:
 * ordinal, line and byte offset are those of the source. What is not exactly one record is set aside again as `record.not_one`.
 */
export function passMended(records: readonly MendedRecord[], plan: Plan, pass: TransformPass, bytes: MendedBytes): TransformResult {
  const accounts = new MemberAccounts();
  const nothing = openReader({ ...plan, format: 'delimited', layout: null }, plan.columns.length, { batchRecords: 1 });
  let member = '';
  let size = 0;
  for (const mended of records) {
    if (mended.member !== member) pass.member((member = mended.member), 0);
    const { bytes: text, reader } = openMended(mended, plan);
    bytes.enter(mended.record, text.slice());
    size += text.length;
    reader.read(text, 0, text.length, true);
    const rejected = rejectedOf(reader, mended, text.length);
    if (rejected === undefined) {
      putInPlace(reader, mended);
      pass.batch(reader.batch, []);
      accounts.add(reader.account, text.length);
    } else {
      pass.batch(nothing.batch, [rejected]);
      accounts.add(setAside(text.length), text.length);
    }
  }
  return pass.finish(accounts.total, size);
}

/** What is wrong with the record as a whole; undefined for a record that can be cut into its fields. */
function rejectedOf(
  reader: RecordReader,
  { record, line, byte_offset: byteOffset }: MendedRecord,
  byteLength: number,
): RejectedRecord | undefined {
  const { batch, rejected, offset } = reader;
  const place = { record, line, byteOffset, byteLength };
  if (batch.n + rejected.length !== 1 || offset !== byteLength) return { code: 'record.not_one', ...place };
  const [refused] = rejected;
  return refused === undefined ? undefined : { ...refused, ...place };
}

function putInPlace({ batch }: RecordReader, { record, line, byte_offset: byteOffset }: MendedRecord): void {
  batch.record[0] = record;
  batch.line[0] = line;
  batch.byteOffset[0] = byteOffset;
}

function setAside(bytes: number): ByteAccount {
  return { header: 0, accepted: 0, quarantined: bytes, blank: 0, comment: 0, recordsAccepted: 0, recordsQuarantined: 1, blankLines: 0 };
}
