import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { ROOT, type Upload } from './installation.js';

const made = new Map<number, Buffer>();

/** 100,000 members that keep the engine busy for a while; made once for each seed. */
export function manyMembers(seed: number): Upload {
  const bytes = made.get(seed) ?? generated(seed);
  made.set(seed, bytes);
  return { bytes, name: 'many.csv', options: { output_formats: ['csv'] } };
}

function generated(seed: number): Buffer {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'attune-many-'));
  try {
    const file = path.join(directory, 'many.csv');
    const { status } = spawnSync(process.execPath, [
      path.join(ROOT, 'bench/generate-members.mjs'),
      ...['--rows', '100000', '--seed', String(seed), '--out', file],
    ]);
    expect(status).toBe(0);
    return fs.readFileSync(file);
  } finally {
    fs.rmSync(directory, { recursive: true });
  }
}
