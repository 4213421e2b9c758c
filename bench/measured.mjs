// What the benchmarks share: medians, and the peers that they are measured beside.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

const PEERS = path.join(import.meta.dirname, 'peers');

export const round = (value, digits = 2) => Number(value.toFixed(digits));

/** The middle one; of an even count the mean of the two in the middle. */
export function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Peers are no part of the product: they are installed when a benchmark needs them, beside it. */
export function installPeers() {
  if (fs.existsSync(path.join(PEERS, 'node_modules'))) return;
  execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: PEERS, stdio: ['ignore', 'ignore', 'inherit'] });
}
