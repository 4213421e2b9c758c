import { setImmediate } from 'node:timers/promises';
import { AppError, type Plan } from '@attune/core';
import { cutOf, openReader, type ByteAccount, type RecordPlace, type RecordReader, type RejectedRecord } from '@attune/formats';
import type { TransformPass } from '@attune/pipeline';
import type { DecodedMember } from '../container/decoded-input.js';
import { memberPlan } from './member-plan.js';
import { MemberProgress, sumOf, type ReadCourse } from './member-progress.js';
import type { MemberReads } from './member-reads.js';
import { CAREFUL_RECORDS, type CarefulWay, setAside } from '../careful.js';
import { swallow } from '../../failpoints/failpoint.js';

/** Bytes of a chunk. What the pass leaves does not depend on it. */
export const CHUNK_BYTES = 4 << 20;

/**
 * Leads every byte of the input once through the reader of record into the pass, member after member, and returns the account of all.
 * It is read in pieces of at most `chunkBytes`. Throws AppError `unprocessable_file` for a member that has other columns than the first.
 */
export async function readAll(
  reads: MemberReads,
  plan: Plan,
  pass: TransformPass,
  {
    chunkBytes = CHUNK_BYTES,
    careful,
    ...course
  }: ReadCourse & { readonly chunkBytes?: number; readonly careful?: CarefulWay | undefined },
): Promise<ByteAccount> {
  const progress = new MemberProgress(reads, pass, course);
  const buf = new Uint8Array(Math.max(1, Math.min(chunkBytes, largest(reads.members))));
  const run: Run = { reads, pass, progress, careful, buf, mayBeLeft: cutOf(plan) !== 'none' };
  for (let i = progress.first; i < reads.members.length; i++) {
    const member = reads.members[i]!;
    const own = i === 0 ? plan : memberPlan(plan, i + 1, (into) => reads.read(member, 0, into), member.size);
    const at = i === progress.first ? progress.at : undefined;
    progress.begin();
    const reader = openReader(own, plan.columns.length, {
      ...(at === undefined ? {} : { at: { ...at, records: at.records - progress.records } }),
      ...(careful === undefined ? {} : { batchRecords: CAREFUL_RECORDS }),
    });
    await readMember(run, member, reader, at?.byteOffset ?? 0);
    progress.end();
  }
  return progress.total;
}

const largest = (members: readonly DecodedMember[]): number => Math.max(...members.map(({ size }) => size));

interface Run {
  readonly reads: MemberReads;
  readonly pass: TransformPass;
  readonly progress: MemberProgress;
  /** Reading can begin at any record. */
  readonly mayBeLeft: boolean;
  readonly careful: CarefulWay | undefined;
  /** Used for all members; it grows with the longest record. */
  buf: Uint8Array;
}

/** `start`: offset in the member at which the reader was opened. */
async function readMember(run: Run, member: DecodedMember, reader: RecordReader, start: number): Promise<void> {
  const { reads, progress } = run;
  let earlier = progress.account;
  let held = 0; // bytes in the buffer
  let loaded = start; // bytes of the member up to the end of the buffer
  let last = false;
  while (!last) {
    if (held === run.buf.length) run.buf = doubled(run.buf);
    const { buf } = run;
    const read = reads.read(member, loaded, buf.subarray(held));
    held += read;
    loaded += read;
    last = loaded === member.size;
    if (read === 0 && !last) throw new AppError('engine.failed', 'the input became shorter while it was read');
    let from = 0;
    for (;;) {
      const consumed = reader.read(buf, from, held, last);
      from += consumed;
      const moved = passOn(run, reader);
      if (moved !== undefined) earlier = sumOf(earlier, moved);
      if (consumed === 0 || from === held) break;
    }
    buf.copyWithin(0, from, held);
    held -= from;
    progress.account = sumOf(earlier, reader.account);
    progress.reached(loaded - held, run.mayBeLeft && !last ? placeOf(reader, progress) : undefined);
    await setImmediate(); // lets messages out, and a lost parent in
  }
}

/** Leads what was read into the pass; answers what of its account has moved because records were set aside. */
function passOn({ pass, progress, careful }: Run, reader: RecordReader): ByteAccount | undefined {
  const { batch } = reader;
  const rejected = countedOn(reader, progress.records);
  const first = batch.n > 0 ? batch.record[0]! : 0;
  if (first > 0 && careful?.begin(first) === true) {
    const aside = setAside(batch, rejected);
    pass.batch(batch, aside.rejected);
    return aside.moved;
  }
  if (first > 0) swallow(() => batch.buf.subarray(batch.starts[0], batch.ends[batch.n * batch.width - 1]));
  pass.batch(batch, rejected);
  return undefined;
}

/** Where another reader could go on; nowhere within a record, nor before the first one, of which a header may be a part. */
function placeOf({ offset, line, midway }: RecordReader, { account, records }: MemberProgress): RecordPlace | undefined {
  const own = account.recordsAccepted + account.recordsQuarantined;
  return midway || own === 0 ? undefined : { byteOffset: offset, line, records: records + own };
}

/** Ordinals run on through the dataset, and every reader counts from 1. Returns the rejected records, counted on. */
function countedOn({ batch, rejected }: RecordReader, before: number): readonly RejectedRecord[] {
  if (before === 0) return rejected;
  for (let r = 0; r < batch.n; r++) batch.record[r]! += before;
  return rejected.map((record) => ({ ...record, record: record.record + before }));
}

function doubled(buf: Uint8Array): Uint8Array {
  const larger = new Uint8Array(buf.length * 2);
  larger.set(buf);
  return larger;
}
