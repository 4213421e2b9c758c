import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';

export interface SunkSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly attributes?: readonly { key: string; value: unknown }[];
  readonly links?: readonly { traceId: string; spanId: string }[];
}

/** A collector that keeps what it is sent (OTLP over HTTP, JSON), as text and as spans. */
export class OtlpSink {
  readonly spans: SunkSpan[] = [];
  text = '';

  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  static async start(): Promise<OtlpSink> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const sink = new OtlpSink(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/traces`);
    server.on('request', (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const body = Buffer.concat(chunks);
        sink.#take((request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body).toString());
        response.setHeader('Content-Type', 'application/json').end('{}');
      });
    });
    return sink;
  }

  stop(): Promise<void> {
    return new Promise((resolve) => {
      this.server.close(() => resolve());
      this.server.closeAllConnections();
    });
  }

  #take(text: string): void {
    this.text += text;
    const { resourceSpans } = JSON.parse(text) as { resourceSpans: { scopeSpans: { spans: SunkSpan[] }[] }[] };
    for (const { scopeSpans } of resourceSpans) for (const { spans } of scopeSpans) this.spans.push(...spans);
  }
}
