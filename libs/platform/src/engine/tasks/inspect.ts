import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Detection } from '@attune/core';
import { inspectText } from '@attune/pipeline';
import { takeSample } from '../container/sample.js';
import type { Task } from '../protocol.js';

/** Reads a sample of the file, out of its container where it is in one, and leaves what it says about the file. */
export const inspectTask: Task<'inspect'> = async ({ input, scratch, text }, { limits, onProgress }) => {
  const { container, evidence, head, windows, size, fileSize } = await takeSample(input, limits.inflatedBytes);
  const { detection, profile } = inspectText({ head, windows, size, fingerprint: sha256, text });
  const found: Detection = { ...detection, container, evidence: [...evidence, ...detection.evidence] };
  await writeFile(join(scratch, 'detection.json'), JSON.stringify(found), { flag: 'wx' });
  await writeFile(join(scratch, 'sample-profile.json'), JSON.stringify(profile), { flag: 'wx' });
  onProgress({ done: fileSize, total: fileSize });
  return {
    files: [
      { kind: 'detection', file: 'detection.json' },
      { kind: 'sample_profile', file: 'sample-profile.json' },
    ],
  };
};

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
