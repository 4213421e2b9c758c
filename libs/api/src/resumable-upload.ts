import { ApiProblem, UnexpectedAnswer, Unreachable } from './api-problem.js';
import type { Transport } from './transport.js';
import { UploadBody, uploadPath, UPLOADS } from './upload.api.js';

export interface UploadOptions {
  /** Name of the file as jobs show it. */
  readonly name?: string;
  /** What the bytes hash to, where it is known; other bytes are refused. */
  readonly sha256?: string;
  /** An upload of the same file to go on with, as `onBegun` has told it; absent: a new one. */
  readonly uploadId?: string;
  readonly signal?: AbortSignal;
  readonly onBegun?: (uploadId: string) => void;
  /** Told of every state that was read. */
  readonly onProgress?: (upload: UploadBody) => void;
}

/** Bytes of one request: what a connection that breaks may cost at most, and what proxies let pass. */
const PIECE_BYTES = 64 * 1024 * 1024;
/** Waits in a row without a byte that arrives before it is given up; about two minutes. */
const SILENT_TRIES = 30;
const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 5_000;
const TUS = { 'tus-resumable': '1.0.0' } as const;

/** Sends the file in pieces and goes on after every break where the server is, until it is a dataset. */
export async function uploadInPieces(http: Transport, file: Blob, options: UploadOptions): Promise<UploadBody> {
  const call = options.signal === undefined ? {} : { signal: options.signal };
  const id = options.uploadId ?? (await begin(http, file, options));
  options.onBegun?.(id);
  let [seen, silent] = [-1, 0];
  for (;;) {
    const upload = await http.read(UploadBody, uploadPath(id), call);
    options.onProgress?.(upload);
    if (upload.dataset_id !== null) return upload;
    if (upload.bytes !== file.size) throw new UnexpectedAnswer(uploadPath(id), 'the upload is of another file.');
    silent = upload.bytes_received > seen ? 0 : silent + 1;
    seen = upload.bytes_received;
    try {
      await send(http, id, file, upload.bytes_received, options.signal);
    } catch (error) {
      if (!isPassing(error) || silent >= SILENT_TRIES) throw error;
      await http.pause(Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** silent), options.signal);
    }
  }
}

async function begin(http: Transport, file: Blob, { name, sha256, signal }: UploadOptions): Promise<string> {
  const pairs = Object.entries({ filename: name, sha256 }).flatMap(([key, value]) =>
    value === undefined ? [] : [`${key} ${base64(value)}`],
  );
  const headers = { ...TUS, 'upload-length': String(file.size), 'upload-metadata': pairs.join(',') };
  const answer = await http.send(UPLOADS, { method: 'POST', headers, signal });
  const id = answer.headers.get('location')?.split('/').pop();
  if (id === undefined) throw new UnexpectedAnswer(UPLOADS, 'it does not say where the upload is.');
  return id;
}

/** One piece, tried once: whether it came is for the server to say. */
async function send(http: Transport, id: string, file: Blob, offset: number, signal: AbortSignal | undefined): Promise<void> {
  const headers = { ...TUS, 'upload-offset': String(offset), 'content-type': 'application/offset+octet-stream' };
  await http.send(uploadPath(id), { method: 'PATCH', headers, body: file.slice(offset, offset + PIECE_BYTES), tries: 1, signal });
}

/** A lost connection, a server that is busy, or an upload that another request has moved on. */
function isPassing(error: unknown): boolean {
  return error instanceof Unreachable || (error instanceof ApiProblem && (error.retryable || error.status === 409));
}

function base64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}
