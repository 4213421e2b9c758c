import { randomUUID } from 'node:crypto';
import { AppError, type Plan } from '@attune/core';
import { cutOf, type ByteAccount, type RecordPlace } from '@attune/formats';
import type { ChunkResult, TransformPass } from '@attune/pipeline';
import { Piscina } from 'piscina';
import type { DecodedMember } from '../container/decoded-input.js';
import { memberPlan } from '../tasks/member-plan.js';
import { MemberProgress, sumOf, type ReadCourse } from '../tasks/member-progress.js';
import type { MemberReads } from '../tasks/member-reads.js';
import { ChunkChain } from './chunk-chain.js';
import type { ChunkTask } from './chunk-thread.js';

/** Chunks that are read, at work or waiting for their turn, per thread. */
const AHEAD = 2;

/** Whether threads are worth it: small inputs do not pay for them, and some texts can be read from their start only. */
export function isWorthThreads(plan: Plan, size: number, threads: number, chunkBytes: number): boolean {
  return threads > 1 && size > chunkBytes && cutOf(plan) !== 'none';
}

let pool: Piscina | undefined;

/** The threads of this process; they stay, since starting one costs about a tenth of a second. */
function threadsOf(count: number): Piscina {
  if (pool?.options.maxThreads !== count) {
    void pool?.destroy();
    pool = new Piscina({
      filename: new URL('./chunk-thread.js', import.meta.url).href,
      minThreads: count,
      maxThreads: count,
      concurrentTasksPerWorker: 1,
    });
  }
  return pool;
}

interface Planned {
  readonly task: Omit<ChunkTask, 'chain' | 'memory' | 'chunk'>;
  /** Of the member. */
  readonly ordinal: number;
}

/**
 * What `readAll` does, with the members cut into chunks that threads make canonical at the same time and that are taken in their order, so
 * that neither the number of threads nor their speed changes a byte. Throws what `readAll` does.
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
  const chain = ChunkChain.of(chunks.length);
  const pool = threadsOf(threads);
  const memory: Uint8Array<ArrayBuffer>[] = [];
  /** Chunks that are begun and not taken yet, in their order; what a chunk has left is not kept. */
  const begun: Promise<ChunkResult>[] = [];
  let next = 0;
  const opening = { records: progress.records, ...(progress.at === undefined ? {} : { at: progress.at }) };
  const begin = (): void => {
    const chunk = next++;
    const { task } = chunks[chunk]!;
    const rows = memory.pop();
    const given = { ...(rows === undefined ? {} : { memory: rows }), ...(chunk === 0 ? opening : {}) };
    const work = pool.run({ ...task, chunk, chain: chain.shared, ...given } satisfies ChunkTask, {
      transferList: rows === undefined ? [] : [rows.buffer],
    }) as Promise<ChunkResult>;
    work.catch(() => chain.giveUp());
    begun.push(work);
  };
  try {
    for (let i = 0; i < chunks.length; i++) {
      while (next < Math.min(chunks.length, i + threads * AHEAD)) begin();
      const { ordinal, task } = chunks[i]!;
      if (i === 0 || task.first) progress.begin();
      const result = await begun.shift()!;
      pass.take(result);
      pass.takeSketches(result.sketches);
      memory.push(result.rows as Uint8Array<ArrayBuffer>);
      progress.account = sumOf(progress.account, result.account);
      const isLast = chunks[i + 1]?.ordinal !== ordinal;
      progress.reached(task.to, isLast ? undefined : chain.end(i));
      if (isLast) progress.end();
    }
    return progress.total;
  } catch (error) {
    chain.giveUp();
    await Promise.allSettled(begun);
    throw error instanceof AppError ? error : failed(error);
  }
}

/** An error of a thread arrives as a copy without its class. */
function failed(error: unknown): unknown {
  const { code, detail } = error as { code?: unknown; detail?: unknown };
  return typeof code === 'string' && typeof detail === 'string' ? new AppError(code as AppError['code'], detail) : error;
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
    return Array.from({ length: Math.max(1, Math.ceil((member.size - from) / chunkBytes)) }, (_, k) => {
      const start = from + k * chunkBytes;
      return { ordinal, task: { ...task, from: start, to: Math.min(member.size, start + chunkBytes), first: start === 0 } };
    });
  });
}

const placeOf = ({ start, size }: DecodedMember): Pick<ChunkTask, 'start' | 'size'> => ({ start, size });
