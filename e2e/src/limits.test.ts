import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import net from 'node:net';
import { text } from 'node:stream/consumers';
import { crc32 } from 'node:zlib';
import { verifiedFetch } from './contract.js';
import { Installation, problemOf } from './installation.js';

const JOBS = 7;
const API = 30;
const ORIGIN = 'https://console.example';
const FILE = 'patient_id,first_name\nP1,Ada\nP2,Bo\n';
let attune: Installation;
beforeAll(async () => {
  attune = await Installation.start({
    ATTUNE_RATE_JOBS: String(JOBS),
    ATTUNE_RATE_API: String(API),
    ATTUNE_CORS_ORIGINS: `${ORIGIN}, https://other.example`,
    ATTUNE_TRUST_PROXY: '1',
  });
});
afterAll(async () => expect(await attune.stop()).toEqual({ exitCode: 0, left: [] }), 60_000);

const rateOf = (answer: Response): readonly [string | null, number] => [
  answer.headers.get('ratelimit-policy'),
  Number(/;r=(\d+);/.exec(answer.headers.get('ratelimit') ?? '')?.[1]),
];
const metric = async (name: string): Promise<number> =>
  Number(
    new RegExp(`^${name.replace(/[{}]/g, '\\$&')} (\\d+)$`, 'm').exec(await (await fetch(`${attune.server.url}/metrics`)).text())?.[1] ?? 0,
  );

test('jobs are limited per key, replays count too, and the answer says how many are left and when it is free again', async () => {
  const key = randomUUID();
  for (let i = 1; i <= JOBS; i++) {
    const answer = await attune.post({ bytes: FILE, key });
    expect([answer.status, ...rateOf(answer)]).toEqual([202, `"jobs";q=${JOBS};w=60`, JOBS - i]);
  }
  const refused = await attune.post({ bytes: FILE, key });
  const wait = Number(refused.headers.get('retry-after'));
  expect([wait >= 1, wait <= 60]).toEqual([true, true]);
  expect(await problemOf(refused)).toMatchObject({ status: 429, code: 'rate_limited', retryable: true });
  expect(rateOf(refused)).toEqual([`"jobs";q=${JOBS};w=60`, 0]);
  // Reading goes on: it has a limit of its own.
  expect((await attune.request('/api/v1/jobs')).status).toBe(200);
  expect(await metric('rate_limited_total{policy="jobs"}')).toBe(1);
});

test('what needs no key is never limited; what needs one is, and a refused answer has no data', async () => {
  let answer = await attune.request('/api/v1/jobs?limit=1');
  for (let i = 0; i < API && answer.status === 200; i++) answer = await attune.request('/api/v1/jobs?limit=1');
  expect((await problemOf(answer)).code).toBe('rate_limited');
  for (const path of ['/health/live', '/health', '/version', '/metrics', '/openapi.json', '/docs', '/problems/rate_limited'])
    expect([path, (await verifiedFetch(attune.server.url + path)).status]).toEqual([path, 200]);
});

test('who guesses keys is stopped after twenty, even if right at last; who had a right key before goes on, and so do other addresses', async () => {
  const from = (address: string, key: string): Promise<Response> =>
    verifiedFetch(`${attune.server.url}/api/v1/jobs/${randomUUID()}`, { headers: { 'X-API-Key': key, 'X-Forwarded-For': address } });
  const right = attune.server.headers['Authorization']!.replace('Bearer ', '');
  expect((await from('192.0.2.1', right)).status).not.toBe(401);
  for (let i = 0; i < 20; i++) expect((await from('192.0.2.1', apiKey(i))).status).toBe(401);
  const locked = await from('192.0.2.1', apiKey(20));
  expect(locked.headers.get('ratelimit')).toBeNull();
  expect((await problemOf(locked)).code).toBe('rate_limited');
  expect((await from('192.0.2.2', apiKey(21))).status).toBe(401);
  const known = await from('192.0.2.1', right);
  expect([known.status, known.headers.get('ratelimit-policy')]).not.toEqual([429, null]);
  for (let i = 30; i < 51; i++) await from('2001:db8::1', apiKey(i));
  const late = await from('2001:db8::2', right);
  expect([late.status, late.headers.get('ratelimit-policy')]).toEqual([429, null]);
  const keyless = await verifiedFetch(`${attune.server.url}/api/v1/jobs`, { headers: { 'X-Forwarded-For': '192.0.2.1' } });
  expect(keyless.status).toBe(401);
});

