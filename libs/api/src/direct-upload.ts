import { ApiProblem, UnexpectedAnswer, Unreachable } from './api-problem.js';
import type { Transport } from './transport.js';
import { DirectUploadBody, UploadBody, uploadPath, UPLOADS } from './upload.api.js';

export interface DirectUploadOptions {
  /** Name of the file as jobs show it. */
  readonly name?: string;
  /**
   * What the bytes hash to, 64 hexadecimal digits in lower case; other bytes are refused. A promise is waited for once the parts are sent, so
   * that the file can be hashed meanwhile; one that fails ends the upload.
   */
  readonly sha256?: string | Promise<string>;
  /** Parts under way at once, 4 unless given. */
  readonly parallel?: number;
  /** An upload of the same file to go on with, as `onBegun` has told it; absent: a new one. */
  readonly uploadId?: string;
  /** An upload that fails stays to be gone on with, until it expires; else it is given up, and the store keeps nothing of it. */
  readonly keepOnFailure?: boolean;
  readonly signal?: AbortSignal;
  readonly onBegun?: (uploadId: string) => void;
  /** Told of the state at the begin, and whenever a part has arrived. */
  readonly onProgress?: (progress: DirectProgress) => void;
}

export interface DirectProgress {
  readonly bytes: number;
  /** In parts that have arrived whole. */
  readonly bytesArrived: number;
}

type Part = DirectUploadBody['parts'][number];

const PARALLEL = 4;
/** Addresses are good for a quarter of an hour; a part takes its time after it has been given one. */
const FRESH_MS = 8 * 60_000;
/** Failures of one part in a row before it is given up; about half a minute. */
const PART_TRIES = 10;
/** Waits in a row before the completion is given up; about two minutes. */
const SILENT_TRIES = 30;
const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 5_000;
const GIVING_UP_MS = 10_000;
const JSON_BODY = { 'content-type': 'application/json' };

/**
 * Sends the parts of a file to the object store itself, a few at once and each again where it fails, and completes them to a dataset. Only the
 * bytes under way lie in memory.
 * @throws ApiProblem (`conflict_state` where the store takes nothing from clients), Unreachable, UnexpectedAnswer, the reason of the signal
 */
export async function uploadDirectly(http: Transport, file: Blob, options: DirectUploadOptions): Promise<UploadBody> {
  const stop = new AbortController();
  const leave = (): void => stop.abort(options.signal?.reason);
  if (options.signal?.aborted === true) leave();
  options.signal?.addEventListener('abort', leave, { once: true });
  // What cannot be hashed need not be sent to its end.
  const sha256 = Promise.resolve(options.sha256);
  sha256.catch((error: unknown) => stop.abort(error));
  let begun: DirectUploadBody | undefined;
  try {
    begun = await begin(http, file, options, stop.signal);
    options.onBegun?.(begun.upload_id);
    await sendParts(http, file, begun, options, stop);
    return await complete(http, begun.upload_id, await sha256, stop.signal);
  } catch (error) {
    // An upload that is of another file, or could not be asked for, is none of ours to give up.
    if (begun !== undefined && options.keepOnFailure !== true) await giveUp(http, begun.upload_id);
    throw error;
  } finally {
    options.signal?.removeEventListener('abort', leave);
  }
}

async function begin(http: Transport, file: Blob, { name, uploadId }: DirectUploadOptions, signal: AbortSignal): Promise<DirectUploadBody> {
  if (uploadId === undefined) {
    const body = JSON.stringify({ bytes: file.size, name });
    return http.read(DirectUploadBody, `${UPLOADS}/presign`, { method: 'POST', headers: JSON_BODY, body, signal });
  }
  const begun = await partsOf(http, uploadId, signal);
  if (begun.bytes !== file.size) throw new UnexpectedAnswer(uploadPath(uploadId), 'the upload is of another file.');
  return begun;
}

function partsOf(http: Transport, id: string, signal: AbortSignal): Promise<DirectUploadBody> {
  return http.read(DirectUploadBody, `${uploadPath(id)}/parts`, { signal });
}

