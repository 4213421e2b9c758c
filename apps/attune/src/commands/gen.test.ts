import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Generation, generators } from '@attune/synth';
import type { Io } from '../command.js';
import { main } from '../main.js';

const ROOT = path.join(__dirname, '../../../..');

let directory: string;
let stdout = '';
let stderr = '';

/** No settings and no network: gen must not want them. */
function io(signal = new AbortController().signal): Io {
  return {
    stdout: { write: (text) => (stdout += text) },
    stderr: { write: (text) => (stderr += text) },
    fetch: () => Promise.reject(new Error('gen reached for the network')),
    version: '0',
    signal,
    settings: () => Promise.reject(new Error('gen reached for the settings')),
  };
}

beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'attune-gen-'));
  stdout = '';
  stderr = '';
});

afterEach(() => rm(directory, { recursive: true }));

function gen(words: string, signal?: AbortSignal): Promise<number> {
  return main(['gen', ...words.split(' ').map((word) => word.replace('@', `${directory}/`))], io(signal));
}

function made(request: ConstructorParameters<typeof Generation>[1]): Buffer {
  return Buffer.concat([...new Generation(generators[0]!, request)].map(({ bytes }) => bytes));
}

test('the file and stdout hold the bytes of the generator for the seed', async () => {
  expect(await gen('members --rows 200 --seed 4 --format ndjson')).toBe(0);
  expect(stdout).toBe(made({ records: 200, seed: 4, format: 'ndjson' }).toString());
  stdout = '';
  expect(await gen('members --rows 9000 --seed 4 --no-address --duplicates 0 --out @m.csv')).toBe(0);
  const expected = made({ records: 9000, seed: 4, format: 'csv', includeAddress: false, duplicateShare: 0 });
  expect((await readFile(path.join(directory, 'm.csv'))).equals(expected)).toBe(true);
  expect(stdout).toBe('');
  expect(stderr).toContain('9000 records: 9000 originals, 0 duplicates (0 padded), 0 hostile');
});

test('the truth file has a line for every record that is no original, as the script of the benchmarks writes it', async () => {
  expect(await gen('members --rows 8000 --seed 9 --hostile 0.02 --out @m.csv --truth @m.truth')).toBe(0);
  const script = ['--rows', '8000', '--seed', '9', '--hostile', '0.02', '--out', `${directory}/s.csv`, '--truth', `${directory}/s.truth`];
  expect(spawnSync(process.execPath, [path.join(ROOT, 'bench/generate-members.mjs'), ...script]).status).toBe(0);
  const [mine, theirs] = await Promise.all(['m', 's'].map((name) => readFile(path.join(directory, `${name}.truth`), 'utf8')));
  expect(mine).toBe(theirs);
  expect(JSON.parse(mine!.split('\n')[0]!)).toMatchObject({ ordinal: expect.any(Number) as number, kind: expect.any(String) as string });
  expect((await readFile(path.join(directory, 'm.csv'))).equals(await readFile(path.join(directory, 's.csv')))).toBe(true);
});

test('an interrupted command leaves no file', async () => {
  const interrupt = Object.assign(new Error('interrupted'), { name: 'AbortError' });
  expect(await gen('members --rows 100000 --out @m.csv --truth @t', AbortSignal.abort(interrupt))).toBe(130);
  expect(await readdir(directory)).toEqual([]);
});

test.each([
  ['members', '--rows is missing'],
  ['--rows 5', 'What to make is missing'],
  ['claims --rows 5', 'What to make is one of members'],
  ['members --rows five', '--rows is a number'],
  ['members --rows 1.5', 'number of records'],
  ['members --rows 5 --seed 4294967296', 'seed'],
  ['members --rows 5 --format xml', '--format is one of csv, ndjson'],
  ['members --rows 5 --hostile 0.1', '--hostile needs --out'],
  ['members --rows 5 --duplicates 0.9 --out @m', 'duplicates'],
  ['members --rows 5 --out @none/m.csv', 'cannot be written'],
  ['members --rows 5 --out @m.csv --truth @none/t', 'cannot be written'],
])('gen %s is a usage error and leaves no file', async (words, message) => {
  expect(await gen(words)).toBe(2);
  expect(stderr).toContain(message);
  expect([stdout, await readdir(directory)]).toEqual(['', []]);
});
