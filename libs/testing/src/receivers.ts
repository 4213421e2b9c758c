import { EventEmitter, once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** A request that has come whole. */
export interface Received {
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: string;
}

/** HTTP servers on this machine that keep what they are sent. */
export class Receivers {
  readonly received: Received[] = [];
  readonly #arrivals = new EventEmitter();
  readonly #servers: Server[] = [];

  /** Starts one and answers its origin; `answer` replies to a request that has come whole, 204 where it is not told. */
  async open(answer: RequestListener = (_request, response) => response.writeHead(204).end()): Promise<string> {
    const server = createServer((request, response) => {
      void text(request).then((body) => {
        this.received.push({ path: request.url!, headers: request.headers as Record<string, string>, body });
        answer(request, response);
        this.#arrivals.emit('arrival');
      });
    });
    this.#servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  /** Those that match and came until now, once there is one. */
  async matching(matches: (received: Received, ordinal: number) => boolean): Promise<readonly Received[]> {
    for (;;) {
      const found = this.received.filter(matches);
      if (found.length > 0) return found;
      await once(this.#arrivals, 'arrival');
    }
  }

  /** Answers that are under way are cut off. */
  async close(): Promise<void> {
    for (const server of this.#servers.splice(0)) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  }
}
