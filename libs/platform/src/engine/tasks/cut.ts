import { closeSync, createReadStream, fstatSync, openSync, readSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { LOOK_AHEAD, slicesOf, type Slice } from '@attune/pipeline';
import { hashed } from '../../blobs/hashing.js';
import type { Task } from '../protocol.js';
import type { Slices } from '../slices.js';

/** Cuts the input into slices that can be decoded apart. Nothing is left where it would be one slice. */
export const cutTask: Task<'cut'> = async ({ input, plan, sliceBytes, identity, scratch }, { onProgress }) => {
  const fd = openSync(input, 'r');
  try {
    const { size } = fstatSync(fd);
    const read = (offset: number, into: Uint8Array): number => readSync(fd, into, 0, into.length, offset);
    const cut: Slice[] = [];
    for (const { at, slice } of slicesOf(plan, plan.columns.length, read, size, sliceBytes)) {
      if (slice !== undefined) cut.push(slice);
      onProgress({ done: at / 2, total: size });
      await setImmediate(); // lets messages out, and a lost parent in
    }
    if (cut.length < 2) return { files: [] };
    const slices: Slices['slices'] = [];
    for (const { from, to } of cut) {
      const end = Math.min(size, to + LOOK_AHEAD);
      const { sha256 } = await hashed(createReadStream(input, { start: from.byteOffset, end: end - 1, highWaterMark: 1 << 20 }));
      slices.push({ from, to, end, sha256 });
      onProgress({ done: (size + to) / 2, total: size });
    }
    await writeFile(join(scratch, 'slices.json'), JSON.stringify({ identity, slices } satisfies Slices), { flag: 'wx' });
    return { files: [{ kind: 'slices', file: 'slices.json', records: slices.length }] };
  } finally {
    closeSync(fd);
  }
};
