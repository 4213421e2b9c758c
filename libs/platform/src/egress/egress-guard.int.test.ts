import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { EgressGuard, type Resolve } from './egress-guard.js';
import { ownDestinations } from './reachable.js';

const REFUSED = { code: 'address_refused' };
const UNAVAILABLE = { code: 'dependency_unavailable' };
const SOON = { timeoutMs: 5_000 };
const OWN = ownDestinations(['127.0.0.1'])!;

const running: Server[] = [];
afterEach(async () => {
  for (const server of running.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

async function listen(server: Server, host = '127.0.0.1', port = 0): Promise<number> {
  running.push(server);
  await new Promise<void>((resolve) => server.listen(port, host, resolve));
  return (server.address() as AddressInfo).port;
}
const serve = (answer: RequestListener, host?: string, port?: number): Promise<number> => listen(createServer(answer), host, port);

test('an own address is asked, and its answer is read up to the limit', async () => {
  const port = await serve((_request, response) => response.writeHead(201, { 'x-kind': 'own' }).end('0123456789'));
  const guard = new EgressGuard(OWN);
  const answer = await guard.send(`http://127.0.0.1:${port}/`, { method: 'POST', body: 'hello', maxBytes: 4, ...SOON });
  expect(answer.status).toBe(201);
  expect(answer.headers['x-kind']).toBe('own');
  expect(answer.body.toString()).toBe('0123');
});

test('an endless answer is cut and does not hold the caller', async () => {
  const port = await serve((_request, response) => {
    const more = (): boolean => response.write(Buffer.alloc(16 * 1024));
    response.on('drain', more);
    while (more());
  });
  const answer = await new EgressGuard(OWN).send(`http://127.0.0.1:${port}/`, { maxBytes: 64 * 1024, ...SOON });
  expect(answer.body).toHaveLength(64 * 1024);
});

test('whoever does not answer, or does not end an answer, is left after the timeout', async () => {
  const silent = await serve(() => undefined);
  const unending = await serve((_request, response) => response.writeHead(200).write('a'));
  const guard = new EgressGuard(OWN);
  for (const port of [silent, unending])
    await expect(guard.send(`http://127.0.0.1:${port}/`, { maxBytes: 10, timeoutMs: 100 })).rejects.toMatchObject(UNAVAILABLE);
  await expect(guard.open(`http://127.0.0.1:${silent}/`, { timeoutMs: 100 })).rejects.toMatchObject(UNAVAILABLE);
  const { body } = await guard.open(`http://127.0.0.1:${unending}/`, { timeoutMs: 100 });
  await expect(text(body)).rejects.toThrow();
});

test('a resolver that does not answer is left after the timeout', async () => {
  const guard = new EgressGuard(OWN, () => new Promise(() => undefined));
  await expect(guard.send('https://slow.example/', { maxBytes: 1, timeoutMs: 50 })).rejects.toMatchObject(UNAVAILABLE);
});

test('a name with one private address among public ones is refused whole', async () => {
  const mixed: Resolve = () => Promise.resolve(['93.184.215.14', '10.0.0.1'].map((address) => ({ address, family: 4 })));
  await expect(new EgressGuard(OWN, mixed).check('https://mixed.example/')).rejects.toMatchObject(REFUSED);
});

test('a name that does not exist and a name that is private are answered with the same words', async () => {
  const missing: Resolve = () => Promise.reject(Object.assign(new Error('no'), { code: 'ENOTFOUND' }));
  const inside: Resolve = () => Promise.resolve([{ address: '10.0.0.1', family: 4 }]);
  const words = await Promise.all(
    [missing, inside].map((resolve) => new EgressGuard(OWN, resolve).check('https://db.internal/').catch((error: Error) => error.message)),
  );
  expect(words[0]).toBe(words[1]);
  expect(words[0]).toContain('not public');
});

test('resolvers that are down are a trouble that passes, not a refusal', async () => {
  const down: Resolve = () => Promise.reject(Object.assign(new Error('again'), { code: 'EAI_AGAIN' }));
  await expect(new EgressGuard(OWN, down).check('https://a.example/')).rejects.toMatchObject(UNAVAILABLE);
});

test('a name that answers another address the second time is asked at the first: resolved once, connected there', async () => {
  let stolen = 0;
  const port = await serve((_request, response) => response.end('checked'));
  await serve((_request, response) => (stolen++, response.end('stolen')), '127.0.0.2', port);
  const answers = ['127.0.0.1', '127.0.0.2'];
  let resolved = 0;
  const guard = new EgressGuard(OWN, () => Promise.resolve([{ address: answers[Math.min(resolved++, 1)]!, family: 4 }]));
  const answer = await guard.send(`http://rebind.example:${port}/`, { maxBytes: 100, ...SOON });
  expect([answer.body.toString(), resolved, stolen]).toEqual(['checked', 1, 0]);
  await expect(guard.send(`http://rebind.example:${port}/`, { maxBytes: 100, ...SOON })).rejects.toMatchObject(REFUSED);
  expect(stolen).toBe(0);
});

test('a redirect is an answer like any other where none is followed', async () => {
  const port = await serve((_request, response) => response.writeHead(302, { location: 'http://169.254.169.254/' }).end());
  expect((await new EgressGuard(OWN).send(`http://127.0.0.1:${port}/`, { maxBytes: 10, ...SOON })).status).toBe(302);
});

describe('redirects that are followed', () => {
  const open = (port: number, redirects = 3, headers = {}) =>
    new EgressGuard(OWN).open(`http://127.0.0.1:${port}/start`, { redirects, headers, ...SOON });
  const to = (location: string, status = 302): Promise<number> =>
    serve((_request, response) => response.writeHead(status, { location }).end());

  test.each([
    'http://169.254.169.254/latest/',
    'http://127.0.0.2/',
    'https://[::1]/',
    'file:///etc/passwd',
    'http://u:p@127.0.0.1/',
    '//10.0.0.1/',
  ])('to %s are refused', async (location) => {
    await expect(open(await to(location))).rejects.toMatchObject(REFUSED);
  });

  test('end, and lead to the body', async () => {
    const port = await serve((request, response) =>
      request.url === '/start' ? response.writeHead(307, { location: '/file' }).end() : response.end(`here: ${request.url}`),
    );
    const answer = await open(port);
    expect(await text(answer.body)).toBe('here: /file');
    await expect(open(await to('/start'))).rejects.toMatchObject(UNAVAILABLE);
  });

  test("the caller's headers stay with the first origin", async () => {
    const seen: (string | undefined)[] = [];
    const note: RequestListener = (request, response) => (seen.push(request.headers.authorization), response.end());
    const second = await serve(note);
    const first = await serve((request, response) => {
      seen.push(request.headers.authorization);
      response.writeHead(302, { location: `http://127.0.0.1:${second}/` }).end();
    });
    (await open(first, 1, { authorization: 'Bearer of-the-first' })).body.resume();
    expect(seen).toEqual(['Bearer of-the-first', undefined]);
  });
});

const hasOpenssl = spawnSync('openssl', ['version']).status === 0;
(hasOpenssl ? test : test.skip)('a certificate that nobody vouches for is not spoken to', async () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'attune-egress-'));
  const [key, cert] = ['key', 'cert'].map((name) => path.join(directory, name));
  const made = spawnSync('openssl', [
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-days',
    '2',
    '-subj',
    '/CN=localhost',
    '-keyout',
    key!,
    '-out',
    cert!,
  ]);
  expect(made.status).toBe(0);
  let asked = 0;
  const options = { key: readFileSync(key!), cert: readFileSync(cert!) };
  const port = await listen(createTlsServer(options, (_request, response) => (asked++, response.end())));
  await expect(new EgressGuard(OWN).send(`https://127.0.0.1:${port}/`, { maxBytes: 1, ...SOON })).rejects.toMatchObject(UNAVAILABLE);
  expect(asked).toBe(0);
  rmSync(directory, { recursive: true });
});
