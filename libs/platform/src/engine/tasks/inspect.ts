import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inspectFile } from '../inspect-file.js';
import type { Task } from '../protocol.js';

/** Inspects a sample of the file and leaves what it says about it. */
export const inspectTask: Task<'inspect'> = async ({ input, scratch, text }, { limits, onProgress, timed }) => {
  const { detection, profile, fileSize } = await timed('inspect.sample', () =>
    inspectFile(input, { scratch, duckdb: limits, inflatedBytes: limits.inflatedBytes }, text),
  );
  await writeFile(join(scratch, 'detection.json'), JSON.stringify(detection), { flag: 'wx' });
  await writeFile(join(scratch, 'sample-profile.json'), JSON.stringify(profile), { flag: 'wx' });
  onProgress({ done: fileSize, total: fileSize });
  return {
    files: [
      { kind: 'detection', file: 'detection.json' },
      { kind: 'sample_profile', file: 'sample-profile.json' },
    ],
  };
};
