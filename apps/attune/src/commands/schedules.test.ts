import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { exampleJob, type FireBody, type ScheduleBody } from '@attune/api';
import type { Io } from '../command.js';
import { schedules } from './schedules.js';

const ID = 'sch_0197c0de-1111-7222-8333-444455556666';
const SCHEDULE: ScheduleBody = {
  schedule_id: ID,
  version: 1,
  name: 'nightly',
  cron: '30 2 * * *',
  time_zone: 'America/New_York',
  job: { operation: 'validate', input: { dataset_id: 'ds_1' }, options: {}, priority_class: 'interactive' },
  catch_up: 'last',
  paused: false,
  next_due_at: '2026-03-03T07:30:00.000Z',
  fired_through: null,
  created_at: '2026-03-01T09:00:00.000Z',
  updated_at: '2026-03-01T09:00:00.000Z',
};
const FIRE: FireBody = {
  due_at: '2026-03-02T07:30:00.000Z',
  skipped_through: null,
  cause: 'due',
  outcome: 'fired',
  job_id: 'job_1',
  job_status: 'completed',
  problem_code: null,
  decided_at: '2026-03-02T07:30:02.114Z',
  lag_seconds: 2,
};
const page = (one: unknown): unknown => ({ data: [one], next_cursor: null, has_more: false });

let server: Server;
let url: string;
let asked: { readonly line: string; readonly match: string | undefined; readonly key: boolean; readonly body: unknown }[];
let answer: unknown;
let stdout: string;

beforeEach(async () => {
  [asked, stdout, answer] = [[], '', SCHEDULE];
  server = createServer((request, response) => {
    void text(request).then((body) => {
      const { 'if-match': match, 'idempotency-key': key } = request.headers;
      asked.push({
        line: `${request.method} ${request.url}`,
        match,
        key: key !== undefined,
        body: body === '' ? null : JSON.parse(body),
      });
      response.writeHead(answer === undefined ? 204 : 200, { 'content-type': 'application/json' }).end(answer && JSON.stringify(answer));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => new Promise((resolve) => server.close(resolve)));

function run(...args: string[]): Promise<number> {
  const io: Io = {
    stdout: { write: (words) => (stdout += words) },
    stderr: { write: () => true },
    fetch,
    version: '0',
    signal: new AbortController().signal,
    settings: () => Promise.resolve({ url, apiKey: 'att_live_of_the_test', dataDir: '/nowhere', httpPort: 1 }),
  };
  return schedules.run(args, io);
}

test('a schedule is made over a dataset or a sha256, with what was said and nothing else', async () => {
  await run('add', 'ds_1', '--name', 'nightly', '--cron', '30 2 * * *', '--time-zone', 'Europe/Berlin', '--operation', 'validate');
  const sha256 = 'a'.repeat(64);
  await run('add', sha256, '--name', 'nightly', '--cron', '@x', '--catch-up', 'all', '--paused', '--options', '{"review":"when_unsure"}');
  expect(asked).toMatchObject([
    {
      line: 'POST /api/v1/schedules',
      body: {
        cron: '30 2 * * *',
        time_zone: 'Europe/Berlin',
        paused: false,
        job: { operation: 'validate', input: { dataset_id: 'ds_1' } },
      },
    },
    { body: { catch_up: 'all', paused: true, job: { operation: 'harmonize', input: { sha256 }, options: { review: 'when_unsure' } } } },
  ]);
  expect(stdout).toContain(`${ID} ${SCHEDULE.next_due_at}\n`);
});

test('a change is made at the version that was read', async () => {
  expect(await run('change', ID, '--cron', '0 4 * * *')).toBe(0);
  expect(asked[1]).toMatchObject({ line: `PATCH /api/v1/schedules/${ID}`, match: '"1"', body: { cron: '0 4 * * *' } });
});

test('it is paused, resumed, triggered under a key, removed', async () => {
  await run('pause', ID);
  await run('resume', ID);
  answer = exampleJob;
  await run('trigger', ID);
  answer = undefined;
  await run('remove', ID);
  expect(asked.map(({ line, key }) => [line, key])).toEqual([
    [`POST /api/v1/schedules/${ID}/pause`, false],
    [`POST /api/v1/schedules/${ID}/resume`, false],
    [`POST /api/v1/schedules/${ID}/trigger`, true],
    [`DELETE /api/v1/schedules/${ID}`, false],
  ]);
});

test('the list, one schedule and its history are tables', async () => {
  answer = page(SCHEDULE);
  await run('list');
  expect(stdout).toMatch(/30 2 \* \* \* +America\/New_York/);
  answer = SCHEDULE;
  await run('show', ID);
  expect(stdout).toMatch(/catch-up +last/);
  answer = page(FIRE);
  await run('history', ID, '--outcome', 'fired');
  expect(asked.at(-1)!.line).toBe(`GET /api/v1/schedules/${ID}/history?limit=20&outcome=fired`);
  expect(stdout).toMatch(/2026-03-02T07:30:00\.000Z +due +fired +job_\S+ +completed/);
});

test.each([
  [[]],
  [['sing']],
  [['add', 'ds_1']],
  [['add', 'ds_1', '--name', 'a', '--cron', '* * * * *', '--catch-up', 'some']],
  [['change', ID]],
  [['list', '--limit', '0']],
])('%j is not understood', async (args) => {
  await expect(run(...args)).rejects.toMatchObject({ name: 'UsageError' });
  expect(asked).toEqual([]);
});
