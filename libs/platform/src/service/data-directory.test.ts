import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { takeDataDirectory } from './data-directory.js';

let directory: string;
beforeEach(() => (directory = mkdtempSync(path.join(tmpdir(), 'attune-directory-'))));
afterEach(() => rmSync(directory, { recursive: true, force: true }));

test('a data directory belongs to one living process, and its owner clears away what a crash has left', async () => {
  mkdirSync(path.join(directory, 'scratch/attempt'), { recursive: true });
  const giveBack = await takeDataDirectory(directory);
  expect(existsSync(path.join(directory, 'scratch'))).toBe(false);
  const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
  const started = readFileSync(`/proc/${other.pid}/stat`, 'utf8').split(') ')[1]!.split(' ')[19]!;
  writeFileSync(path.join(directory, 'attune.pid'), `${other.pid} ${started}`);
  await expect(takeDataDirectory(directory)).rejects.toMatchObject({ code: 'dependency_unavailable' });
  writeFileSync(path.join(directory, 'attune.pid'), `${other.pid} 1`); // the same process id, used again
  await expect(takeDataDirectory(directory)).resolves.toBeDefined();
  writeFileSync(path.join(directory, 'attune.pid'), `${other.pid} ${started}`);
  other.kill('SIGKILL');
  await once(other, 'exit');
  await takeDataDirectory(directory);
  await giveBack();
  expect(existsSync(path.join(directory, 'attune.pid'))).toBe(false);
});
