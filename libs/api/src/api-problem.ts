import { ProblemBody, PROBLEM_MEDIA_TYPE } from './problem.api.js';

/** Attune answered with a problem. `code` tells programs what it was, `detail` tells people. */
export class ApiProblem extends Error {
  readonly problem: ProblemBody;
  /** Seconds after which the server asks to be called again; undefined where it said nothing. */
  readonly retryAfter: number | undefined;

  constructor(problem: ProblemBody, retryAfter?: number) {
    super(`${problem.code}: ${problem.detail}`);
    this.name = 'ApiProblem';
    this.problem = problem;
    this.retryAfter = retryAfter;
  }

  get status(): number {
    return this.problem.status;
  }

  get code(): string {
    return this.problem.code;
  }

  get retryable(): boolean {
    return this.problem.retryable;
  }
}

/** Nobody answered: the connection was refused, reset or lost. Whether the request was received is not known. */
export class Unreachable extends Error {
  readonly url: string;

  constructor(url: string, cause: unknown) {
    super(`Attune is not answering at ${url}.`, { cause });
    this.name = 'Unreachable';
    this.url = url;
  }
}

/** What answered does not speak our contract: another server, or a proxy in between. Never holds the body. */
export class UnexpectedAnswer extends Error {
  constructor(path: string, what: string) {
    super(`The answer to ${path} is not one of Attune: ${what}`);
    this.name = 'UnexpectedAnswer';
  }
}

/** Statuses that proxies answer for a server that is away for a moment. */
const PASSING = new Set([429, 502, 503, 504]);

/** Reads the problem of a response that is not ok; a foreign body becomes a problem with the status alone. */
export async function problemFrom(response: Response, path: string, now: () => number): Promise<ApiProblem> {
  const retryAfter = retryAfterOf(response.headers.get('retry-after'), now());
  const text = await response.text();
  if (response.headers.get('content-type')?.startsWith(PROBLEM_MEDIA_TYPE) === true) {
    const parsed = ProblemBody.safeParse(jsonOf(text));
    if (parsed.success) return new ApiProblem(parsed.data, retryAfter);
  }
  const { status } = response;
  const foreign: ProblemBody = {
    type: 'about:blank',
    title: response.statusText === '' ? `HTTP ${status}` : response.statusText,
    status,
    detail: `${path} was answered with HTTP ${status}.`,
    code: status === 401 ? 'unauthenticated' : status === 403 ? 'forbidden' : 'internal',
    request_id: response.headers.get('x-request-id') ?? '',
    retryable: PASSING.has(status),
  };
  return new ApiProblem(foreign, retryAfter);
}

/** Seconds of `Retry-After`, written as seconds or as an HTTP date (RFC 9110, section 10.2.3). */
export function retryAfterOf(header: string | null, nowMs: number): number | undefined {
  if (header === null) return undefined;
  if (/^\d{1,9}$/.test(header.trim())) return Number(header);
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(0, (at - nowMs) / 1000);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined; // Not JSON: the caller answers with the status alone.
  }
}
