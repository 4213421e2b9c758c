import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AppError } from '@attune/core';
import fc from 'fast-check';
import { depthOf, readJson } from './json-body.js';

let server: Server;

beforeAll(async () => {
  server = createServer((request, response) => {
    readJson(request).then(
      (value) => response.end(JSON.stringify({ value })),
      (error: unknown) => response.end(error instanceof AppError ? error.code : 'internal'),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterAll(() => new Promise((resolve) => server.close(resolve)));

async function sent(body: string | Uint8Array<ArrayBuffer>, type = 'application/json'): Promise<string> {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return (await fetch(url, { method: 'POST', body, headers: { 'content-type': type } })).text();
}

test('any JSON value arrives as it was sent', async () => {
  await fc.assert(
    fc.asyncProperty(fc.jsonValue({ maxDepth: 8 }), async (value) => {
      expect(await sent(JSON.stringify(value))).toBe(JSON.stringify({ value: JSON.parse(JSON.stringify(value)) as unknown }));
    }),
    { numRuns: 50 },
  );
});

test.each([
  ['another content type', 'a=1', 'text/plain', 'unsupported_media'],
  ['text that is no JSON', '{', 'application/json', 'validation_failed'],
  ['bytes that are no UTF-8', new Uint8Array([0x22, 0xff, 0x22]), 'application/json', 'validation_failed'],
  ['33 levels', `${'['.repeat(33)}${']'.repeat(33)}`, 'application/json', 'validation_failed'],
  ['half a million levels', '['.repeat(500_000), 'application/json', 'validation_failed'],
  ['more than 1 MiB', `"${'x'.repeat(1024 * 1024)}"`, 'application/json', 'payload_too_large'],
])('%s is refused', async (_, body, type, code) => expect(await sent(body, type)).toBe(code));

test('32 levels and a charset are taken, and brackets in texts are no levels', async () => {
  expect(await sent(`${'['.repeat(32)}${']'.repeat(32)}`, 'application/json; charset=utf-8')).toContain('"value"');
  expect(depthOf(Buffer.from(JSON.stringify({ a: '[[[{{{"\\"[', b: [1] })))).toBe(2);
});
