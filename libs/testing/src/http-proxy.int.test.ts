import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Chaos, HttpProxy } from './http-proxy.js';

let server: Server;
let proxy: HttpProxy;
/** Method, path and body of every request that came to the server. */
let asked: string[];

beforeEach(async () => {
  asked = [];
  server = createServer((request, response) => {
    void request.toArray().then((body) => {
      asked.push(`${request.method} ${request.url} ${Buffer.concat(body as Buffer[]).toString()}`);
      response.writeHead(200, { 'x-of': request.headers['x-of'] ?? '' }).end('0123456789');
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  proxy = await HttpProxy.to({ port: (server.address() as AddressInfo).port });
});
afterEach(async () => {
  await proxy.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const get = async (): Promise<string> => (await fetch(`${proxy.url}/a?b=c`)).text();

test('without chaos requests and answers pass as they are', async () => {
  const answer = await fetch(`${proxy.url}/a?b=c`, { method: 'PUT', body: 'body', headers: { 'x-of': 'mine' } });
  expect([answer.status, answer.headers.get('x-of'), await answer.text()]).toEqual([200, 'mine', '0123456789']);
  expect(asked).toEqual(['PUT /a?b=c body']);
  const head = await fetch(`${proxy.url}/`, { method: 'HEAD' });
  expect([head.status, await head.text()]).toEqual([200, '']);
});

test('the server is not asked where somebody else answers, and only for the method that is named', async () => {
  proxy.turn({ kind: 'answer', share: 1, method: 'GET', status: 503, headers: { 'retry-after': '1' }, body: 'SlowDown' });
  const answer = await fetch(proxy.url);
  expect([answer.status, answer.headers.get('retry-after'), await answer.text()]).toEqual([503, '1', 'SlowDown']);
  expect((await fetch(proxy.url, { method: 'POST' })).status).toBe(200);
  expect(asked).toEqual(['POST / ']);
  expect(proxy.mishaps).toEqual({ answer: 1 });
});

test('an answer that is lost was an effect', async () => {
  proxy.turn({ kind: 'lost', share: 1 });
  await expect(get()).rejects.toThrow();
  expect(asked).toEqual(['GET /a?b=c ']);
});

test('an answer that is cut fails in the middle', async () => {
  proxy.turn({ kind: 'cut', share: 1 });
  await expect(get()).rejects.toThrow();
});

test.each<[Chaos, string]>([
  [{ kind: 'short', share: 1 }, '012345678'],
  [{ kind: 'flipped', share: 1 }, '0123446789'],
  [{ kind: 'late', share: 1, ms: 1 }, '0123456789'],
  [{ kind: 'short', share: 0 }, '0123456789'],
])('%j leaves of the answer %s, and no sign of it in HTTP', async (chaos, left) => {
  proxy.turn(chaos);
  expect(await get()).toBe(left);
});
