import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { takeDataDirectory } from './data-directory.js';

let directory: string;
beforeEach(() => (directory = mkdtempSync(path.join(tmpdir(), 'attune-directory-'))));
afterEach(() => rmSync(directory, { recursive: true, force: true }));

test('a data directory belongs to one living process, and its owner clears away what a crash has left', async () => {
  mkdirSync(path.join(directory, 'scratch/attempt'), { recursive: true });
  const job = '01890000-0000-7000-8000-000000000001';
  mkdirSync(path.join(directory, 'scratch', job, 'transform/0/1'), { recursive: true });
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

test('an owner in another container is believed for as long as it gives signs of life', async () => {
  const lock = path.join(directory, 'attune.pid');
  // The same number as ours, as it is in every container.
  writeFileSync(lock, `${process.pid} 1 another-host`);
  await expect(takeDataDirectory(directory, 200)).rejects.toThrow('on another-host');
  const long = new Date(Date.now() - 60_000);
  utimesSync(lock, long, long);
  const giveBack = await takeDataDirectory(directory, 200);
  expect(readFileSync(lock, 'utf8')).not.toContain('another-host');
  utimesSync(lock, long, long);
  while (Date.now() - statSync(lock).mtimeMs > 30_000) await new Promise((resolve) => setTimeout(resolve, 100));
  await giveBack();
  expect(existsSync(lock)).toBe(false);
});

test('of an attempt that a crash has ended, what another one can go on with stays and nothing else', async () => {
  const job = path.join(directory, 'scratch/01890000-0000-7000-8000-000000000001');
  for (const attempt of ['transform/0/1/tmp', 'transform/0/2', 'inspect/0/1']) mkdirSync(path.join(job, attempt), { recursive: true });
  mkdirSync(path.join(directory, 'scratch/call-1'));
  for (const file of ['checkpoint.json', 'silver.part.csv', 'in.dataset']) writeFileSync(path.join(job, 'transform/0/1', file), file);
  const giveBack = await takeDataDirectory(directory);
  const left = readdirSync(path.join(directory, 'scratch'), { recursive: true }).map(String).sort();
  expect(left.map((name) => name.split('/').slice(1).join('/'))).toEqual([
    '',
    'transform',
    'transform/0',
    'transform/0/1',
    'transform/0/1/checkpoint.json',
    'transform/0/1/silver.part.csv',
  ]);
  await giveBack();
});
