import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ANSWERS, complete, refusal, type S3Answer } from './s3-answers.js';
import { S3Bucket } from './s3-bucket.js';
import { type S3Fault, S3Faults, type S3FaultKind, type S3Operation } from './s3-faults.js';
import { S3Refusal } from './s3-refusal.js';
import { checkBody, readRequest, type S3Request } from './s3-request.js';
import { checkSignature, type S3Credentials } from './s3-signature.js';

const HANG_MS = 30_000;

/**
 * A small S3 on loopback for tests: one bucket in memory, path style, every request signed. It does what the reference of S3 says
 * for the operations that Attune uses, answers 501 to others, and has faults to switch on.
 */
export class S3Double {
  readonly bucket = new S3Bucket();
  readonly faults: S3Faults;
  /** What was asked for, in order; refused requests too. */
  readonly asked: S3Operation[] = [];
  readonly credentials: S3Credentials = { accessKeyId: 'AKIDOFTHETEST', secretAccessKey: 'secret/of+the=test' };
  readonly region = 'eu-test-1';
  readonly name = 'attune-test';
  #server: Server;

  private constructor(seed: number) {
    this.faults = new S3Faults(seed);
    this.#server = createServer((request, response) => {
      // Who breaks off a request gets no answer, and is no reason to end a test.
      this.#serve(request, response).catch(() => response.destroy());
    });
  }

  static async start(seed = 1): Promise<S3Double> {
    const double = new S3Double(seed);
    double.#server.listen(0, '127.0.0.1');
    await once(double.#server, 'listening');
    return double;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The setting ATTUNE_BLOBS_URL for this bucket. */
  url(prefix = ''): string {
    const query = new URLSearchParams({ region: this.region, endpoint: this.endpoint, path_style: 'true' });
    return `s3://${this.name}${prefix === '' ? '' : `/${prefix}`}?${query.toString()}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    let fault: S3Fault | undefined;
    let answer: S3Answer;
    try {
      const request = await readRequest(incoming);
      this.asked.push(request.operation);
      fault = this.faults.strike(request.operation);
      if (fault?.kind === 'hang') await aWhile(fault.hangMs ?? HANG_MS, response);
      answer = this.#answer(incoming, request, fault?.kind);
    } catch (error) {
      if (!(error instanceof S3Refusal)) throw error;
      answer = refusal(error);
    }
    if (fault?.kind === 'lost_response') response.destroy();
    else send(incoming, response, damaged(answer, fault?.kind), fault?.kind === 'reset');
  }

  #answer(incoming: IncomingMessage, request: S3Request, fault: S3FaultKind | undefined): S3Answer {
    const signedSha256 = checkSignature(incoming, this.region, this.credentials, new Date());
    if (request.bucket !== this.name) throw new S3Refusal(404, 'NoSuchBucket');
    checkBody(request, signedSha256);
    if (fault === 'error') throw new S3Refusal(500, 'InternalError');
    if (fault === 'slow_down') throw new S3Refusal(503, 'SlowDown');
    if (fault === 'full') throw new S3Refusal(507, 'InsufficientStorage');
    if (fault === 'part_missing') return complete(this.bucket, request, 1);
    if (fault === 'completed_twice') ANSWERS[request.operation](this.bucket, request);
    return ANSWERS[request.operation](this.bucket, request);
  }
}

/** The bytes of an answer as the fault leaves them; headers that count bytes are made from what is left. */
function damaged(answer: S3Answer, fault: S3FaultKind | undefined): S3Answer {
  const { body } = answer;
  if (!Buffer.isBuffer(body) || body.length === 0) return answer;
  if (fault === 'flipped_bit') {
    const bytes = Buffer.from(body);
    bytes[bytes.length >> 1]! ^= 0b100;
    return { ...answer, body: bytes };
  }
  if (fault !== 'truncated') return answer;
  const short = body.subarray(0, body.length >> 1);
  const range = /^bytes (\d+)-/.exec(answer.headers?.['Content-Range'] ?? '');
  const start = Number(range?.[1]);
  const headers: Record<string, string> = range
    ? { 'Content-Range': `bytes ${start}-${start + short.length - 1}/${start + short.length}` }
    : {};
  return { ...answer, headers: { ...answer.headers, ...headers }, body: short };
}

function send(request: IncomingMessage, response: ServerResponse, { status, headers, body = '' }: S3Answer, breaksOff: boolean): void {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  response.writeHead(status, { ...headers, ...(status === 204 || status === 304 ? {} : { 'Content-Length': bytes.length }) });
  if (request.method === 'HEAD') response.end();
  else if (breaksOff) response.write(bytes.subarray(0, bytes.length >> 1), () => response.socket?.resetAndDestroy());
  else response.end(bytes);
}

/** Ends with the time, or with the caller who has gone away. */
async function aWhile(ms: number, response: ServerResponse): Promise<void> {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), ms);
  await once(response, 'close', { signal: abort.signal }).catch(() => undefined);
  clearTimeout(timer);
}
