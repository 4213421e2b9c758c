import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { AppError, type Plan } from '@attune/core';
import type { ByteAccount, RecordReader } from '@attune/formats';
import { openSampleReader, RecordSample, SAMPLE_START } from '@attune/pipeline';
import { openContainer, type ContainerMember } from '../container/open-container.js';
import { entityOf } from '../entity-of.js';
import type { ChangesFound, DatasetPosition, Task, TaskInputs, TaskLimits } from '../protocol.js';
import { InputFile } from '../scratch-file.js';
import { memberPlan } from './member-plan.js';

/** What `memberPlan` looks at. */
const HEAD = 1 << 18;

type Pieces = AsyncIterable<Uint8Array>;

/**
 * Finds the changed values from a place in the dataset on, by the same reader and kernels as the pass. A container is inflated up to that
 * place and no further than the page goes; the members of a zip before it are not touched. A container has proven sound in the pass.
 */
export const sampleTask: Task<'sample'> = async (input, { limits, onProgress }) => {
  const file = new InputFile(input.input);
  try {
    const found = await findChanges(input, await membersOf(input, file, limits));
    await writeFile(join(input.scratch, 'sample.json'), JSON.stringify(found), { flag: 'wx', mode: 0o600 });
    onProgress({ done: file.size, total: file.size });
    return { files: [] };
  } finally {
    file.close();
  }
};

interface Member {
  readonly name: string;
  /** Decoded bytes, of the first member to be read from the place on. */
  readonly pieces: Pieces;
}

/** The members that are still to be read, the one with the place in it first. */
async function membersOf({ plan, from, scratch }: TaskInputs['sample'], file: InputFile, limits: TaskLimits): Promise<readonly Member[]> {
  if (plan.container === 'none') return [{ name: '', pieces: plainPieces(file) }];
  const members = await openContainer(plan.container, file, {
    scratch,
    duckdb: limits,
    table: plan.table,
    inflatedBytes: limits.inflatedBytes,
  });
  return members
    .slice(from.member)
    .map((member, i) => ({ name: member.name, pieces: decodedPieces(member, i === 0 ? from.byteOffset : 0) }));
}

async function findChanges(input: TaskInputs['sample'], members: readonly Member[]): Promise<ChangesFound> {
  const { plan, values, field, toEnd, records: most } = input;
  const records: ChangesFound['records'][number][] = [];
  let { from } = input;
  let { bytes } = input;
  for (const [i, { name, pieces }] of members.entries()) {
    if (i > 0 && bytes <= 0) return { records, next: from, cut: false };
    const told = records.reduce((sum, record) => sum + record.values.length, 0);
    const limits = { records: (most ?? Infinity) - records.length, values: values - told, bytes };
    const sample = new RecordSample(plan, entityOf(plan), from, {
      changedOnly: most === undefined,
      limits,
      ...(field === undefined ? {} : { field }),
    });
    const account = await readMember(toEnd ? pieces : untilTorn(pieces), from, plan, sample, toEnd);
    records.push(...sample.records.map((record) => ({ member: name, ...record })));
    if (sample.next !== undefined) return { records, next: { member: from.member, ...sample.next }, cut: false };
    if (!toEnd) return { records: most === undefined ? [] : records, cut: true };
    bytes -= bytesOf(account);
    from = { ...SAMPLE_START, member: from.member + 1, record: from.record + account.recordsAccepted + account.recordsQuarantined };
  }
  return { records, cut: false };
}

/** Reads until the sample is done or the pieces have ended; only at the end of the stream is a last record without a line end whole. */
async function readMember(pieces: Pieces, from: DatasetPosition, plan: Plan, sample: RecordSample, toEnd: boolean): Promise<ByteAccount> {
  const [read, rest] = await readerOf(pieces, from, plan);
  let buf = new Uint8Array(HEAD);
  let held = 0;
  const take = (last: boolean): void => {
    let at = 0;
    for (;;) {
      const consumed = read.read(buf, at, held, last);
      at += consumed;
      sample.batch(read.batch, read.rejected);
      if (sample.done || consumed === 0 || at === held) break;
    }
    buf.copyWithin(0, at, held);
    held -= at;
  };
  for await (const piece of rest) {
    if (held + piece.length > buf.length) buf = grown(buf, 2 * (held + piece.length));
    buf.set(piece, held);
    held += piece.length;
    take(false);
    if (sample.done) return read.account;
  }
  if (toEnd) take(true);
  return read.account;
}

/** A further member of a zip has a mark and a header of its own, which have to be looked at before it can be read. */
async function readerOf(pieces: Pieces, from: DatasetPosition, plan: Plan): Promise<[RecordReader, Pieces]> {
  if (from.member === 0 || from.byteOffset > 0) return [openSampleReader(plan, from), pieces];
  const iterator = pieces[Symbol.asyncIterator]();
  let head = new Uint8Array(0);
  let whole = false;
  while (head.length < HEAD && !whole) {
    const piece = await iterator.next();
    if (piece.done === true) whole = true;
    else head = joined(head, piece.value);
  }
  const size = whole ? head.length : head.length + 1;
  const readHead = (into: Uint8Array): number => {
    const bytes = head.subarray(0, into.length);
    into.set(bytes);
    return bytes.length;
  };
  const own = { ...plan, ...memberPlan(plan, from.member + 1, readHead, size) };
  return [openSampleReader(own, from), continued(head, iterator)];
}

/** The head of a container ends in the middle of what it holds: what was decoded until then is what there is. */
async function* untilTorn(pieces: Pieces): AsyncGenerator<Uint8Array> {
  try {
    yield* pieces;
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'container.corrupt') throw error;
  }
}

async function* continued(head: Uint8Array, iterator: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield head;
  yield* { [Symbol.asyncIterator]: () => iterator };
}

async function* plainPieces(file: InputFile): AsyncGenerator<Uint8Array> {
  for (const chunk of file.chunks(0, file.size)) {
    yield chunk;
    await setImmediate(); // lets a lost parent in
  }
}

/** The decoded bytes of a member without the first `skip`. */
async function* decodedPieces(member: ContainerMember, skip: number): AsyncGenerator<Uint8Array> {
  let left = skip;
  for await (const { bytes } of member.decode()) {
    if (bytes.length > left) yield left === 0 ? bytes : bytes.subarray(left);
    left = Math.max(0, left - bytes.length);
  }
}

const bytesOf = ({ header, accepted, quarantined, blank, comment }: ByteAccount): number =>
  header + accepted + quarantined + blank + comment;

function joined(one: Uint8Array, other: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(one.length + other.length);
  both.set(one);
  both.set(other, one.length);
  return both;
}

function grown(buf: Uint8Array, bytes: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(bytes);
  larger.set(buf);
  return larger;
}
