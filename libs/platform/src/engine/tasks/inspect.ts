import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inspectDelimited } from '@attune/pipeline';
import type { Task } from '../protocol.js';
import { InputFile } from '../scratch-file.js';

const HEAD = 1 << 20;
const WINDOW = 1 << 16;
const WINDOWS = 16;

/** Reads the head, windows spread over the rest and the tail, and leaves what they say about the file. */
export const inspectTask: Task<'inspect'> = async ({ input, scratch }, { onProgress }) => {
  const file = new InputFile(input);
  try {
    const { size } = file;
    const { head, windows } = takeSample(file);
    const { detection, profile } = inspectDelimited({ head, windows, size, fingerprint: sha256 });
    await writeFile(join(scratch, 'detection.json'), JSON.stringify(detection), { flag: 'wx' });
    await writeFile(join(scratch, 'sample-profile.json'), JSON.stringify(profile), { flag: 'wx' });
    onProgress({ done: size, total: size });
    return {
      files: [
        { kind: 'detection', file: 'detection.json' },
        { kind: 'sample_profile', file: 'sample-profile.json' },
      ],
    };
  } finally {
    file.close();
  }
};

/** Windows never overlap the head; the last one ends with the file. */
function takeSample(file: InputFile): { head: Uint8Array; windows: Uint8Array[] } {
  const head = take(file, 0, HEAD);
  const rest = file.size - head.length;
  if (rest <= 0) return { head, windows: [] };
  if (rest <= (WINDOWS + 1) * WINDOW) return { head, windows: [take(file, head.length, rest)] };
  const step = (rest - WINDOW) / WINDOWS;
  const windows = Array.from({ length: WINDOWS }, (_, i) => take(file, head.length + Math.floor(i * step), WINDOW));
  return { head, windows: [...windows, take(file, file.size - WINDOW, WINDOW)] };
}

function take(file: InputFile, offset: number, length: number): Uint8Array {
  const bytes = new Uint8Array(Math.min(length, file.size - offset));
  return bytes.subarray(0, file.read(offset, bytes));
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
