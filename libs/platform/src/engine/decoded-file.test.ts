import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { areDecoded, DecodedWriter } from './decoded-file.js';

test('looking at whose slices they are leaves no file open', () => {
  const folder = mkdtempSync(join(tmpdir(), 'attune-decoded-'));
  try {
    const path = join(folder, 'decoded.bin');
    new DecodedWriter(path, 'a pass', 0).close();
    const open = (): number => readdirSync('/proc/self/fd').length;
    const before = open();
    for (let look = 0; look < 20; look++)
      expect([areDecoded([path], 'a pass'), areDecoded([path], 'another'), areDecoded([path, path], 'a pass')]).toEqual([
        true,
        false,
        false,
      ]);
    expect(open()).toBe(before);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
