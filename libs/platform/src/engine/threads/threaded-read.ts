import { randomUUID } from 'node:crypto';
import { AppError, type Plan } from '@attune/core';
import { cutOf, emptyAccount, MemberAccounts, type ByteAccount } from '@attune/formats';
import type { ChunkResult, TransformPass } from '@attune/pipeline';
import { Piscina } from 'piscina';
import type { DecodedMember } from '../container/decoded-input.js';
import { memberPlan } from '../tasks/member-plan.js';
import type { MemberReads } from '../tasks/member-reads.js';
import { ChunkChain } from './chunk-chain.js';
import type { ChunkTask } from './chunk-thread.js';

/** Bytes of a chunk. What the pass leaves does not depend on it. */
export const CHUNK_BYTES = 4 << 20;
/** Chunks that are read, at work or waiting for their turn, per thread. */
const AHEAD = 2;

/** Whether threads are worth it: small inputs do not pay for them, and some texts can be read from their start only. */
export function isWorthThreads(plan: Plan, size: number, threads: number): boolean {
  return threads > 1 && size > CHUNK_BYTES && cutOf(plan) !== 'none';
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
  { threads, onRead }: { threads: number; onRead: (bytes: number) => void },
): Promise<ByteAccount> {
  const chunks = cut(reads, path, plan);
  const chain = ChunkChain.of(chunks.length);
  const pool = threadsOf(threads);
  const accounts = new MemberAccounts();
  const memory: Uint8Array<ArrayBuffer>[] = [];
  const begun: Promise<ChunkResult>[] = [];
  const begin = (): void => {
    const chunk = begun.length;
    const { task } = chunks[chunk]!;
    const rows = memory.pop();
    const work = pool.run({ ...task, chunk, chain: chain.shared, ...(rows === undefined ? {} : { memory: rows }) } satisfies ChunkTask, {
      transferList: rows === undefined ? [] : [rows.buffer],
    }) as Promise<ChunkResult>;
    work.catch(() => chain.giveUp());
    begun.push(work);
  };
  let account = emptyAccount();
  try {
    for (let i = 0; i < chunks.length; i++) {
      while (begun.length < Math.min(chunks.length, i + threads * AHEAD)) begin();
      const { ordinal, task } = chunks[i]!;
      const { name, first, to, start, size } = task;
      if (first) {
        reads.begin(accounts.records);
        pass.member(name, accounts.records);
        account = emptyAccount();
      }
      const result = await begun[i]!;
      pass.take(result);
      pass.takeSketches(result.sketches);
      memory.push(result.rows as Uint8Array<ArrayBuffer>);
      for (const part of Object.keys(account) as (keyof ByteAccount)[]) account[part] += result.account[part];
      if (chunks[i + 1]?.ordinal !== ordinal) accounts.add(account, size);
      onRead(start + to);
    }
    return accounts.total;
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

function cut(reads: MemberReads, path: string, plan: Plan): readonly Planned[] {
  const byLines = cutOf(plan) === 'lines';
  const pass = randomUUID();
  return reads.members.flatMap((member, ordinal) => {
    const own = ordinal === 0 ? plan : { ...plan, ...memberPlan(plan, ordinal + 1, (into) => reads.read(member, 0, into), member.size) };
    const task = { member: `${pass} ${ordinal}`, plan: JSON.stringify(own), name: member.name, path, ...placeOf(member), byLines };
    return Array.from({ length: Math.max(1, Math.ceil(member.size / CHUNK_BYTES)) }, (_, i) => ({
      ordinal,
      task: { ...task, from: i * CHUNK_BYTES, to: Math.min(member.size, (i + 1) * CHUNK_BYTES), first: i === 0 },
    }));
  });
}

const placeOf = ({ start, size }: DecodedMember): Pick<ChunkTask, 'start' | 'size'> => ({ start, size });
