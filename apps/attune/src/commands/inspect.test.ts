import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Io } from '../command.js';
import { inspect } from './inspect.js';

let directory: string;
let stdout = '';

/** No settings and no network: inspect must not want them. */
const io: Io = {
  stdout: { write: (text) => (stdout += text) },
  stderr: { write: () => true },
  fetch: () => Promise.reject(new Error('inspect reached for the network')),
  version: '0',
  signal: new AbortController().signal,
  settings: () => Promise.reject(new Error('inspect reached for the settings')),
};

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'attune-inspect-'));
  stdout = '';
});

afterEach(() => rm(directory, { recursive: true }));

test('inspect tells the dialect, and for each column its field or that it is carried, without a server', async () => {
  const path = join(directory, 'people.csv');
  await writeFile(path, 'MRN;First Name;DOB;Shoe\nP1;Quentin;3/9/1987;44\nP2;Ottilie;12/31/1990;38\n');
  expect(await inspect.run([path], io)).toBe(0);
  expect(stdout).toContain("delimiter ';'");
  expect(stdout).toMatch(/1 {2}MRN +patient_id +identifier +\d+ %/);
  expect(stdout).toMatch(/4 {2}Shoe +source\.Shoe +carried along as it is/);
  expect(stdout).not.toContain('Quentin');

  stdout = '';
  expect(await inspect.run([path, '--json'], io)).toBe(0);
  const found = JSON.parse(stdout) as { mapping: { fields: { field: string }[]; carried: { name: string }[] } };
  expect(found.mapping.fields.map(({ field }) => field)).toEqual(['patient_id', 'first_name', 'birth_date']);
  expect(found.mapping.carried.map(({ name }) => name)).toEqual(['Shoe']);
});

test('a header cannot move the cursor of the terminal', async () => {
  const path = join(directory, 'people.csv');
  await writeFile(path, 'id,na\u001b[2Jme\nP1,Quentin\nP2,Ottilie\n');
  expect(await inspect.run([path], io)).toBe(0);
  expect(stdout).not.toContain('\u001b');
});
