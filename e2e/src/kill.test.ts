import { spawn } from 'node:child_process';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { describeRedis } from '@attune/testing';

const SCRIPT = path.resolve(__dirname, '../faults/kill.mjs');
jest.setTimeout(400_000);

interface Told {
  readonly kills_in_a_running_stage: number;
  readonly gateways_killed: number;
  readonly different: number;
  readonly hits: Record<string, number>;
}

/** Kills processes in every stage of a job until each stage was met, and so many in all. */
async function killed(kills: number, rows: number, ...more: readonly string[]): Promise<Told> {
  const args = ['--kills', String(kills), '--per-stage', '1', '--rows', String(rows), '--seed', '3', ...more];
  const child = spawn(process.execPath, [SCRIPT, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const status = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  expect({ status: await status, stderr }).toEqual({ status: 0, stderr: '' });
  const told = JSON.parse(stdout.trim().split('\n').pop()!) as Told;
  expect(told.different).toBe(0);
  expect(told.kills_in_a_running_stage).toBeGreaterThanOrEqual(kills);
  for (const hits of Object.values(told.hits)) expect(hits).toBeGreaterThanOrEqual(1);
  return told;
}

test('a job that is killed in each of its stages leaves the same as one that was not', async () => {
  await killed(5, 30_000);
});

test('so does one of a split deployment, whichever of its processes is killed', async () => {
  expect((await killed(5, 20_000, '--split')).gateways_killed).toBeGreaterThan(0);
});

describeRedis('with the queue in Redis', (url) => {
  test('so does one of a split deployment', async () => {
    expect((await killed(5, 20_000, '--split', '--queue', `${url}/15`)).gateways_killed).toBeGreaterThan(0);
  });
});
