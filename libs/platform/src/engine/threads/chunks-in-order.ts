import { AppError } from '@attune/core';
import type { RecordPlace } from '@attune/formats';
import type { ChunkResult } from '@attune/pipeline';
import { Piscina } from 'piscina';
import { ChunkChain } from './chunk-chain.js';
import type { ChunkTask } from './chunk-thread.js';

/** Chunks that are read, at work or waiting for their turn, per thread. */
const AHEAD = 2;

/** A chunk as it is planned; the rest is given when it is begun. */
export type PlannedChunk = Omit<ChunkTask, 'chain' | 'memory' | 'chunk'>;

export interface ChunkInOrder {
  /** Ordinal of the chunk. */
  readonly i: number;
  /** Valid until the next chunk is asked for: the memory of its rows is used again. */
  readonly result: ChunkResult;
  /** Where its last record ends. */
  readonly end: RecordPlace;
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

/**
 * Makes chunks canonical in threads and gives them in their order, so that neither the number of threads nor their speed changes a byte.
 * `opening`: the records before the first chunk, and where it begins unless at the start of its member. Throws what a thread has thrown.
 */
export async function* chunksInOrder(
  chunks: readonly PlannedChunk[],
  threads: number,
  opening: { readonly records: number; readonly at?: RecordPlace },
): AsyncGenerator<ChunkInOrder> {
  const chain = ChunkChain.of(chunks.length);
  const pool = threadsOf(threads);
  const memory: Uint8Array<ArrayBuffer>[] = [];
  /** Chunks that are begun and not taken yet, in their order; what a chunk has left is not kept. */
  const begun: Promise<ChunkResult>[] = [];
  let next = 0;
  const begin = (): void => {
    const chunk = next++;
    const rows = memory.pop();
    const given = { ...(rows === undefined ? {} : { memory: rows }), ...(chunk === 0 ? opening : {}) };
    const work = pool.run({ ...chunks[chunk]!, chunk, chain: chain.shared, ...given } satisfies ChunkTask, {
      transferList: rows === undefined ? [] : [rows.buffer],
    }) as Promise<ChunkResult>;
    work.catch(() => chain.giveUp());
    begun.push(work);
  };
  let done = 0;
  try {
    for (; done < chunks.length; done++) {
      while (next < Math.min(chunks.length, done + threads * AHEAD)) begin();
      const result = await begun.shift()!;
      yield { i: done, result, end: chain.end(done) };
      memory.push(result.rows as Uint8Array<ArrayBuffer>);
    }
  } catch (error) {
    throw error instanceof AppError ? error : failed(error);
  } finally {
    if (done < chunks.length) {
      chain.giveUp();
      await Promise.allSettled(begun);
    }
  }
}

/** An error of a thread arrives as a copy without its class. */
function failed(error: unknown): unknown {
  const { code, detail } = error as { code?: unknown; detail?: unknown };
  return typeof code === 'string' && typeof detail === 'string' ? new AppError(code as AppError['code'], detail) : error;
}
