import { setImmediate } from 'node:timers/promises';
import { AppError, type Plan } from '@attune/core';
import { MemberAccounts, openReader, type ByteAccount, type RecordReader, type RejectedRecord } from '@attune/formats';
import type { TransformPass } from '@attune/pipeline';
import type { DecodedMember } from '../container/decoded-input.js';
import { memberPlan } from './member-plan.js';
import type { MemberReads } from './member-reads.js';

const CHUNK = 4 << 20;

/**
 * Leads every byte of the input once through the reader of record into the pass, member after member, and returns the account of all.
 * `onRead` hears how many decoded bytes were consumed. Throws AppError `unprocessable_file` for a member that has other columns than the first.
 */
export async function readAll(reads: MemberReads, plan: Plan, pass: TransformPass, onRead: (bytes: number) => void): Promise<ByteAccount> {
  const accounts = new MemberAccounts();
  const run = { reads, pass, onRead, buf: new Uint8Array(Math.max(1, Math.min(CHUNK, largest(reads.members)))) };
  for (const [i, member] of reads.members.entries()) {
    reads.begin(accounts.records);
    const own = i === 0 ? plan : memberPlan(plan, i + 1, (into) => reads.read(member, 0, into), member.size);
    const reader = openReader(own, plan.columns.length);
    pass.member(member.name, accounts.records);
    await readMember(run, member, reader, accounts.records);
    accounts.add(reader.account, member.size);
  }
  return accounts.total;
}

const largest = (members: readonly DecodedMember[]): number => Math.max(...members.map(({ size }) => size));

interface Run {
  readonly reads: MemberReads;
  readonly pass: TransformPass;
  readonly onRead: (bytes: number) => void;
  /** Used for all members; it grows with the longest record. */
  buf: Uint8Array;
}

/** `before`: records of the members before this one. */
async function readMember(run: Run, member: DecodedMember, reader: RecordReader, before: number): Promise<void> {
  const { reads, pass } = run;
  let held = 0; // bytes in the buffer
  let loaded = 0; // bytes of the member that were ever in the buffer
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
      const rejected = countedOn(reader, before);
      pass.batch(reader.batch, rejected);
      if (consumed === 0 || from === held) break;
    }
    buf.copyWithin(0, from, held);
    held -= from;
    run.onRead(member.start + loaded - held);
    await setImmediate(); // lets messages out, and a lost parent in
  }
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
