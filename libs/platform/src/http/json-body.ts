import type { IncomingMessage } from 'node:http';
import { AppError } from '@attune/core';

/** Bounds of every JSON body (api.md, section 1). */
const BODY_BYTES = 1024 * 1024;
const DEPTH = 32;
/** Longest time between the first and the last byte: a body of this size needs no more. */
const BODY_MS = 30_000;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPENERS = new Set([0x5b, 0x7b]);
const CLOSERS = new Set([0x5d, 0x7d]);

/**
 * The JSON value of a request's body, to be parsed by its contract next; an empty body is undefined.
 * @throws AppError unsupported_media for another content type, payload_too_large above 1 MiB, validation_failed for what is no
 * JSON in UTF-8, is nested deeper than 32, or does not arrive within 30 s.
 */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  const bytes = await readBody(request);
  if (bytes.length === 0 && request.headers['content-type'] === undefined) return undefined;
  if (!/^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i.test(request.headers['content-type'] ?? ''))
    throw new AppError('unsupported_media', 'send the body as application/json');
  if (bytes.length === 0) return undefined;
  if (depthOf(bytes) > DEPTH) throw invalid('too_deep', `The body is nested deeper than ${DEPTH}.`);
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as unknown;
  } catch {
    // The parser's message quotes the body, so it is no cause of ours.
    throw invalid('invalid_json', 'The body is not JSON in UTF-8.');
  }
}

/** How deep arrays and objects lie in each other; counted on the bytes, so that no parser has to survive it first. */
export function depthOf(json: Uint8Array): number {
  let depth = 0;
  let deepest = 0;
  let quoted = false;
  for (let at = 0; at < json.length; at++) {
    const byte = json[at]!;
    if (quoted && byte === BACKSLASH) at++;
    else if (byte === QUOTE) quoted = !quoted;
    else if (!quoted && OPENERS.has(byte)) deepest = Math.max(deepest, ++depth);
    else if (!quoted && CLOSERS.has(byte)) depth--;
  }
  return deepest;
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > BODY_BYTES) throw tooLarge();
  const chunks: Buffer[] = [];
  let size = 0;
  return await new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(invalid('too_slow', 'The body did not arrive in time.')), BODY_MS);
    const settle = (done: () => void): void => {
      clearTimeout(late);
      request.off('data', take);
      done();
    };
    const take = (chunk: Buffer): void => {
      size += chunk.length;
      if (size > BODY_BYTES) settle(() => reject(tooLarge()));
      else chunks.push(chunk);
    };
    request.on('data', take);
    request.once('end', () => settle(() => resolve(Buffer.concat(chunks))));
    request.once('close', () => settle(() => reject(invalid('aborted', 'The body ended before its end.'))));
    request.once('error', () => settle(() => reject(invalid('aborted', 'The body ended before its end.'))));
  });
}

function tooLarge(): AppError {
  return new AppError('payload_too_large', 'a JSON body holds at most 1 MiB');
}

function invalid(code: string, message: string): AppError {
  return new AppError('validation_failed', message, { errors: [{ pointer: '', code, message }] });
}
