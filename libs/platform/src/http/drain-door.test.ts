import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import express from 'express';
import { drainDoor } from './drain-door.js';

let drained = 0;
const app = express();
app.use(drainDoor(() => drained++));
app.use((_request: express.Request, response: express.Response) => void response.status(418).end());
app.use(
  (_error: unknown, _request: express.Request, response: express.Response, _next: express.NextFunction) => void response.status(404).end(),
);
const server = createServer(app);

beforeAll(() => new Promise<void>((resolve) => server.listen(0, resolve)));
afterAll(() => new Promise((resolve) => server.close(resolve)));
beforeEach(() => (drained = 0));

async function asked(method: string, headers: Record<string, string> = {}, host = '127.0.0.1', path = '/internal/drain'): Promise<number> {
  return (await fetch(`http://${host}:${(server.address() as AddressInfo).port}${path}`, { method, headers })).status;
}

test('a caller on this machine makes the process drain; other paths are not touched', async () => {
  expect(await asked('POST')).toBe(202);
  expect(drained).toBe(1);
  expect(await asked('POST', {}, '127.0.0.1', '/internal/drained')).toBe(418);
});

test.each([
  ['another method', 'GET', {}],
  ['a request that a proxy here passes on', 'POST', { 'X-Forwarded-For': '203.0.113.7' }],
  ['a request with the mark of a proxy', 'POST', { Via: '1.1 mesh' }],
])('to %s the path is not there', async (_, method, headers) => {
  expect([await asked(method, headers), drained]).toEqual([404, 0]);
});

const address = Object.values(networkInterfaces())
  .flat()
  .find((one) => one && !one.internal && one.family === 'IPv4')?.address;
const testOnNetwork = address === undefined ? test.skip : test;

testOnNetwork('to a caller that does not come from loopback the path is not there', async () => {
  const { port } = server.address() as AddressInfo;
  // From our own outer address to itself: the peer that the server sees is not loopback.
  const answer = await new Promise<string>((resolve, reject) => {
    const socket = connect({ host: address!, port, localAddress: address! }, () =>
      socket.end('POST /internal/drain HTTP/1.1\r\nHost: attune\r\nContent-Length: 0\r\nConnection: close\r\n\r\n'),
    );
    socket.once('data', (data) => resolve(data.toString('latin1', 0, 12))).once('error', reject);
  });
  expect([answer, drained]).toEqual(['HTTP/1.1 404', 0]);
});
