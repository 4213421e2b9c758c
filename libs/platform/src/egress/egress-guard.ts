import { type LookupAddress, promises as dns } from 'node:dns';
import { type ClientRequest, type IncomingHttpHeaders, type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import type { Readable } from 'node:stream';
import { AppError } from '@attune/core';
import { Deadline } from '../watch/deadline.js';
import { addressFault, hostOf, type OwnDestinations, urlFault } from './reachable.js';

/** Answers every address of a name, as `dns.lookup` does with `all`. */
export type Resolve = (host: string) => Promise<readonly LookupAddress[]>;

export interface Outgoing {
  readonly method?: 'GET' | 'POST' | 'HEAD';
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: string | Buffer;
  /** For all of it until the answer begins, at `send` until it ends. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/** An answer whose body is still to be read; whoever does not read it to its end destroys it. */
export interface OpenAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Readable;
}

/** An answer with as much of its body as was asked for. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

const MAX_HEADER_BYTES = 16 * 1024;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/**
 * The only way out to an address that somebody else has given (security.md, section 3). The name is resolved once, every address is
 * looked at, and the connection goes to the addresses that were looked at: a name that answers differently the next time gains nothing.
 */
export class EgressGuard {
  constructor(
    private readonly own: OwnDestinations,
    private readonly resolve: Resolve = (host) => dns.lookup(host, { all: true, verbatim: true }),
    /** Who is believed about certificates instead of the authorities that Node knows (PEM). */
    private readonly authority?: string,
  ) {}

  /** Tells whether the address may be asked. @throws AppError address_refused; dependency_unavailable when names cannot be resolved. */
  async check(address: string): Promise<void> {
    await this.#target(address);
  }

  /** Asks once, follows no redirect, and reads at most `maxBytes` of the answer. @throws as `open` */
  async send(address: string, { maxBytes, ...outgoing }: Outgoing & { readonly maxBytes: number }): Promise<Answer> {
    return inTime(outgoing, async (signal) => {
      const answer = await this.#ask(await this.#target(address, signal), outgoing, signal);
      return { status: answer.status, headers: answer.headers, body: await readUpTo(answer.body, maxBytes) };
    });
  }

  /**
   * Asks and leaves the body to be read. With `redirects`, so many are followed (GET and HEAD), every hop looked at like the first;
   * headers of the caller go to the first origin only. The signal ends the asking; a body is ended by destroying it, and ends with an
   * error when it stands still for `timeoutMs`.
   * @throws AppError address_refused; dependency_unavailable when nobody answers in time or redirects do not end.
   */
  async open(address: string, { redirects = 0, ...outgoing }: Outgoing & { readonly redirects?: number }): Promise<OpenAnswer> {
    return inTime(outgoing, async (signal) => {
      const { headers, ...bare } = outgoing;
      let target = await this.#target(address, signal);
      const { origin } = target.url;
      for (let left = redirects; ; left--) {
        const answer = await this.#ask(target, target.url.origin === origin ? { ...bare, headers } : bare, signal);
        const next = REDIRECTS.has(answer.status) && redirects > 0 ? answer.headers.location : undefined;
        if (next === undefined) return answer;
        answer.body.destroy();
        if (left === 0) throw new AppError('dependency_unavailable', 'the address redirects too often');
        target = await this.#target(URL.canParse(next, target.url.href) ? new URL(next, target.url).href : next, signal);
      }
    });
  }

  /** What `address` stands for, looked at whole: one address that is refused refuses the name. */
  async #target(address: string, signal?: AbortSignal): Promise<Target> {
    if (!URL.canParse(address)) throw refused('it is no URL');
    const url = new URL(address);
    const fault = urlFault(url);
    if (fault !== undefined) throw refused(fault);
    const addresses = await abortable(this.#addresses(hostOf(url)), signal);
    // The same words for a name that does not exist and one that is private: our names are nobody's business.
    if (addresses.length === 0) throw refused('the host is not public');
    for (const { address } of addresses) {
      const fault = addressFault(url, address, this.own);
      if (fault !== undefined) throw refused(fault);
    }
    return { url, addresses };
  }

  async #addresses(host: string): Promise<readonly LookupAddress[]> {
    // A socket asks no lookup for what is an address already, so nothing else may be looked at for it.
    if (isIP(host) !== 0) return [{ address: host, family: isIP(host) }];
    try {
      return await this.resolve(host);
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException;
      if (code === 'ENOTFOUND' || code === 'ENODATA') return [];
      throw new AppError('dependency_unavailable', 'names cannot be resolved', { cause });
    }
  }

  #ask({ url, addresses }: Target, { method = 'GET', headers, body, timeoutMs }: Outgoing, signal: AbortSignal): Promise<OpenAnswer> {
    return new Promise((resolve, reject) => {
      const fail = (cause: unknown): void => reject(new AppError('dependency_unavailable', 'the address does not answer', { cause }));
      const asked: ClientRequest = (url.protocol === 'https:' ? requestHttps : requestHttp)(url, {
        method,
        headers,
        signal,
        lookup: answering(addresses),
        ...(this.authority === undefined ? {} : { ca: this.authority }),
        maxHeaderSize: MAX_HEADER_BYTES,
        // A connection is for one address that was looked at just now, and is never taken again.
        agent: false,
      });
      asked.setTimeout(timeoutMs, () => asked.destroy(new Error('idle')));
      asked.on('error', fail);
      asked.once('response', (answer: IncomingMessage) => {
        // Whoever reads it hears of the failure as well; a body that nobody reads any more must not end the process.
        answer.on('error', () => undefined);
        resolve({ status: answer.statusCode!, headers: answer.headers, body: answer });
      });
      asked.end(body);
    });
  }
}

interface Target {
  readonly url: URL;
  readonly addresses: readonly LookupAddress[];
}

/** A lookup that knows nothing but the addresses that were looked at. */
function answering(addresses: readonly LookupAddress[]): LookupFunction {
  return (_host, options, callback) => {
    if (options.all) callback(null, [...addresses]);
    else callback(null, addresses[0]!.address, addresses[0]!.family);
  };
}

async function readUpTo(body: Readable, maxBytes: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let bytes = 0;
  try {
    // Leaving the loop destroys the stream, and with it the connection.
    for await (const part of body as AsyncIterable<Buffer>) {
      parts.push(part.subarray(0, maxBytes - bytes));
      bytes += part.length;
      if (bytes >= maxBytes) break;
    }
  } catch (cause) {
    throw new AppError('dependency_unavailable', 'the answer does not end', { cause });
  }
  return Buffer.concat(parts);
}

async function inTime<T>({ timeoutMs, signal }: Outgoing, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const deadline = new Deadline(timeoutMs, signal);
  try {
    return await work(deadline.signal);
  } finally {
    deadline.close();
  }
}

/** A resolver cannot be told to stop; whoever waits for it can. */
async function abortable<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  let stop!: () => void;
  const stopped = new Promise<never>((_resolve, reject) => {
    stop = () => reject(new AppError('dependency_unavailable', 'names are not resolved in time'));
  });
  signal.addEventListener('abort', stop);
  try {
    signal.throwIfAborted();
    return await Promise.race([work, stopped]);
  } finally {
    signal.removeEventListener('abort', stop);
    work.catch(() => undefined);
  }
}

function refused(fault: string): AppError {
  return new AppError('address_refused', `The address may not be asked: ${fault}.`);
}
