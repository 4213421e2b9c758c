import { AppError } from '@attune/core';
import type { StoredDataset, Upload } from '@attune/platform';
import type { Request, Response } from 'express';
import { cleanName } from './submission.js';

/** tus 1.0.0 (tus.io/protocols/resumable-upload): its header fields, and nothing of what they are for. */
const VERSION = '1.0.0';
const EXTENSIONS = 'creation,expiration,termination';
const BODY_TYPE = /^application\/offset\+octet-stream\s*(;|$)/i;

/** What a client says of an upload in `Upload-Metadata`. */
export interface TusMetadata {
  readonly name: string | null;
  readonly declaredSha256: string | null;
  /** As it came; a HEAD tells it again. */
  readonly metadata: string;
}

/** Every answer says the version; a request without it is not one of tus. @throws AppError precondition_failed */
export function speakTus(request: Request, response: Response): void {
  response.set('Tus-Resumable', VERSION);
  if (request.header('tus-resumable') === VERSION) return;
  response.set('Tus-Version', VERSION);
  throw new AppError('precondition_failed', `the header Tus-Resumable has to be ${VERSION}`, {
    errors: [{ header: 'Tus-Resumable', code: 'unsupported_version', message: `Only ${VERSION} is spoken here.` }],
  });
}

/** What this server can do. */
export function abilities(maxSize: number): Record<string, string> {
  return { 'Tus-Resumable': VERSION, 'Tus-Version': VERSION, 'Tus-Extension': EXTENSIONS, 'Tus-Max-Size': String(maxSize) };
}

/** Of the file to come. @throws AppError validation_failed, payload_too_large, unprocessable_file (0 bytes) */
export function uploadLength(request: Request, response: Response, limitBytes: number): number {
  if (request.header('upload-defer-length') !== undefined)
    throw invalid('Upload-Defer-Length', 'unsupported', 'The length has to be known from the start.');
  const length = count(request, 'Upload-Length');
  if (length > limitBytes) {
    response.set('Tus-Max-Size', String(limitBytes));
    throw new AppError('payload_too_large', `the file is larger than ${limitBytes} bytes`);
  }
  if (length === 0) throw new AppError('unprocessable_file', 'the file is empty: it has 0 bytes');
  return length;
}

/** Where the body of a PATCH goes. @throws AppError validation_failed, unsupported_media */
export function uploadOffset(request: Request): number {
  if (!BODY_TYPE.test(request.header('content-type') ?? ''))
    throw new AppError('unsupported_media', 'send the bytes as application/offset+octet-stream');
  return count(request, 'Upload-Offset');
}

/** `filename` (or `name`) and `sha256` are understood, anything else is kept and told again. @throws AppError validation_failed */
export function uploadMetadata(request: Request): TusMetadata {
  const metadata = request.header('upload-metadata') ?? '';
  const pairs = new Map<string, string>();
  for (const pair of metadata.split(',').filter((text) => text.trim() !== '')) {
    const [key, value = '', ...rest] = pair.trim().split(' ');
    if (rest.length > 0 || pairs.has(key!) || !/^[\x21-\x2b\x2d-\x7e]+$/.test(key!) || !/^[A-Za-z0-9+/]*={0,2}$/.test(value))
      throw invalid('Upload-Metadata', 'invalid_format', 'It is a list of keys, each once, with a value in Base64.');
    pairs.set(key!, Buffer.from(value, 'base64').toString());
  }
  const declaredSha256 = pairs.get('sha256')?.toLowerCase() ?? null;
  if (declaredSha256 !== null && !/^[0-9a-f]{64}$/.test(declaredSha256))
    throw invalid('Upload-Metadata', 'invalid_format', 'A sha256 is 64 hexadecimal digits.');
  return { name: cleanName(pairs.get('filename') ?? pairs.get('name')), declaredSha256, metadata };
}

/** How far an upload has come. */
export function progressHeaders({ received, expiresAt }: Pick<Upload, 'received' | 'expiresAt'>): Record<string, string> {
  return { 'Upload-Offset': String(received), 'Upload-Expires': new Date(expiresAt).toUTCString() };
}

/** What is known of an upload from the start. */
export function uploadHeaders({ length, metadata }: Upload): Record<string, string> {
  return { 'Upload-Length': String(length), ...(metadata === '' ? {} : { 'Upload-Metadata': metadata }) };
}

/** What has come of a whole upload. */
export function datasetHeaders(dataset: StoredDataset | undefined, id: string): Record<string, string> {
  if (dataset === undefined) return {};
  return { 'Attune-Dataset-Id': id, 'Repr-Digest': `sha-256=:${Buffer.from(dataset.sha256, 'hex').toString('base64')}:` };
}

function count(request: Request, header: string): number {
  const text = request.header(header) ?? '';
  const value = Number(text);
  if (!/^\d{1,16}$/.test(text) || !Number.isSafeInteger(value)) throw invalid(header, 'invalid_format', 'It is a count of bytes.');
  return value;
}

function invalid(header: string, code: string, message: string): AppError {
  return new AppError('validation_failed', `the header ${header} is not valid`, { errors: [{ header, code, message }] });
}
