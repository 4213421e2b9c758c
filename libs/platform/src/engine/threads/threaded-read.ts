import { randomUUID } from 'node:crypto';
import type { Plan } from '@attune/core';
import { cutOf, type ByteAccount, type RecordPlace } from '@attune/formats';
import type { TransformPass } from '@attune/pipeline';
import type { DecodedMember } from '../container/decoded-input.js';
import { memberPlan } from '../tasks/member-plan.js';
import { MemberProgress, sumOf, type ReadCourse } from '../tasks/member-progress.js';
import type { MemberReads } from '../tasks/member-reads.js';
import { chunksInOrder, type PlannedChunk } from './chunks-in-order.js';
import type { ChunkTask } from './chunk-thread.js';

/** Whether threads are worth it: small inputs do not pay for them, and some texts can be read from their start only. */
export function isWorthThreads(plan: Plan, size: number, threads: number, chunkBytes: number): boolean {
  return threads > 1 && size > chunkBytes && cutOf(plan) !== 'none';
}

interface Planned {
  readonly task: PlannedChunk;
  /** Of the member. */
  readonly ordinal: number;
}

/**
 * What `readAll` does, with the members cut into chunks that threads make canonical at the same time and that are taken in their order.
 * Throws what `readAll` does.
 */
export async function readThreaded(
  reads: MemberReads,
  path: string,
  plan: Plan,
  pass: TransformPass,
  { threads, chunkBytes, ...course }: ReadCourse & { readonly threads: number; readonly chunkBytes: number },
): Promise<ByteAccount> {
  const progress = new MemberProgress(reads, pass, course);
  const chunks = cut(reads, path, plan, progress, chunkBytes);
  const opening = { records: progress.records, ...(progress.at === undefined ? {} : { at: progress.at }) };
  const tasks = chunks.map(({ task }) => task);
  for await (const { i, result, end } of chunksInOrder(tasks, threads, opening)) {
    const { ordinal, task } = chunks[i]!;
    if (i === 0 || task.first) progress.begin();
    pass.take(result);
    pass.takeSketches(result.sketches);
    progress.account = sumOf(progress.account, result.account);
    const isLast = chunks[i + 1]?.ordinal !== ordinal;
    progress.reached(task.to, isLast ? undefined : end);
    if (isLast) progress.end();
  }
  return progress.total;
}

function cut(
  reads: MemberReads,
  path: string,
  plan: Plan,
  { first, at }: { first: number; at: RecordPlace | undefined },
  chunkBytes: number,
): readonly Planned[] {
  const byLines = cutOf(plan) === 'lines';
  const pass = randomUUID();
  return reads.members.slice(first).flatMap((member, i) => {
    const ordinal = first + i;
    const from = i === 0 ? (at?.byteOffset ?? 0) : 0;
    const own = ordinal === 0 ? plan : { ...plan, ...memberPlan(plan, ordinal + 1, (into) => reads.read(member, 0, into), member.size) };
    const task = { member: `${pass} ${ordinal}`, plan: JSON.stringify(own), name: member.name, path, ...placeOf(member), byLines };
    return chunksOf(from, member.size, chunkBytes).map((range) => ({ ordinal, task: { ...task, ...range } }));
  });
}

/** The chunks of `[from, to)` of a member; at least one, which may be empty. */
export function chunksOf(from: number, to: number, chunkBytes: number): readonly Pick<ChunkTask, 'from' | 'to' | 'first'>[] {
  return Array.from({ length: Math.max(1, Math.ceil((to - from) / chunkBytes)) }, (_, k) => {
    const start = from + k * chunkBytes;
    return { from: start, to: Math.min(to, start + chunkBytes), first: start === 0 };
  });
}

const placeOf = ({ start, size }: DecodedMember): Pick<ChunkTask, 'start' | 'size'> => ({ start, size });
