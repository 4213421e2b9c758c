import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Failpoint, failpoint, useFailpoints } from './failpoint.js';

let folder: string;
beforeEach(() => useFailpoints((folder = mkdtempSync(path.join(tmpdir(), 'attune-failpoints-')))));
afterEach(() => {
  useFailpoints(undefined);
  rmSync(folder, { recursive: true });
});

const arm = (name: Failpoint, told: string): void => writeFileSync(path.join(folder, name), told);
const place = (stage: string) => ({ jobId: 'j', stage, epoch: 1 });

test('a process that was not started for tests of faults does nothing at a failpoint', () => {
  arm('claim.after', 'throw');
  useFailpoints(undefined);
  expect(failpoint('claim.after')).toBeUndefined();
  expect(existsSync(path.join(folder, 'claim.after'))).toBe(true);
});

test('a failpoint fires once, and tells whose work it was', async () => {
  arm('claim.after', 'throw');
  await expect(failpoint('claim.after', place('check'))).rejects.toThrow('failpoint claim.after');
  await failpoint('claim.after', place('check'));
  expect(JSON.parse(readFileSync(path.join(folder, 'claim.after.fired'), 'utf8'))).toMatchObject({
    name: 'claim.after',
    action: 'throw',
    pid: process.pid,
    ...place('check'),
  });
});

test('it waits for its time and for its stage, and leaves all others alone', async () => {
  arm('heartbeat.before', 'throw@2 transform');
  await failpoint('heartbeat.after', place('transform'));
  await failpoint('heartbeat.before', place('transform'));
  await failpoint('heartbeat.before', place('check'));
  await expect(failpoint('heartbeat.before', place('transform'))).rejects.toThrow('failpoint heartbeat.before');
});

test('a slow one goes on after its time', async () => {
  arm('work.mid', 'slow:1');
  await failpoint('work.mid', place('transform'));
  expect(existsSync(path.join(folder, 'work.mid.fired'))).toBe(true);
});

test('what it does not understand it does not pass over', async () => {
  arm('work.mid', 'exlode');
  await expect(failpoint('work.mid')).rejects.toThrow('told something unknown');
});
