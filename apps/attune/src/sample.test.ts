import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { readSample, windowOffsets } from './sample.js';

const HEAD = 1024 * 1024;
const WINDOW = 64 * 1024;

test('windows never overlap, never reach into the head, and the last one reaches the end of the file', () => {
  fc.assert(
    fc.property(fc.oneof(fc.nat(4 * HEAD), fc.maxSafeNat()), (size) => {
      const offsets = windowOffsets(size);
      expect(offsets.length).toBeLessThanOrEqual(17);
      expect(offsets.length === 0).toBe(size <= HEAD);
      offsets.forEach((offset, index) => expect(offset).toBeGreaterThanOrEqual(index === 0 ? HEAD : (offsets[index - 1] ?? 0) + WINDOW));
      const last = offsets.at(-1);
      if (last !== undefined) expect(size - last).toBeLessThanOrEqual(WINDOW);
    }),
  );
});

test('the sample of a small file is the file', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'attune-sample-'));
  try {
    const path = join(directory, 'people.csv');
    await writeFile(path, 'id,first\n1,Ada\n');
    const { head, windows, size } = await readSample(path);
    expect([Buffer.from(head).toString(), windows, size]).toEqual(['id,first\n1,Ada\n', [], 15]);
  } finally {
    await rm(directory, { recursive: true });
  }
});
