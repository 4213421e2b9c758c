import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { AppError } from '@attune/core';
import { type ArgumentsHost, BadRequestException } from '@nestjs/common';
import express from 'express';
import { pino } from 'pino';
import { ProblemFilter } from './problem.js';
import { assignRequestId } from './request-id.js';

const SECRET = 'Maria Invented';

let server: Server;
let thrown: unknown;
let logged: PassThrough;

beforeEach(async () => {
  logged = new PassThrough();
  const filter = new ProblemFilter(pino(logged));
  const app = express();
  app.use(assignRequestId);
  app.use((request, response) => {
    const http = { getRequest: () => request, getResponse: () => response };
    filter.catch(thrown, { switchToHttp: () => http } as unknown as ArgumentsHost);
  });
  server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterEach(() => new Promise((resolve) => server.close(resolve)));

async function answerTo(error: unknown): Promise<{ response: Response; body: Record<string, unknown>; log: string }> {
  thrown = error;
  const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v1/jobs`, {
    headers: { 'x-request-id': 'r-1' },
  });
  const body = (await response.json()) as Record<string, unknown>;
  logged.end();
  return { response, body, log: await text(logged) };
}

test('an error of ours is a problem with its code, its place and the id of the request', async () => {
  const errors = [{ pointer: '/operation', code: 'invalid_value', message: 'No such operation.' }];
  const { response, body } = await answerTo(new AppError('validation_failed', 'the body is not valid', { errors }));
  expect(response.status).toBe(400);
  expect(response.headers.get('content-type')).toContain('application/problem+json');
  expect(body).toMatchObject({
    status: 400,
    code: 'validation_failed',
    instance: '/api/v1/jobs',
    request_id: 'r-1',
    retryable: false,
    errors,
  });
});

test.each([
  ['the cause of an error of ours', new AppError('internal', 'it failed', { cause: new Error(SECRET) }), 'internal'],
  ['an exception of a stranger', new Error(SECRET), 'internal'],
  ['an error of the framework that quotes the request', new BadRequestException(SECRET), 'validation_failed'],
  ['a body parser that quotes the body', Object.assign(new SyntaxError(SECRET), { status: 400, body: SECRET }), 'validation_failed'],
  ['something that is no error at all', SECRET, 'internal'],
])('%s reaches neither the answer nor the log', async (_what, error, code) => {
  const { response, body, log } = await answerTo(error);
  expect(body['code']).toBe(code);
  expect(JSON.stringify([body, [...response.headers], log])).not.toContain(SECRET);
  expect(JSON.stringify(body)).not.toContain('.ts');
});

test('what may be tried again says when, and a missing key says how', async () => {
  expect((await answerTo(new AppError('dependency_unavailable', 'down'))).response.headers.get('retry-after')).toBe('2');
});

test('a missing key is answered with the scheme to use', async () => {
  expect((await answerTo(new AppError('unauthenticated', 'send a key'))).response.headers.get('www-authenticate')).toBe('Bearer');
});
