import type { Io } from '../command.js';
import { retention } from './retention.js';

let stdout = '';
let asked: string[] = [];
let answers: unknown[] = [];

const io: Io = {
  stdout: { write: (text) => (stdout += text) },
  stderr: { write: () => true },
  fetch: (url, init) => {
    const { pathname, search } = new URL(url);
    asked.push(
      [init?.method, pathname + search, new Headers(init?.headers).get('if-match'), init?.body as string | undefined]
        .filter(Boolean)
        .join(' '),
    );
    return Promise.resolve(Response.json(answers.shift()));
  },
  version: '0',
  signal: new AbortController().signal,
  settings: () => Promise.resolve({ url: 'http://attune.test', apiKey: 'att_live_of_the_test', dataDir: '/nowhere', httpPort: 1 }),
};

beforeEach(() => {
  stdout = '';
  asked = [];
});

test('a decision changes what is named and leaves the rest as it was, at the version that was read', async () => {
  answers = [
    { raw_days: 30, results_days: 90, version: 3 },
    { raw_days: 30, results_days: null, version: 4 },
  ];
  expect(await retention.run(['set', '--results-days', 'forever'], io)).toBe(0);
  expect(asked).toEqual(['GET /api/v1/retention', 'PUT /api/v1/retention "3" {"raw_days":30,"results_days":null}']);
  expect(stdout).toBe('Received bytes are kept for 30 days, jobs and their results for ever.\n');
});

test('what goes is listed with its moment', async () => {
  answers = [{ data: [{ kind: 'job', id: 'job_1', due_at: '2026-05-31T09:00:05.000Z', bytes: 36 }], total: 2 }];
  expect(await retention.run(['due', '--within-days', '14'], io)).toBe(0);
  expect(asked).toEqual(['GET /api/v1/retention/due?within_days=14&limit=50']);
  expect(stdout).toBe('kind  id     bytes  goes\njob   job_1  36     2026-05-31T09:00:05.000Z\n1 of 2\n');
});

test('a hold lies on what the id names', async () => {
  answers = [{ dataset_id: 'ds_1', legal_hold: true }];
  expect(await retention.run(['hold', 'ds_1'], io)).toBe(0);
  expect(asked).toEqual(['POST /api/v1/datasets/ds_1/hold']);
});

test.each([[['set']], [['set', '--raw-days', 'many']], [['due', 'now']], [['burn']], [[]]])('%j is not understood', async (args) => {
  await expect(retention.run(args, io)).rejects.toThrow();
  expect(asked).toEqual([]);
});
