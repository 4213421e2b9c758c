import { Readable } from 'node:stream';
import { AppError } from '@attune/core';
import { type BlobStore, type DatasetsRepository, Deadline, type EgressGuard, type Metrics, type OpenAnswer } from '@attune/platform';
import { type JobInput, keepReceived } from './keep-received.js';

/** Until an answer begins, and the longest that it may stand still. */
const SILENCE_MS = 10_000;
/** The whole of it. Whoever submits waits for this; what takes longer is for an upload. */
const WHOLE_MS = 120_000;
const REDIRECTS = 3;

export interface FetchParts {
  readonly guard: EgressGuard;
  readonly blobs: BlobStore;
  readonly datasets: DatasetsRepository;
  readonly metrics: Metrics;
  readonly uploadLimitBytes: number;
}

/**
 * The bytes at an address, stored like an upload. The address is written down nowhere: its query may be the right to read the file.
 * @throws AppError, at `/input/source_url`: address_refused; source_refused when the server gives no file; source_failed when it does not
 * answer, or not to the end, in time; payload_too_large, unprocessable_file (an empty file). As a store does: dependency_unavailable.
 */
export async function fetchedInput(
  parts: FetchParts,
  tenantId: string,
  url: string,
  signal: AbortSignal,
  wholeMs = WHOLE_MS,
): Promise<JobInput> {
  const deadline = new Deadline(wholeMs, signal);
  try {
    const answer = await asked(parts.guard, url, deadline.signal);
    const stored = await received(parts, tenantId, answer, deadline);
    parts.metrics.bytesProcessed.inc({ direction: 'in' }, stored.bytes);
    const input = await keepReceived(parts, tenantId, { ...stored, name: null });
    return { ...input, sourceHost: new URL(url).hostname };
  } finally {
    deadline.close();
  }
}

async function asked(guard: EgressGuard, url: string, signal: AbortSignal): Promise<OpenAnswer> {
  let answer: OpenAnswer;
  try {
    answer = await guard.open(url, {
      redirects: REDIRECTS,
      // The bytes of the file are what is hashed and kept, not those of a transport.
      headers: { accept: '*/*', 'accept-encoding': 'identity', 'user-agent': 'attune' },
      timeoutMs: SILENCE_MS,
      signal,
    });
  } catch (error) {
    if (signal.aborted) throw located('source_failed', 'the address does not answer in time', error);
    if (!(error instanceof AppError)) throw error;
    // An address that cannot be reached is its owner's trouble, not one of a dependency of ours.
    throw located(error.code === 'address_refused' ? 'address_refused' : 'source_failed', error.detail, error);
  }
  if (answer.status === 200) return answer;
  answer.body.destroy();
  throw located(
    answer.status >= 500 || answer.status === 429 ? 'source_failed' : 'source_refused',
    `the address answered with status ${answer.status}`,
  );
}

async function received(
  { blobs, uploadLimitBytes }: FetchParts,
  tenantId: string,
  { headers, body }: OpenAnswer,
  deadline: Deadline,
): Promise<{ sha256: string; bytes: number; key: string }> {
  const source = Readable.from(delivered(body), { objectMode: false });
  try {
    if (Number(headers['content-length'] ?? 0) > uploadLimitBytes)
      throw located('payload_too_large', `the file is larger than ${uploadLimitBytes} bytes`);
    const keyOf = (sha256: string): string => `tenants/${tenantId}/blobs/${sha256}`;
    const stored = await blobs.receive(source, keyOf, uploadLimitBytes, { signal: deadline.signal });
    if (stored.bytes === 0) throw located('unprocessable_file', 'the file is empty: it has 0 bytes');
    return stored;
  } catch (error) {
    if (deadline.signal.aborted) throw located('source_failed', 'the file was not whole in time; upload it instead', error);
    throw error;
  } finally {
    source.destroy();
    body.destroy();
  }
}

/** The file as it comes; what breaks it off is told apart from what the store has against it. */
async function* delivered(body: Readable): AsyncGenerator<Buffer> {
  try {
    for await (const part of body as AsyncIterable<Buffer>) yield part;
  } catch (cause) {
    throw located('source_failed', 'the file ended before its end', cause);
  }
}

function located(
  code: 'address_refused' | 'source_refused' | 'source_failed' | 'payload_too_large' | 'unprocessable_file',
  detail: string,
  cause?: unknown,
): AppError {
  return new AppError(code, detail, { cause, errors: [{ pointer: '/input/source_url', code, message: detail }] });
}
