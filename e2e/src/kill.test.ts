import { spawn } from 'node:child_process';
import path from 'node:path';
import { text } from 'node:stream/consumers';

const SCRIPT = path.resolve(__dirname, '../faults/kill.mjs');
jest.setTimeout(300_000);

interface Told {
  readonly kills_in_a_running_stage: number;
  readonly different: number;
  readonly hits: Record<string, number>;
}

/** Kills processes of running stages until it was so many in all, and so many in each stage. */
async function killed(kills: number, perStage: number): Promise<void> {
  const args = ['--kills', String(kills), '--per-stage', String(perStage), '--rows', '20000', '--seed', '3'];
  const child = spawn(process.execPath, [SCRIPT, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const status = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  expect({ status: await status, stderr }).toEqual({ status: 0, stderr: '' });
  const told = JSON.parse(stdout.trim().split('\n').pop()!) as Told;
  expect(told.different).toBe(0);
  expect(told.kills_in_a_running_stage).toBeGreaterThanOrEqual(kills);
  for (const hits of Object.values(told.hits)) expect(hits).toBeGreaterThanOrEqual(perStage);
}

test('a job that is killed in each of its stages leaves the same as one that was not', async () => {
  await killed(5, 1);
});
