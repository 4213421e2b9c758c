import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { cutOf } from '@attune/formats';
import { DecodedWriter } from '../decoded-file.js';
import type { Task } from '../protocol.js';
import { chunksInOrder } from '../threads/chunks-in-order.js';
import { chunksOf } from '../threads/threaded-read.js';
import { CHUNK_BYTES } from './full-read.js';

const DECODED = 'decoded.bin';

/** Makes the records of one slice canonical, for a transform that takes slices in their order. */
export const decodeTask: Task<'decode'> = async ({ input, size, plan, slice, ordinal, identity, scratch }, { limits, onProgress }) => {
  const { from, to } = slice;
  const begin = from.byteOffset;
  const byLines = cutOf(plan) === 'lines';
  const task = { member: randomUUID(), plan: JSON.stringify(plan), name: '', path: input, start: -begin, size, byLines };
  const chunks = chunksOf(begin, to, Math.min(CHUNK_BYTES, limits.shardBytes)).map((range) => ({ ...task, ...range }));
  const opening = begin === 0 ? { records: 0 } : { records: from.records, at: from };
  const file = new DecodedWriter(join(scratch, DECODED), identity, ordinal);
  let records = 0;
  try {
    for await (const { result, end } of chunksInOrder(chunks, limits.threads, opening)) {
      file.chunk({ result, end });
      records += result.n;
      onProgress({ done: end.byteOffset - begin, total: to - begin });
    }
  } finally {
    file.close();
  }
  return { files: [{ kind: 'decoded', file: DECODED, records }] };
};
