import { spawn } from 'node:child_process';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { describeRedis } from '@attune/testing';

const SCRIPT = path.resolve(__dirname, '../faults/index.mjs');
/** The machine that tests does other things at the same time: its bounds say that something happens, not how fast (`npm run faults` does). */
const SMALL = ['--copies', '1', '--records', '800', '--scale', '0', '--slack', '6'];
jest.setTimeout(600_000);

interface Told {
  readonly results: readonly { readonly id: string; readonly outcome: string; readonly reason?: string }[];
}

/** Executes rows of the fault matrix on a split deployment; answers those that have not passed. */
async function notPassed(rows: readonly string[], backend: 'postgres' | 'redis'): Promise<readonly string[]> {
  const args = [SCRIPT, '--rows', rows.join(','), '--backend', backend, '--json', ...SMALL];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const last = stdout.trim().split('\n').pop() ?? '';
  if (!last.startsWith('{')) return [stderr.slice(-2_000)];
  const told = JSON.parse(last) as Told;
  const missing = rows.filter((id) => !told.results.some((row) => row.id === id)).map((id) => `${id}: not there`);
  return [
    ...missing,
    ...told.results.filter(({ outcome }) => outcome !== 'passed').map(({ id, outcome, reason }) => `${id}: ${outcome}, ${reason ?? ''}`),
  ];
}

test('nothing is lost, doubled or changed when processes are killed, and the database restarts or drops its sessions', async () => {
  expect(await notPassed(['F09', 'F18', 'F37', 'F38'], 'postgres')).toEqual([]);
});

describeRedis('with the queue in Redis', () => {
  test('nor when a worker is killed, and Redis is emptied', async () => {
    expect(await notPassed(['F14', 'F31'], 'redis')).toEqual([]);
  });
});
