import { closeSync, openSync, readSync } from 'node:fs';
import { AppError, Plan } from '@attune/core';
import type { RecordPlace } from '@attune/formats';
import { ChunkWorker, type ChunkResult } from '@attune/pipeline';
import { move, transferableSymbol, valueSymbol } from 'piscina';
import { entityOf } from '../entity-of.js';
import { ChunkChain } from './chunk-chain.js';

/** Everything a thread needs to know of one chunk. */
export interface ChunkTask {
  /** Differs from pass to pass and from member to member: what was compiled for the last one is used again. */
  readonly member: string;
  /** The member's own plan as JSON, and the name under which its lines go. */
  readonly plan: string;
  readonly name: string;
  /** The decoded bytes, and where in them the member lies. */
  readonly path: string;
  readonly start: number;
  readonly size: number;
  readonly byLines: boolean;
  readonly from: number;
  readonly to: number;
  /** Ordinal of the chunk in the pass; `first`: of its member. */
  readonly chunk: number;
  readonly first: boolean;
  /** Of the first chunk of the pass: records before it, and where it begins unless at the start of its member. */
  readonly records?: number;
  readonly at?: RecordPlace;
  readonly chain: ChunkChain['shared'];
  /** For the rows. */
  readonly memory?: Uint8Array<ArrayBuffer>;
}

let current: { readonly member: string; readonly worker: ChunkWorker; readonly fd: number } | undefined;

/** Makes one chunk canonical; what it returns is handed over, not copied. */
export default function work(task: ChunkTask): unknown {
  const chain = ChunkChain.from(task.chain);
  const { chunk, first } = task;
  const result = workerOf(task).work(
    task,
    {
      before: () => {
        if (chunk === 0) return { at: task.at, records: task.at?.records ?? task.records ?? 0 };
        const place = chain.end(chunk - 1);
        return { at: first ? undefined : place, records: place.records };
      },
      ended: (place) => chain.ended(chunk, place),
    },
    task.memory,
  );
  return move({ [transferableSymbol]: memoryOf(result), [valueSymbol]: result });
}

function workerOf({ member, plan, name, path, start, size, byLines }: ChunkTask): ChunkWorker {
  if (current?.member === member) return current.worker;
  if (current !== undefined) closeSync(current.fd);
  const fd = openSync(path, 'r');
  const read = (offset: number, into: Uint8Array): number => {
    const wanted = Math.max(0, Math.min(into.length, size - offset));
    let held = 0;
    while (held < wanted) {
      const bytes = readSync(fd, into, held, wanted - held, start + offset + held);
      if (bytes === 0) throw new AppError('engine.failed', 'the input ends too early');
      held += bytes;
    }
    return held;
  };
  const parsed = Plan.parse(JSON.parse(plan));
  current = { member, fd, worker: new ChunkWorker(parsed, entityOf(parsed), name, read, size, byLines) };
  return current.worker;
}

function memoryOf({ rows, rowStart, identityEnd, hashes, altered, byteLength, findings, quarantine }: ChunkResult): ArrayBufferLike[] {
  return [rows, rowStart, identityEnd, hashes, altered, byteLength, findings.buf, findings.ends, quarantine.buf, quarantine.ends].map(
    ({ buffer }) => buffer,
  );
}
