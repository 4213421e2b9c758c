import { z } from 'zod';
import { ApiProblem, problemFrom, UnexpectedAnswer, Unreachable } from './api-problem.js';

/** Waits that long unless the signal says stop; then it rejects with the signal's reason. */
export type Pause = (ms: number, signal: AbortSignal | undefined) => Promise<void>;

export interface TransportOptions {
  /** Base of the server, as in `http://127.0.0.1:8080`. */
  readonly url: string;
  /** Absent: requests go without a key, which is enough for health and version. */
  readonly apiKey?: string | undefined;
  readonly fetch: typeof fetch;
  /** How often a call is made at most; 4 unless given. */
  readonly tries?: number;
  readonly pause?: Pause;
  readonly now?: () => number;
}

export interface Call {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: FormData | Blob | string;
  readonly signal?: AbortSignal | undefined;
  /** How often this call is made at most. */
  readonly tries?: number;
  /** Statuses besides 2xx whose body is an answer and not a problem. */
  readonly answers?: readonly number[];
}

/** First wait, tries in all, and the longest wait that is worth it: a server that asks for more is given up on at once. */
const FIRST_WAIT_MS = 250;
const TRIES = 4;
const LONGEST_WAIT_MS = 30_000;

/**
 * The fetch standard keeps a copy of the body in case it must be sent again (HTTP-network-or-cache fetch, step 8.1): a whole
 * upload in memory. These two members together say that it never will be. Nor do we follow redirects with a key in the header.
 */
const STREAMED = { redirect: 'error', window: null } as const;

/** One request over HTTP: the key, the retries, the problems. Retried are only answers that say so, and lost connections. */
export class Transport {
  readonly url: string;
  readonly pause: Pause;
  readonly now: () => number;
  readonly #options: TransportOptions;

  constructor(options: TransportOptions) {
    this.url = options.url.replace(/\/+$/, '');
    this.pause = options.pause ?? pause;
    this.#options = options;
    this.now = options.now ?? Date.now;
  }

  /** The response when it is ok; throws ApiProblem, Unreachable, or the reason of the signal. */
  async send(path: string, call: Call = {}): Promise<Response> {
    for (let attempt = 1; ; attempt += 1) {
      const outcome = await this.#once(path, call);
      if (!(outcome instanceof Error)) return outcome;
      const waitMs = attempt < (call.tries ?? this.#options.tries ?? TRIES) ? waitBefore(outcome, attempt) : undefined;
      if (waitMs === undefined) throw outcome;
      await this.pause(waitMs, call.signal);
    }
  }

  /** The body of the answer, checked against its contract. */
  async read<Schema extends z.ZodType>(schema: Schema, path: string, call: Call = {}): Promise<z.output<Schema>> {
    const response = await this.send(path, call);
    const body: unknown = await response.json().catch(() => {
      throw new UnexpectedAnswer(path, 'it is not JSON.');
    });
    const parsed = schema.safeParse(body);
    if (parsed.success) return parsed.data;
    throw new UnexpectedAnswer(path, parsed.error.issues.map((issue) => `${issue.path.map(String).join('.')} (${issue.code})`).join(', '));
  }

  /**
   * Sends bytes once to an address elsewhere, without our key; answers the status. The address may be a secret: no error holds it.
   * @throws Unreachable, the reason of the signal
   */
  async put(address: string, body: Blob, signal: AbortSignal): Promise<number> {
    try {
      const response = await this.#options.fetch(address, { method: 'PUT', body, signal, ...STREAMED });
      await response.body?.cancel();
      return response.status;
    } catch (cause) {
      signal.throwIfAborted();
      throw new Unreachable(URL.canParse(address) ? new URL(address).origin : 'the object store', cause);
    }
  }

  async #once(path: string, call: Call): Promise<Response | ApiProblem | Unreachable> {
    const headers = new Headers({ accept: 'application/json', ...call.headers });
    if (this.#options.apiKey !== undefined) headers.set('authorization', `Bearer ${this.#options.apiKey}`);
    const body = call.body ?? null;
    const request = { method: call.method ?? 'GET', headers, body, signal: call.signal ?? null, ...STREAMED };
    let response: Response;
    try {
      response = await this.#options.fetch(this.url + path + queryOf(call.query), request);
      if (!response.ok && call.answers?.includes(response.status) !== true) return await problemFrom(response, path, this.now);
    } catch (cause) {
      call.signal?.throwIfAborted();
      return new Unreachable(this.url, cause);
    }
    return response;
  }
}

/** Milliseconds to wait before the next try; undefined when trying again is not worth it. */
function waitBefore(failure: ApiProblem | Unreachable, attempt: number): number | undefined {
  const ownMs = FIRST_WAIT_MS * 2 ** (attempt - 1);
  if (failure instanceof Unreachable) return ownMs;
  if (!failure.retryable) return undefined;
  const waitMs = failure.retryAfter === undefined ? ownMs : failure.retryAfter * 1000;
  return waitMs > LONGEST_WAIT_MS ? undefined : waitMs;
}

function queryOf(query: Call['query']): string {
  const given = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) if (value !== undefined) given.set(name, String(value));
  return given.size === 0 ? '' : `?${given.toString()}`;
}

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, ms);
    if (signal?.aborted === true) stop();
    else signal?.addEventListener('abort', stop, { once: true });
  });
}
