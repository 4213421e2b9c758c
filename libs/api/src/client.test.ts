import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AttuneClient } from './client.js';
import { exampleJob } from './examples.js';
import { ApiProblem, retryAfterOf, UnexpectedAnswer, Unreachable } from './api-problem.js';

type Handler = (request: IncomingMessage, body: Buffer, response: ServerResponse) => void;

let server: Server;
let answer: Handler;
let seen: { method: string; url: string; headers: IncomingMessage['headers']; body: string }[];
let pauses: number[];
let client: AttuneClient;

beforeEach(async () => {
  seen = [];
  pauses = [];
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      seen.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers, body: body.toString() });
      answer(request, body, response);
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  client = clientOf(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((closed) => server.close(closed));
});

function clientOf(url: string): AttuneClient {
  let keys = 0;
  const pause = (ms: number, signal?: AbortSignal): Promise<void> => {
    pauses.push(ms);
    return signal?.aborted === true ? Promise.reject(signal.reason as Error) : Promise.resolve();
  };
  return new AttuneClient({ url, apiKey: 'att_live_test', fetch, newKey: () => `key-${(keys += 1)}`, pause });
}

function json(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

function problem(response: ServerResponse, status: number, code: string, retryable: boolean, headers: Record<string, string> = {}): void {
  const body = { type: `/problems/${code}`, title: 'T', status, detail: 'D', code, request_id: 'r1', retryable };
  json(response, status, body, { 'content-type': 'application/problem+json', ...headers });
}

const submission = { file: new Blob(['a,b\n1,2\n']), name: 'people.csv' };

test('a submit that is retried keeps its idempotency key, its body, and the waits the server asks for', async () => {
  answer = (_request, _body, response) => {
    if (seen.length === 1) problem(response, 503, 'overloaded', true, { 'retry-after': '7' });
    else if (seen.length === 2) response.destroy();
    else json(response, 202, exampleJob);
  };
  await expect(client.submit(submission)).resolves.toEqual(exampleJob);
  expect(seen.map(({ headers }) => headers['idempotency-key'])).toEqual(['key-1', 'key-1', 'key-1']);
  expect(pauses).toEqual([7000, 500]);
  for (const { body } of seen)
    expect(body).toMatch(/name="operation"[^]*harmonize[^]*name="options"[^]*filename="people.csv"[^]*a,b\n1,2\n/);
});

test('two submits have two keys, and the API key goes in the header alone', async () => {
  answer = (_request, _body, response) => json(response, 202, exampleJob);
  await client.submit(submission);
  await client.submit(submission);
  expect(seen.map(({ headers }) => headers['idempotency-key'])).toEqual(['key-1', 'key-2']);
  expect(seen.map(({ headers }) => headers.authorization)).toEqual(['Bearer att_live_test', 'Bearer att_live_test']);
  expect(seen.some(({ url, body }) => `${url}${body}`.includes('att_live'))).toBe(false);
});

test('a problem arrives typed, and what is not retryable is asked once', async () => {
  answer = (_request, _body, response) => problem(response, 422, 'idempotency_mismatch', false);
  const failure = await client.submit(submission).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(ApiProblem);
  expect(failure).toMatchObject({ code: 'idempotency_mismatch', status: 422, retryable: false, problem: { request_id: 'r1' } });
  expect(seen).toHaveLength(1);
});

test('retries are bounded in number and in time', async () => {
  answer = (_request, _body, response) => problem(response, 503, 'maintenance', true);
  await expect(client.job('job_1')).rejects.toMatchObject({ code: 'maintenance' });
  expect(seen).toHaveLength(4);
  answer = (_request, _body, response) => problem(response, 503, 'maintenance', true, { 'retry-after': '3600' });
  seen = [];
  await expect(client.job('job_1')).rejects.toMatchObject({ code: 'maintenance', retryAfter: 3600 });
  expect(seen).toHaveLength(1);
});

test('an answer of something that is not Attune is told apart from one of Attune', async () => {
  answer = (_request, _body, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>Quentin Marlowe</html>');
  await expect(client.job('job_1')).rejects.toThrow(UnexpectedAnswer);
  answer = (_request, _body, response) => json(response, 200, { ...exampleJob, progress: 'Quentin Marlowe' });
  const failure = (await client.job('job_1').catch((error: unknown) => error)) as Error;
  expect(failure.message).toContain('progress');
  expect(failure.message).not.toContain('Quentin');
});

test('a proxy that answers 401 without a problem is still an authentication problem', async () => {
  answer = (_request, _body, response) => response.writeHead(401).end('no');
  await expect(client.job('job_1')).rejects.toMatchObject({ code: 'unauthenticated', status: 401 });
});

test('a server that is not there is unreachable, and the error names its address', async () => {
  const closed = createServer();
  await new Promise<void>((listening) => closed.listen(0, '127.0.0.1', listening));
  const { port } = closed.address() as AddressInfo;
  await new Promise((done) => closed.close(done));
  const failure = await clientOf(`http://127.0.0.1:${port}`)
    .version()
    .catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(Unreachable);
  expect(failure).toMatchObject({ url: `http://127.0.0.1:${port}` });
});

test('waiting outlives a server that goes away and comes back', async () => {
  const { job_id, stage, created_at, estimated_completion, metrics, version, cancel_requested } = exampleJob;
  const status = {
    job_id,
    stage,
    created_at,
    estimated_completion,
    metrics,
    version,
    cancel_requested,
    status: 'processing',
    progress: 10,
  };
  answer = (request, _body, response) => {
    if (request.url?.endsWith('/status') !== true) json(response, 200, { ...exampleJob, status: 'completed', progress: 100 });
    else if (seen.length > 1 && seen.length < 12) response.destroy();
    else if (seen.length === 12) problem(response, 503, 'overloaded', true);
    else json(response, 200, seen.length > 14 ? { ...status, status: 'completed', progress: 100 } : status);
  };
  const progress: number[] = [];
  const job = await client.wait('job_1', { onProgress: (told) => progress.push(told.progress) });
  expect(job.status).toBe('completed');
  expect(progress).toEqual([10, 10, 10, 100]);
});

test('what counts is the silence in a row, not over the whole life of a job', async () => {
  answer = (request, _body, response) => {
    if (request.url?.endsWith('/status') !== true) json(response, 200, { ...exampleJob, status: 'completed' });
    else if (seen.length % 20 !== 0) problem(response, 503, 'maintenance', true, { 'retry-after': '3600' });
    else json(response, 200, { ...exampleJob, status: seen.length < 60 ? 'processing' : 'completed' });
  };
  await expect(client.wait('job_1')).resolves.toMatchObject({ status: 'completed' });
});

test('waiting gives up on a server that stays away', async () => {
  answer = (_request, _body, response) => response.destroy();
  await expect(client.wait('job_1')).rejects.toThrow(Unreachable);
  const waitedMs = pauses.reduce((sum, ms) => sum + ms, 0);
  expect(waitedMs).toBeGreaterThan(50_000);
  expect(waitedMs).toBeLessThan(90_000);
});

test('waiting stops when the caller says so', async () => {
  const stop = new AbortController();
  answer = (_request, _body, response) => {
    stop.abort(new Error('stopped by hand'));
    response.destroy();
  };
  await expect(client.wait('job_1', { signal: stop.signal })).rejects.toThrow('stopped by hand');
});

test('pages of quarantine are walked by cursor, and only when wanted', async () => {
  const record = {
    member: '',
    record: 1,
    line: 2,
    byte_offset: 4,
    byte_length: 9,
    column: null,
    field: null,
    code: 'csv.field_count',
    message: 'm',
  };
  answer = (request, _body, response) => {
    const cursor = new URL(request.url ?? '', 'http://x').searchParams.get('cursor');
    const record_ = { ...record, record: cursor === null ? 1 : 2 };
    json(response, 200, { data: [record_], next_cursor: cursor === null ? 'a+/=' : null, has_more: cursor === null });
  };
  const walked: number[] = [];
  for await (const page of client.quarantine('job_1')) walked.push(...page.map((found) => found.record));
  expect(walked).toEqual([1, 2]);
  seen = [];
  for await (const page of client.quarantine('job_1')) if (page.length === 1) break;
  expect(seen).toHaveLength(1);
});

test('log lines are read from the answer, and one that is none is refused without being shown', async () => {
  const line = (seq: number) =>
    JSON.stringify({ seq, at: '2026-03-02T09:00:00Z', level: 'info', type: 'stage.done', message: 'm', data: {} });
  answer = (_request, _body, response) =>
    response.writeHead(200, { 'content-type': 'application/x-ndjson' }).end(`${line(1)}\n${line(2)}\n`);
  const found: number[] = [];
  for await (const { seq } of client.logs('job_1')) found.push(seq);
  expect(found).toEqual([1, 2]);
  answer = (_request, _body, response) => response.writeHead(200).end('{"seq":"Quentin Marlowe"}\n');
  await expect(client.logs('job_1').next()).rejects.toThrow(/^((?!Quentin).)*$/);
});

test('a server that is not ready answers, it does not fail', async () => {
  const checks = { database: { healthy: false, since: '2026-03-02T09:00:00Z', code: 'dependency_unavailable' } };
  answer = (_request, _body, response) => json(response, 503, { status: 'not_ready', checks });
  await expect(client.ready()).resolves.toEqual({ status: 'not_ready', checks });
  expect(seen).toHaveLength(1);
});

test('Retry-After is read as seconds or as a date', () => {
  const now = Date.parse('Mon, 02 Mar 2026 09:00:00 GMT');
  expect(retryAfterOf('120', now)).toBe(120);
  expect(retryAfterOf('Mon, 02 Mar 2026 09:00:30 GMT', now)).toBe(30);
  expect(retryAfterOf('Mon, 02 Mar 2026 08:00:00 GMT', now)).toBe(0);
  expect(retryAfterOf('soon', now)).toBeUndefined();
  expect(retryAfterOf(null, now)).toBeUndefined();
});
