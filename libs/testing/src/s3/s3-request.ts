import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { crc32 } from 'node:zlib';
import type { S3Operation } from './s3-faults.js';
import { S3Refusal } from './s3-refusal.js';

/** A request as S3 understands it, path style: /bucket/key?query. */
export interface S3Request {
  readonly operation: S3Operation;
  readonly bucket: string;
  readonly key: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Buffer;
}

export async function readRequest(request: IncomingMessage): Promise<S3Request> {
  const url = new URL(request.url ?? '/', 'http://x');
  const [, bucket = '', ...rest] = decodeURIComponent(url.pathname).split('/');
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(',') : value]),
  );
  const key = rest.join('/');
  const operation = operationOf(request.method ?? '', key, url.searchParams, headers);
  return { operation, bucket, key, query: url.searchParams, headers, body: await buffer(request) };
}

/** Compares the body with every hash that came with it. @throws S3Refusal */
export function checkBody({ body, headers }: S3Request, signedSha256: string | undefined): void {
  if (signedSha256 !== undefined && sha256(body).toString('hex') !== signedSha256) throw new S3Refusal(400, 'XAmzContentSHA256Mismatch');
  const crc = Buffer.alloc(4);
  crc.writeUInt32BE(crc32(body));
  const hashes: [string, () => Buffer][] = [
    ['x-amz-checksum-crc32', () => crc],
    ['x-amz-checksum-sha256', () => sha256(body)],
    ['content-md5', () => createHash('md5').update(body).digest()],
  ];
  for (const [name, hash] of hashes) {
    if (headers[name] !== undefined && headers[name] !== hash().toString('base64')) throw new S3Refusal(400, 'BadDigest');
  }
}

function operationOf(method: string, key: string, query: URLSearchParams, headers: S3Request['headers']): S3Operation {
  const copies = headers['x-amz-copy-source'] !== undefined;
  const upload = query.has('uploadId');
  const found: S3Operation | undefined =
    key === ''
      ? {
          GET: query.has('uploads') ? ('ListMultipartUploads' as const) : ('ListObjectsV2' as const),
          HEAD: 'HeadBucket' as const,
          POST: query.has('delete') ? ('DeleteObjects' as const) : undefined,
        }[method]
      : {
          GET: upload ? ('ListParts' as const) : ('GetObject' as const),
          HEAD: 'HeadObject' as const,
          PUT: upload
            ? copies
              ? ('UploadPartCopy' as const)
              : ('UploadPart' as const)
            : copies
              ? ('CopyObject' as const)
              : ('PutObject' as const),
          POST: upload ? ('CompleteMultipartUpload' as const) : query.has('uploads') ? ('CreateMultipartUpload' as const) : undefined,
          DELETE: upload ? ('AbortMultipartUpload' as const) : ('DeleteObject' as const),
        }[method];
  if (found === undefined || (found === 'ListObjectsV2' && query.get('list-type') !== '2')) throw new S3Refusal(501, 'NotImplemented');
  return found;
}

const sha256 = (bytes: Buffer): Buffer => createHash('sha256').update(bytes).digest();
