import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { WebhookBody } from '@attune/api';
import type { Io } from '../command.js';
import { webhooks } from './webhooks.js';

const ID = 'wh_0197c0de-1111-7222-8333-444455556666';
const WEBHOOK: WebhookBody = {
  webhook_id: ID,
  version: 3,
  url: 'https://hooks.example.org/attune',
  types: ['job.failed'],
  description: null,
  enabled: true,
  disabled_reason: null,
  previous_secret_until: null,
  created_at: '2026-03-02T09:00:00.000Z',
  updated_at: '2026-03-02T09:00:00.000Z',
};
const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=';

let server: Server;
let url: string;
let asked: { readonly line: string; readonly match: string | undefined; readonly body: unknown }[];
let answer: unknown;
let stdout: string;

beforeEach(async () => {
  [asked, stdout] = [[], ''];
  server = createServer((request, response) => {
    void text(request).then((body) => {
      asked.push({
        line: `${request.method} ${request.url}`,
        match: request.headers['if-match'],
        body: body === '' ? null : JSON.parse(body),
      });
      const given = request.method === 'GET' && !request.url!.includes('?') ? WEBHOOK : answer;
      response.writeHead(given === undefined ? 204 : 200, { 'content-type': 'application/json' }).end(given && JSON.stringify(given));
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
  return webhooks.run(args, io);
}

test('a webhook is made for an address and types, and its secret is printed', async () => {
  answer = { ...WEBHOOK, secret: SECRET };
  expect(await run('add', WEBHOOK.url, '--type', 'job.failed', '--type', 'job.expired')).toBe(0);
  expect(asked[0]).toMatchObject({ line: 'POST /api/v1/webhooks', body: { url: WEBHOOK.url, types: ['job.failed', 'job.expired'] } });
  expect(stdout).toBe(`${ID}\n${SECRET}\n`);
});

test('a webhook is turned off and on at the version that was read', async () => {
  answer = { ...WEBHOOK, enabled: false, disabled_reason: 'owner' };
  expect(await run('disable', ID)).toBe(0);
  expect(asked[1]).toEqual({ line: `PATCH /api/v1/webhooks/${ID}`, match: '"3"', body: { enabled: false } });
  expect(stdout).toBe(`${ID} disabled (owner)\n`);
});

test('the list, one webhook and the log are tables', async () => {
  answer = { data: [WEBHOOK], next_cursor: null, has_more: false };
  await run('list');
  expect(stdout).toContain('https://hooks.example.org/attune');
  await run('show', ID);
  expect(stdout).toMatch(/state +enabled/);
  const delivery = {
    delivery_id: 'msg_1',
    job_id: 'job_1',
    type: 'job.failed',
    outcome: 'failed',
    tries: 10,
    next_try_at: null,
    last_try_at: WEBHOOK.created_at,
    last_status: null,
    last_error: 'no_answer',
    created_at: WEBHOOK.created_at,
  };
  answer = { data: [delivery], next_cursor: null, has_more: false };
  await run('log', ID, '--outcome', 'failed');
  expect(asked.at(-1)!.line).toBe(`GET /api/v1/webhooks/${ID}/deliveries?limit=20&outcome=failed`);
  expect(stdout).toMatch(/msg_1 +job\.failed +job_1 +failed +10 +no_answer +-/);
});

test('deliveries are sent once more, secrets are rotated, webhooks are removed', async () => {
  answer = { redelivered: 2 };
  await run('redeliver', ID, '--failed-since', '2026-03-02T09:00:00Z');
  answer = { ...WEBHOOK, secret: SECRET };
  await run('rotate', ID, '--grace', '60');
  answer = { secret: SECRET, previous_secret_until: WEBHOOK.created_at };
  await run('job-secret');
  answer = undefined;
  await run('remove', ID);
  expect(asked.map(({ line, body }) => [line, body])).toEqual([
    [`POST /api/v1/webhooks/${ID}/redeliver`, { failed_since: '2026-03-02T09:00:00Z' }],
    [`POST /api/v1/webhooks/${ID}/rotate-secret`, { grace_seconds: 60 }],
    ['POST /api/v1/webhooks/job-secret', {}],
    [`DELETE /api/v1/webhooks/${ID}`, null],
  ]);
  expect(stdout).toBe(`2 due\n${ID}\n${SECRET}\n${SECRET}\n`);
});

test.each([
  [[]],
  [['sing']],
  [['add']],
  [['add', 'https://a.example/', '--type', 'job.born']],
  [['redeliver', ID]],
  [['list', '--limit', '0']],
  [['job-secret', '--grace', 'soon']],
])('%j is not understood', async (args) => {
  await expect(run(...args)).rejects.toMatchObject({ name: 'UsageError' });
  expect(asked).toEqual([]);
});
