import net from 'node:net';

/**
 * A closed loop: `connections` requests are under way at any time for `seconds`, each the next that `request(n)` tells, spread over the addresses.
 * Answers requests per second and percentiles of the time to the last byte of the answer, in ms; `refused` counts answers over 399, and
 * `client_cpu_ms` is what the asking itself has cost per request, on processors that the server would have had otherwise.
 */
export async function load(urls, { connections, seconds, request, total = Infinity }) {
  const times = [];
  let refused = 0;
  let next = 0;
  const lines = await Promise.all(Array.from({ length: connections }, (_, i) => Line.open(new URL(urls[i % urls.length]))));
  const cpu = process.cpuUsage();
  const began = performance.now();
  const until = began + seconds * 1000;
  const loop = async (line) => {
    while (performance.now() < until && next < total) {
      const call = request(next++);
      const sent = performance.now();
      const status = await line.ask(call);
      times.push(performance.now() - sent);
      if (status > 399) refused++;
    }
  };
  await Promise.all(lines.map(loop));
  const lasted = (performance.now() - began) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  for (const line of lines) line.close();
  return {
    per_second: Math.round(times.length / lasted),
    requests: times.length,
    refused,
    ...percentiles(times),
    client_cpu_ms: Number(((user + system) / 1000 / times.length).toFixed(3)),
  };
}

/** A connection that is kept, with one request under way. It reads no more of an answer than it needs: the processors are the server's as well. */
class Line {
  #socket;
  #host;
  #settle;
  #held = Buffer.alloc(0);

  static async open({ hostname, port, host }) {
    const socket = net.connect({ host: hostname, port: Number(port), noDelay: true });
    await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    return new Line(socket, host);
  }

  constructor(socket, host) {
    this.#socket = socket;
    this.#host = host;
    socket.on('data', (bytes) => this.#heard(bytes));
    socket.on('error', (error) => this.#settle?.reject(error));
    socket.on('close', () => this.#settle?.reject(new Error('the server has closed a connection under a request')));
  }

  /** The status of the answer, once all of it is here. */
  ask({ method, path, headers, body = '' }) {
    const fields = { Host: this.#host, ...headers, ...(body === '' ? {} : { 'Content-Length': Buffer.byteLength(body) }) };
    const head = Object.entries(fields).map(([name, value]) => `${name}: ${value}`);
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
      this.#socket.write(`${method} ${path} HTTP/1.1\r\n${head.join('\r\n')}\r\n\r\n${body}`);
    });
  }

  #heard(bytes) {
    this.#held = this.#held.length === 0 ? bytes : Buffer.concat([this.#held, bytes]);
    const end = this.#held.indexOf('\r\n\r\n');
    if (end < 0) return;
    const head = this.#held.latin1Slice(0, end);
    const status = Number(head.slice(9, 12));
    const length = /^content-length: (\d+)$/im.exec(head)?.[1];
    if (length === undefined && status !== 204 && status !== 304) {
      this.#settle.reject(new Error(`an answer of status ${status} does not say how long it is`));
      return;
    }
    if (this.#held.length < end + 4 + Number(length ?? 0)) return;
    this.#held = Buffer.alloc(0);
    this.#settle.resolve(status);
  }

  close() {
    this.#settle = undefined;
    this.#socket.destroy();
  }
}

/** p50, p95, p99 and the largest, with two digits. */
export function percentiles(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const at = (share) => Number((sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? 0).toFixed(2));
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) };
}
