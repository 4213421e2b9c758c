import { spawnSync } from 'node:child_process';
import path from 'node:path';

test('a job that is killed in each of its stages leaves the same as one that was not', () => {
  const script = path.resolve(__dirname, '../faults/kill.mjs');
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [script, '--kills', '5', '--per-stage', '1', '--rows', '30000', '--seed', '3'],
    { encoding: 'utf8' },
  );
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const told = JSON.parse(stdout.trim().split('\n').pop()!) as {
    kills_in_a_running_stage: number;
    different: number;
    hits: Record<string, number>;
  };
  expect(told.different).toBe(0);
  expect(told.kills_in_a_running_stage).toBeGreaterThanOrEqual(5);
  for (const hits of Object.values(told.hits)) expect(hits).toBeGreaterThanOrEqual(1);
}, 400_000);
