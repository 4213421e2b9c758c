import { once } from 'node:events';
import { createServer, type IncomingMessage, request as httpRequest, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/** What becomes of a request. */
export type Mishap =
  /** The server is not asked. */
  | { readonly kind: 'answer'; readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string }
  /** The server is asked so much later. */
  | { readonly kind: 'late'; readonly ms: number }
  /** The server does what it is asked, and the connection is reset instead of its answer. */
  | { readonly kind: 'lost' }
  /** The connection is reset in the middle of the answer. */
  | { readonly kind: 'cut' }
  /** The answer lacks its last byte, and its Content-Length is right: nobody can tell by HTTP. */
  | { readonly kind: 'short' }
  /** One bit in the middle of the answer is another one. */
  | { readonly kind: 'flipped' };

/** The share of all requests of a method (of any, where none is named) to which it happens. */
export type Chaos = Mishap & { readonly share: number; readonly method?: string };

/** Stands between a client and an HTTP server, and lets requests come to grief as it is told, at any time. Bodies of answers are held in memory. */
export class HttpProxy {
  #chaos: readonly Chaos[] = [];
  /** How often each kind has happened. */
  readonly mishaps: Partial<Record<Mishap['kind'], number>> = {};

  private constructor(
    private readonly server: Server,
    private readonly target: { readonly host: string; readonly port: number },
    private readonly random: () => number,
  ) {}

  /** `random` answers numbers in [0, 1); a seeded one makes the mishaps repeatable. */
  static async to(target: { readonly host?: string; readonly port: number }, random: () => number = Math.random): Promise<HttpProxy> {
    const server = createServer();
    const proxy = new HttpProxy(server, { host: '127.0.0.1', ...target }, random);
    server.on('request', (request, response) => {
      proxy.#take(request, response).catch(() => response.socket?.resetAndDestroy());
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return proxy;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** From now on this happens; nothing, where nothing is said. */
  turn(...chaos: readonly Chaos[]): void {
    this.#chaos = chaos;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const mishap = this.#chaos.find(({ share, method }) => (method ?? request.method) === request.method && this.random() < share);
    if (mishap) this.mishaps[mishap.kind] = (this.mishaps[mishap.kind] ?? 0) + 1;
    if (mishap?.kind === 'answer') {
      request.resume();
      response.writeHead(mishap.status, mishap.headers).end(mishap.body);
      return;
    }
    if (mishap?.kind === 'late') await pause(mishap.ms);
    const answer = await this.#forwarded(request);
    const body = Buffer.concat((await answer.toArray()) as Buffer[]);
    if (mishap?.kind === 'lost') return void response.socket?.resetAndDestroy();
    const headers = Object.fromEntries(Object.entries(answer.headers).filter(([name]) => name !== 'transfer-encoding'));
    // A HEAD tells the length of a body that it does not have.
    if (request.method === 'HEAD') return void response.writeHead(answer.statusCode!, headers).end();
    const sent = mishap?.kind === 'short' ? body.subarray(0, -1) : mishap?.kind === 'flipped' ? flipped(body) : body;
    response.writeHead(answer.statusCode!, { ...headers, ...(hasBody(answer) ? { 'content-length': sent.length } : {}) });
    if (mishap?.kind !== 'cut') return void response.end(sent);
    response.write(sent.subarray(0, Math.floor(sent.length / 2)), () => response.socket?.resetAndDestroy());
  }

  /** As it came, with its own Host: signatures cover it. */
  async #forwarded(request: IncomingMessage): Promise<IncomingMessage> {
    const { method, url: path, rawHeaders: headers } = request;
    const onward = httpRequest({ ...this.target, method, path, headers, setHost: false, agent: false });
    request.pipe(onward);
    const [answer] = (await once(onward, 'response')) as [IncomingMessage];
    return answer;
  }
}

const hasBody = ({ statusCode }: IncomingMessage): boolean => statusCode !== 204 && statusCode !== 304;

function flipped(body: Buffer): Buffer {
  const other = Buffer.from(body);
  const middle = Math.floor(body.length / 2);
  if (body.length > 0) other[middle]! ^= 1;
  return other;
}
