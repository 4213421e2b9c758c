import { EventEmitter, once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/** What a line does to the bytes on it. */
export type Line =
  | { readonly kind: 'clear' }
  /** Each piece arrives `delayMs` later, give or take `jitterMs`, in order. */
  | { readonly kind: 'slow'; readonly delayMs: number; readonly jitterMs?: number }
  /** So many bytes each second and connection, one at a time where it is below 100. */
  | { readonly kind: 'drip'; readonly bytesPerSecond: number }
  /** Nothing passes and nothing ends, as with a cable pulled: what was sent meanwhile arrives once the line is clear again. */
  | { readonly kind: 'dead'; readonly towards?: 'server' | 'client' }
  /** Connections end with a reset as soon as they are made; those that stand are reset at once. */
  | { readonly kind: 'refused' }
  /** The answer of each connection ends with its socket after so many bytes, counted from the change on. */
  | { readonly kind: 'cut'; readonly afterBytes: number };

interface Connection {
  readonly client: Socket;
  readonly server: Socket;
  /** Left behind by both ends without being told: nothing passes any more, whatever the line does. */
  stranded: boolean;
  /** Bytes that the server has answered since the line was changed. */
  answered: number;
}

const CLEAR: Line = { kind: 'clear' };
/** Bytes that may be on their way in one direction of a connection. */
const WINDOW = 1024 * 1024;

/** Stands between a client and a TCP server, and makes the way between them as bad as it is told, at any time. */
export class TcpProxy {
  readonly #connections = new Set<Connection>();
  /** Tells `change` whenever somebody who waits may have to go on. */
  readonly #news = new EventEmitter().setMaxListeners(0);
  #line: Line = CLEAR;
  #closed = false;

  private constructor(
    private readonly server: Server,
    private target: { readonly host: string; readonly port: number },
  ) {}

  static async to(target: { readonly host?: string; readonly port: number }): Promise<TcpProxy> {
    const server = createServer({ allowHalfOpen: true });
    const proxy = new TcpProxy(server, { host: '127.0.0.1', ...target });
    server.on('connection', (client) => proxy.#accept(client));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return proxy;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Connections that stand. */
  get connections(): number {
    return this.#connections.size;
  }

  /** Those of them that were not stranded. */
  get passing(): number {
    return [...this.#connections].filter(({ stranded }) => !stranded).length;
  }

  /** The same address by way of this proxy. */
  through(url: string): string {
    const way = new URL(url);
    way.host = `127.0.0.1:${this.port}`;
    return way.href;
  }

  /** Changes the line for connections that stand and that come. */
  turn(line: Line): void {
    this.#line = line;
    for (const connection of this.#connections) connection.answered = 0;
    if (line.kind === 'refused') this.reset();
    this.#news.emit('change');
  }

  /** New connections go to this server; those that stand stay with the one before. */
  redirect(target: { readonly host?: string; readonly port: number }): void {
    this.target = { host: '127.0.0.1', ...target };
  }

  /** Ends all connections that stand with a reset. */
  reset(): void {
    for (const connection of this.#connections) this.#drop(connection);
  }

  /** Makes the connections that stand half-open for good: both ends believe in them and nothing passes. New ones are as the line is. */
  strand(): number {
    for (const connection of this.#connections) connection.stranded = true;
    return this.#connections.size;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#news.emit('change');
    this.reset();
    await new Promise((resolve) => this.server.close(resolve));
  }

  #accept(client: Socket): void {
    client.on('error', () => undefined); // the close follows
    if (this.#line.kind === 'refused') {
      client.resetAndDestroy();
      return;
    }
    const server = connect({ ...this.target, allowHalfOpen: true });
    const connection: Connection = { client, server, stranded: false, answered: 0 };
    this.#connections.add(connection);
    server.once('error', () => this.#drop(connection));
    client.once('close', () => void this.#over(connection));
    server.once('close', () => void this.#over(connection));
    void this.#carry(connection, client, server);
    void this.#carry(connection, server, client);
  }

  /** One direction. What is not taken away fills the buffers of the sender, as on any line. */
  async #carry(connection: Connection, from: Socket, to: Socket): Promise<void> {
    try {
      let passed: Promise<void> = Promise.resolve();
      let onTheWay = 0;
      for await (const piece of from.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
        const sentAt = performance.now();
        onTheWay += piece.length;
        passed = passed.then(() => this.#pass(connection, piece, to, sentAt)).then(() => void (onTheWay -= piece.length));
        passed.catch(() => undefined); // awaited below
        if (this.#line.kind !== 'slow' || onTheWay > WINDOW) await passed;
      }
      await passed;
      await this.#alive(connection, to);
      to.end();
    } catch {
      // One end was reset: the other hears of it as soon as something passes.
      await this.#alive(connection);
      this.#drop(connection);
    }
  }

  async #pass(connection: Connection, piece: Buffer, to: Socket, sentAt: number): Promise<void> {
    const line = await this.#alive(connection, to);
    switch (line.kind) {
      case 'slow':
        await pause(sentAt + line.delayMs + (Math.random() * 2 - 1) * (line.jitterMs ?? 0) - performance.now());
        await this.#alive(connection, to);
        break;
      case 'drip':
        return this.#drip(connection, piece, to);
      case 'cut':
        if (to === connection.client && connection.answered + piece.length > line.afterBytes) {
          const rest = piece.subarray(0, Math.max(0, line.afterBytes - connection.answered));
          await written(to, rest);
          to.end();
          connection.server.destroy();
          return;
        }
        break;
      case 'clear':
      case 'dead':
      case 'refused':
    }
    if (to === connection.client) connection.answered += piece.length;
    await written(to, piece);
  }

  async #drip(connection: Connection, piece: Buffer, to: Socket): Promise<void> {
    for (let sent = 0; sent < piece.length;) {
      const line = await this.#alive(connection, to);
      const step = line.kind === 'drip' ? Math.max(1, Math.floor(line.bytesPerSecond / 100)) : piece.length - sent;
      if (line.kind === 'drip') await pause((step * 1000) / line.bytesPerSecond);
      await written(to, piece.subarray(sent, sent + step));
      sent += step;
    }
  }

  /** The line as soon as bytes may pass on it in that direction (in both where none is said), or both ends are gone. */
  async #alive(connection: Connection, to?: Socket): Promise<Line> {
    const { client, server } = connection;
    while (!this.#closed && !(client.destroyed && server.destroyed) && (connection.stranded || isDead(this.#line, connection, to)))
      await once(this.#news, 'change');
    return this.#line;
  }

  /** One end is gone: the other hears of it only where something passes. */
  async #over(connection: Connection): Promise<void> {
    this.#news.emit('change');
    await this.#alive(connection);
    this.#connections.delete(connection);
    connection.client.destroy();
    connection.server.destroy();
  }

  #drop({ client, server }: Connection): void {
    for (const socket of [client, server]) if (!socket.destroyed) socket.resetAndDestroy();
  }
}

function isDead(line: Line, { server }: Connection, to: Socket | undefined): boolean {
  return line.kind === 'dead' && (line.towards === undefined || to === undefined || line.towards === (to === server ? 'server' : 'client'));
}

async function written(to: Socket, bytes: Buffer): Promise<void> {
  if (to.destroyed || bytes.length === 0 || to.write(bytes)) return;
  await Promise.race([once(to, 'drain'), once(to, 'close')]);
}
