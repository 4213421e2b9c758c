import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { TcpProxy } from './tcp-proxy.js';

/** Answers every byte with itself. */
let echo: Server;
let arrived: string;
let proxy: TcpProxy;
const sockets: Socket[] = [];

beforeEach(async () => {
  arrived = '';
  echo = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => undefined).pipe(socket);
    socket.on('data', (data) => {
      arrived += data.toString();
      echo.emit('heard');
    });
  }).listen(0, '127.0.0.1');
  await once(echo, 'listening');
  proxy = await TcpProxy.to({ port: (echo.address() as AddressInfo).port });
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await proxy.close();
  await new Promise((resolve) => echo.close(resolve));
});

/** What a client sees of one connection. */
class Client {
  text = '';
  reset = false;
  readonly closed: Promise<unknown>;

  constructor(readonly socket: Socket) {
    sockets.push(socket);
    socket.on('data', (data: Buffer) => (this.text += data.toString()));
    socket.on('error', (error: NodeJS.ErrnoException) => (this.reset ||= error.code === 'ECONNRESET'));
    this.closed = new Promise((resolve) => socket.once('close', resolve));
  }

  static async to(port: number): Promise<Client> {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    const client = new Client(socket);
    await once(socket, 'connect');
    return client;
  }

  async has(text: string): Promise<void> {
    while (this.text.length < text.length) await once(this.socket, 'data');
    expect(this.text).toBe(text);
  }
}

test('a clear line carries bytes both ways, and the end of one side to the other', async () => {
  const client = await Client.to(proxy.port);
  client.socket.write('one');
  await client.has('one');
  client.socket.end('two');
  await client.closed;
  expect(client.text).toBe('onetwo');
});

test('an address goes through the proxy with all its other parts', () => {
  expect(proxy.through('postgres://me:secret@10.0.0.1:5432/attune?a=b')).toBe(`postgres://me:secret@127.0.0.1:${proxy.port}/attune?a=b`);
});

test('what is sent on a dead line arrives once it is clear again', async () => {
  const client = await Client.to(proxy.port);
  proxy.turn({ kind: 'dead' });
  client.socket.write('late');
  const other = await Client.to(proxy.port); // it is accepted, as by a listener whose process stands still
  other.socket.write('too');
  // A whole way there and back past the proxy: what was to pass would have passed.
  const direct = await Client.to((echo.address() as AddressInfo).port);
  direct.socket.write('direct');
  await direct.has('direct');
  expect([client.text, other.text]).toEqual(['', '']);
  proxy.turn({ kind: 'clear' });
  await client.has('late');
  await other.has('too');
});

test('a connection that is stranded stays so while new ones pass, and hears nothing of the other end', async () => {
  const client = await Client.to(proxy.port);
  client.socket.write('one');
  await client.has('one');
  expect(proxy.strand()).toBe(1);
  client.socket.write('two');
  const other = await Client.to(proxy.port);
  other.socket.write('new');
  await other.has('new');
  expect([proxy.connections, proxy.passing]).toEqual([2, 1]);
  expect([client.text, client.socket.destroyed]).toEqual(['one', false]);
  client.socket.destroy();
  await client.closed;
});

test('refused connections are reset, those that stood with them', async () => {
  const standing = await Client.to(proxy.port);
  standing.socket.write('one');
  await standing.has('one');
  proxy.turn({ kind: 'refused' });
  await standing.closed;
  const refused = new Client(connect(proxy.port, '127.0.0.1'));
  await refused.closed;
  expect([standing.reset, refused.reset]).toEqual([true, true]);
  proxy.turn({ kind: 'clear' });
  const after = await Client.to(proxy.port);
  after.socket.write('one');
  await after.has('one');
});

test('an answer is cut after so many bytes', async () => {
  proxy.turn({ kind: 'cut', afterBytes: 5 });
  const client = await Client.to(proxy.port);
  client.socket.write('123');
  await client.has('123');
  client.socket.end('4567');
  await client.closed;
  expect(client.text).toBe('12345');
});

test.each([
  { kind: 'slow', delayMs: 5, jitterMs: 5 },
  { kind: 'drip', bytesPerSecond: 2_000 },
] as const)('all bytes of a line that is $kind arrive in order', async (line) => {
  proxy.turn(line);
  const client = await Client.to(proxy.port);
  const sent = Array.from({ length: 20 }, (_, i) => `${i};`);
  for (const piece of sent) client.socket.write(piece);
  await client.has(sent.join(''));
});

test('a line that is dead one way carries the other way', async () => {
  const client = await Client.to(proxy.port);
  proxy.turn({ kind: 'dead', towards: 'client' });
  client.socket.write('heard');
  while (arrived !== 'heard') await once(echo, 'heard');
  expect(client.text).toBe('');
  proxy.turn({ kind: 'clear' });
  await client.has('heard');
});

test('after a redirection new connections go to the other server', async () => {
  const other = createServer((socket) => socket.on('error', () => undefined).end('other')).listen(0, '127.0.0.1');
  await once(other, 'listening');
  const standing = await Client.to(proxy.port);
  standing.socket.write('one');
  await standing.has('one');
  proxy.redirect({ port: (other.address() as AddressInfo).port });
  await (await Client.to(proxy.port)).has('other');
  standing.socket.write('two');
  await standing.has('onetwo');
  other.close();
});