/** A key that nobody has, of the right shape: the CRC-32 of its secret in base 62 at the end. */
function apiKey(serial: number): string {
  const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
  const secret = String(serial).padStart(30, '0');
  let rest = crc32(secret);
  let check = '';
  for (let i = 0; i < 6; i++, rest = Math.floor(rest / 62)) check = alphabet[rest % 62]! + check;
  return `att_live_${secret}${check}`;
}

test('every answer carries the security headers, and over TLS the browser is told to stay with it', async () => {
  for (const path of ['/api/v1/jobs', '/health/live', '/nowhere']) {
    const { headers } = await fetch(attune.server.url + path);
    expect(headers.get('content-security-policy')).toBe("default-src 'none';frame-ancestors 'none'");
    expect([headers.get('x-content-type-options'), headers.get('referrer-policy')]).toEqual(['nosniff', 'no-referrer']);
    expect([headers.get('cache-control'), headers.get('strict-transport-security')]).toEqual(['no-store', null]);
    expect([headers.get('x-powered-by'), headers.get('x-frame-options')]).toEqual([null, 'DENY']);
  }
  const behindTls = await fetch(`${attune.server.url}/health/live`, { headers: { 'X-Forwarded-Proto': 'https' } });
  expect(behindTls.headers.get('strict-transport-security')).toBe('max-age=31536000; includeSubDomains');
});

test('pages of the listed origins may call and read, those of others may not', async () => {
  const preflight = (origin: string): Promise<Response> =>
    fetch(`${attune.server.url}/api/v1/jobs`, {
      method: 'OPTIONS',
      headers: {
        Origin: origin,
        'Access-Control-Request-Method': 'POST',
        'Access-Control-Request-Headers': 'authorization,idempotency-key',
      },
    });
  const allowed = await preflight(ORIGIN);
  expect([allowed.status, allowed.headers.get('access-control-allow-origin')]).toEqual([204, ORIGIN]);
  expect(allowed.headers.get('access-control-allow-headers')?.toLowerCase()).toContain('idempotency-key');
  expect(allowed.headers.get('access-control-allow-methods')).toContain('POST');
  expect((await preflight('https://evil.example')).headers.get('access-control-allow-origin')).toBeNull();
  const read = await fetch(`${attune.server.url}/api/v1/jobs`, { headers: { Origin: ORIGIN } });
  expect([read.headers.get('access-control-allow-origin'), read.headers.get('vary')]).toEqual([ORIGIN, expect.stringContaining('Origin')]);
  for (const name of ['Location', 'Retry-After', 'ETag', 'RateLimit', 'RateLimit-Policy', 'Idempotent-Replayed', 'Link', 'X-Request-Id'])
    expect(read.headers.get('access-control-expose-headers')?.split(',')).toContain(name);
  expect(read.headers.get('access-control-allow-credentials')).toBeNull();
});

test.each([
  [
    'header fields that are too large',
    `GET /health/live HTTP/1.1\r\nHost: a\r\nX-Long: ${'x'.repeat(20_000)}\r\n\r\n`,
    431,
    'header_too_large',
  ],
  ['what is no HTTP', 'HELLO\r\n\r\n', 400, 'validation_failed'],
  ['header fields that do not come to an end', 'GET /health/live HTTP/1.1\r\nHost: a\r\nX-Slow: ', 400, 'validation_failed'],
])('%s are answered with a problem, and the connection ends', async (_, sent, status, code) => {
  const { hostname, port } = new URL(attune.server.url);
  const socket = net.connect(Number(port), hostname);
  await once(socket, 'connect');
  socket.write(sent);
  const [head, body] = (await text(socket)).split('\r\n\r\n');
  expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  expect(head).toContain('application/problem+json');
  expect(JSON.parse(body!)).toMatchObject({ status, code });
});
