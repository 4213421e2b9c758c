import { once } from 'node:events';
import { pipeline } from 'node:stream/promises';
import { AppError } from '@attune/core';
import type { BlobStore, Metrics, StoredArtifact } from '@attune/platform';
import type { Request, Response } from 'express';
import { byteRange, type ByteRange } from './byte-range.js';
import { isKnown } from './conditions.js';

export interface SendParts {
  readonly blobs: BlobStore;
  readonly metrics: Metrics;
}

export interface Representation {
  readonly contentType: string;
  /** Name under which a browser saves it; absent: it is shown. */
  readonly fileName?: string;
}

/** Stored bytes with their hash as ETag and Repr-Digest; the whole, a range of them, or the headers only (RFC 9110, RFC 9530). */
export async function sendArtifact(
  { blobs, metrics }: SendParts,
  artifact: StoredArtifact,
  { contentType, fileName }: Representation,
  request: Request,
  response: Response,
): Promise<void> {
  const etag = `"${artifact.sha256}"`;
  response.set({
    ETag: etag,
    'Repr-Digest': `sha-256=:${Buffer.from(artifact.sha256, 'hex').toString('base64')}:`,
    'Accept-Ranges': 'bytes',
    'Content-Type': contentType,
    ...(fileName === undefined ? {} : { 'Content-Disposition': `attachment; filename="${fileName}"` }),
  });
  if (isKnown(request, artifact.sha256)) {
    response.status(304).end();
    return;
  }
  const range = rangeOf(request, response, artifact, etag);
  const bytes = range ? range.end - range.start + 1 : artifact.bytes;
  response.set('Content-Length', String(bytes));
  if (range) response.status(206).set('Content-Range', `bytes ${range.start}-${range.end}/${artifact.bytes}`);
  if (request.method === 'HEAD') {
    response.end();
    return;
  }
  const source = blobs.open(artifact.storageKey, range);
  // The first bytes prove that the file is there; after the headers an error could only cut the line.
  await once(source, 'readable').catch((error: unknown) => {
    for (const name of ['ETag', 'Repr-Digest', 'Accept-Ranges', 'Content-Length', 'Content-Range', 'Content-Disposition'])
      response.removeHeader(name);
    // A store that is away for a while is no damage.
    if (error instanceof AppError && error.retryable) throw error;
    throw new AppError('artifact_corrupt', `the stored bytes of ${artifact.kind} are missing`);
  });
  metrics.bytesProcessed.inc({ direction: 'out' }, bytes);
  await pipeline(source, response).catch((error: unknown) => {
    // Who goes away while reading is no failure of ours.
    if (!response.destroyed && !request.destroyed) throw error;
  });
}

/** A range counts only for GET, and with If-Range only while the caller's copy is still this one. */
function rangeOf(request: Request, response: Response, artifact: StoredArtifact, etag: string): ByteRange | undefined {
  const condition = request.header('if-range');
  if (request.method !== 'GET' || (condition !== undefined && condition !== etag)) return undefined;
  try {
    return byteRange(request.header('range'), artifact.bytes);
  } catch (error) {
    for (const name of ['ETag', 'Repr-Digest', 'Content-Disposition']) response.removeHeader(name);
    response.set('Content-Range', `bytes */${artifact.bytes}`);
    throw error;
  }
}
