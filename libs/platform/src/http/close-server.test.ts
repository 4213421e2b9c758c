import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';
import { closeServer } from './close-server.js';

let server: Server;
let asked: Promise<[unknown, ServerResponse]>;
let url: string;

beforeEach(async () => {
  server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  asked = once(server, 'request') as Promise<[unknown, ServerResponse]>;
});

afterEach(() => void server.closeAllConnections());

test('whoever is being answered gets the answer, and nobody else is let in', async () => {
  const answer = fetch(url).then((response) => response.text());
  const [, response] = await asked;
  const closed = closeServer(server, 30_000);
  await expect(fetch(url)).rejects.toThrow();
  response.end('the answer');
  expect(await answer).toBe('the answer');
  // The connection is kept alive by the client, and ends all the same.
  await closed;
});

test('an answer that does not come in time is cut off', async () => {
  const answer = fetch(url);
  await asked;
  await closeServer(server, 100);
  await expect(answer).rejects.toThrow();
});