/** All parts that are missing; the first that fails for good stops the others, and none is under way when this ends. */
async function sendParts(
  http: Transport,
  file: Blob,
  begun: DirectUploadBody,
  { parallel = PARALLEL, onProgress }: DirectUploadOptions,
  stop: AbortController,
): Promise<void> {
  const places = new Places(http, begun, stop.signal);
  let bytesArrived = begun.parts.reduce((sum, { arrived, bytes }) => sum + (arrived ? bytes : 0), 0);
  onProgress?.({ bytes: file.size, bytesArrived });
  // Shared: whoever is free takes the next.
  const missing = begun.parts.filter(({ arrived }) => !arrived).values();
  const sendSome = async (): Promise<void> => {
    for (const { number, bytes } of missing) {
      const start = (number - 1) * begun.part_bytes;
      await sendPart(http, places, number, file.slice(start, start + bytes), stop.signal);
      bytesArrived += bytes;
      onProgress?.({ bytes: file.size, bytesArrived });
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, parallel) }, () => sendSome().catch((error: unknown) => stop.abort(error))));
  stop.signal.throwIfAborted();
}

/** Until it has arrived. Whether a part whose answer was lost has come is for the server to say. */
async function sendPart(http: Transport, places: Places, number: number, bytes: Blob, signal: AbortSignal): Promise<void> {
  let since = http.now() - FRESH_MS;
  for (let failures = 1; ; failures += 1) {
    try {
      const { url } = await places.of(number, since);
      if (url === null) return;
      const status = await http.put(url, bytes, signal);
      if (status >= 200 && status < 300) return;
      throw new PartRefused(number, status);
    } catch (error) {
      signal.throwIfAborted();
      if (!isPassing(error) || failures >= PART_TRIES) throw error;
    }
    await http.pause(waitAfter(failures), signal);
    since = http.now();
  }
}

/** The store took the part for something else, or its address for too old; with a new address it may do. */
class PartRefused extends UnexpectedAnswer {
  constructor(number: number, status: number) {
    super(`part ${number}`, `the object store answered with HTTP ${status}.`);
    this.name = 'PartRefused';
  }
}

/** Where parts go. One question to the server serves all who need a new address. */
class Places {
  #askedAt: number;
  #parts: Promise<readonly Part[]>;

  constructor(
    private readonly http: Transport,
    private readonly upload: DirectUploadBody,
    private readonly signal: AbortSignal,
  ) {
    this.#askedAt = http.now();
    this.#parts = Promise.resolve(upload.parts);
  }

  /** The part as the server has told it after `since` (ms). */
  async of(number: number, since: number): Promise<Part> {
    if (this.#askedAt <= since) {
      this.#askedAt = this.http.now();
      this.#parts = partsOf(this.http, this.upload.upload_id, this.signal).then(({ parts }) => parts);
    }
    const part = (await this.#parts)[number - 1];
    if (part === undefined) throw new UnexpectedAnswer(uploadPath(this.upload.upload_id), 'a part is missing.');
    return part;
  }
}

/** The server reads all bytes to hash them; a connection that does not last so long leaves it at work. */
async function complete(http: Transport, id: string, sha256: string | undefined, signal: AbortSignal): Promise<UploadBody> {
  const call = { method: 'POST', headers: JSON_BODY, body: JSON.stringify({ sha256 }), signal, tries: 1 } as const;
  for (let silent = 0; ;) {
    try {
      return await http.read(UploadBody, `${uploadPath(id)}/complete`, call);
    } catch (error) {
      const atWork = error instanceof ApiProblem && error.code === 'upload_locked';
      silent = atWork ? 0 : silent + 1;
      if (!(atWork || isPassing(error)) || silent > SILENT_TRIES) throw error;
      await http.pause(atWork ? LONGEST_WAIT_MS : waitAfter(silent), signal);
    }
  }
}

/** As well as can be: what stays is removed by the server when it expires. The signal of the caller may be why it is given up. */
async function giveUp(http: Transport, id: string): Promise<void> {
  const call = { method: 'DELETE', headers: { 'tus-resumable': '1.0.0' }, tries: 1, signal: AbortSignal.timeout(GIVING_UP_MS) } as const;
  await http.send(uploadPath(id), call).catch(() => undefined);
}

function isPassing(error: unknown): boolean {
  return error instanceof Unreachable || error instanceof PartRefused || (error instanceof ApiProblem && error.retryable);
}

function waitAfter(failures: number): number {
  return Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (failures - 1));
}
