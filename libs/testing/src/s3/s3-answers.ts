import type { S3Bucket, S3Object } from './s3-bucket.js';
import { S3Refusal } from './s3-refusal.js';
import type { S3Operation } from './s3-faults.js';
import type { S3Request } from './s3-request.js';

export interface S3Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | string;
}

type Answer = (bucket: S3Bucket, request: S3Request) => S3Answer;

/** Operation by operation what S3 does, as its API reference says. */
export const ANSWERS: Record<S3Operation, Answer> = {
  HeadBucket: () => ({ status: 200 }),
  PutObject: (bucket, { key, body, headers }) => tagged(bucket.put(key, body, headers['if-none-match'] === '*')),
  GetObject: (bucket, request) => read(bucket.get(request.key), request),
  HeadObject: (bucket, request) => read(bucket.get(request.key), request),
  DeleteObject: (bucket, { key }) => {
    bucket.objects.delete(key);
    return { status: 204 };
  },
  DeleteObjects: (bucket, { body }) => {
    const keys = all(body.toString(), 'Key');
    if (keys.length === 0 || keys.length > 1000) throw new S3Refusal(400, 'MalformedXML');
    for (const key of keys) bucket.objects.delete(key);
    return xml('DeleteResult', '');
  },
  CopyObject: (bucket, request) => copied('CopyObjectResult', bucket.put(request.key, sourceOf(bucket, request), false)),
  ListObjectsV2: (bucket, { query }) => {
    if (query.has('delimiter')) throw new S3Refusal(501, 'NotImplemented');
    const after = query.get('continuation-token') ?? query.get('start-after') ?? '';
    const prefix = query.get('prefix') ?? '';
    const keys = [...bucket.objects.keys()].filter((key) => key.startsWith(prefix) && key > after).sort();
    const page = keys.slice(0, Math.min(1000, Number(query.get('max-keys') ?? 1000)));
    const more = page.length < keys.length;
    const contents = page.map((key) => {
      const { bytes, etag, modifiedAt } = bucket.get(key);
      return element('Contents', { Key: key, Size: bytes.length, ETag: etag, LastModified: modifiedAt.toISOString() });
    });
    const head = { KeyCount: page.length, IsTruncated: more, ...(more ? { NextContinuationToken: page.at(-1) } : {}) };
    return xml('ListBucketResult', elements(head) + contents.join(''));
  },
  CreateMultipartUpload: (bucket, { key }) => xml('InitiateMultipartUploadResult', elements({ Key: key, UploadId: bucket.start(key).id })),
  UploadPart: (bucket, { key, query, body }) => tagged(bucket.putPart(key, uploadId(query), Number(query.get('partNumber')), body)),
  UploadPartCopy: (bucket, request) => {
    const { key, query } = request;
    const [start, end] = rangeOf(request.headers['x-amz-copy-source-range']) ?? [0, undefined];
    const source = sourceOf(bucket, request);
    if (end !== undefined && end >= source.length) throw new S3Refusal(400, 'InvalidArgument');
    const bytes = source.subarray(start, end === undefined ? undefined : end + 1);
    return copied('CopyPartResult', bucket.putPart(key, uploadId(query), Number(query.get('partNumber')), bytes));
  },
  ListParts: (bucket, { key, query }) => {
    const after = Number(query.get('part-number-marker') ?? 0);
    const parts = [...bucket.upload(key, uploadId(query)).parts].filter(([number]) => number > after).sort(([a], [b]) => a - b);
    const page = parts.slice(0, Math.min(1000, Number(query.get('max-parts') ?? 1000)));
    const list = page.map(([number, { bytes, etag, modifiedAt }]) =>
      element('Part', { PartNumber: number, ETag: etag, Size: bytes.length, LastModified: modifiedAt.toISOString() }),
    );
    const more = page.length < parts.length;
    return xml('ListPartsResult', elements({ IsTruncated: more, NextPartNumberMarker: page.at(-1)?.[0] ?? after }) + list.join(''));
  },
  CompleteMultipartUpload: (bucket, request) => complete(bucket, request),
  AbortMultipartUpload: (bucket, { key, query }) => {
    bucket.abort(key, uploadId(query));
    return { status: 204 };
  },
  ListMultipartUploads: (bucket, { query }) => {
    const after = [query.get('key-marker') ?? '', query.get('upload-id-marker') ?? ''] as const;
    const prefix = query.get('prefix') ?? '';
    const uploads = [...bucket.uploads.values()]
      .filter(({ key, id }) => key.startsWith(prefix) && (key > after[0] || (key === after[0] && after[1] !== '' && id > after[1])))
      .sort((a, b) => (a.key + a.id < b.key + b.id ? -1 : 1));
    const page = uploads.slice(0, Math.min(1000, Number(query.get('max-uploads') ?? 1000)));
    const list = page.map(({ key, id, startedAt }) => element('Upload', { Key: key, UploadId: id, Initiated: startedAt.toISOString() }));
    const last = page.at(-1);
    const head = { IsTruncated: page.length < uploads.length, NextKeyMarker: last?.key ?? '', NextUploadIdMarker: last?.id ?? '' };
    return xml('ListMultipartUploadsResult', elements(head) + list.join(''));
  },
};

/** @param left Parts left out at the end although they were named: a fault, not S3. */
export function complete(bucket: S3Bucket, { key, query, headers, body }: S3Request, left?: number): S3Answer {
  const parts = all(body.toString(), 'Part').map((part) => ({
    number: Number(all(part, 'PartNumber')[0]),
    etag: all(part, 'ETag')[0] ?? '',
  }));
  const stored = bucket.complete(key, uploadId(query), parts, headers['if-none-match'] === '*', left);
  return xml('CompleteMultipartUploadResult', elements({ Key: key, ETag: stored.etag }));
}

export function refusal({ status, code }: S3Refusal): S3Answer {
  return { ...xml('Error', elements({ Code: code, Message: code })), status };
}

function read({ bytes, etag, modifiedAt }: S3Object, { headers, query }: S3Request): S3Answer {
  if (headers['if-match'] !== undefined && headers['if-match'] !== etag) throw new S3Refusal(412, 'PreconditionFailed');
  const always = {
    ETag: etag,
    'Last-Modified': modifiedAt.toUTCString(),
    'Accept-Ranges': 'bytes',
    'Content-Type': 'application/octet-stream',
  };
  if (headers['if-none-match'] === etag) return { status: 304, headers: always };
  const shown = {
    ...always,
    ...(query.has('response-content-type') ? { 'Content-Type': query.get('response-content-type')! } : {}),
    ...(query.has('response-content-disposition') ? { 'Content-Disposition': query.get('response-content-disposition')! } : {}),
  };
  const range = rangeOf(headers['range']);
  if (range === undefined) return { status: 200, headers: shown, body: bytes };
  const [start, last] = range;
  if (start >= bytes.length) throw new S3Refusal(416, 'InvalidRange');
  const end = Math.min(last ?? Infinity, bytes.length - 1);
  return {
    status: 206,
    headers: { ...shown, 'Content-Range': `bytes ${start}-${end}/${bytes.length}` },
    body: bytes.subarray(start, end + 1),
  };
}

function rangeOf(header: string | undefined): [number, number | undefined] | undefined {
  const [, start, end] = /^bytes=(\d+)-(\d*)$/.exec(header ?? '') ?? [];
  return start === undefined ? undefined : [Number(start), end ? Number(end) : undefined];
}

function sourceOf(bucket: S3Bucket, { bucket: own, headers }: S3Request): Buffer {
  const [, from, key] = /^\/?([^/]+)\/(.+)$/.exec(decodeURIComponent(headers['x-amz-copy-source'] ?? '')) ?? [];
  if (from !== own) throw new S3Refusal(404, 'NoSuchBucket');
  return bucket.get(key ?? '').bytes;
}

const uploadId = (query: URLSearchParams): string => query.get('uploadId') ?? '';
const tagged = ({ etag }: S3Object): S3Answer => ({ status: 200, headers: { ETag: etag } });
const copied = (name: string, { etag, modifiedAt }: S3Object): S3Answer =>
  xml(name, elements({ ETag: etag, LastModified: modifiedAt.toISOString() }));
const xml = (name: string, inner: string): S3Answer => ({
  status: 200,
  headers: { 'Content-Type': 'application/xml' },
  body: `<?xml version="1.0" encoding="UTF-8"?><${name} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${inner}</${name}>`,
});
const elements = (values: Readonly<Record<string, unknown>>): string =>
  Object.entries(values)
    .map(([name, value]) => `<${name}>${escape(String(value))}</${name}>`)
    .join('');
const element = (name: string, values: Readonly<Record<string, unknown>>): string => `<${name}>${elements(values)}</${name}>`;
const escape = (text: string): string => text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
const unescape = (text: string): string =>
  text
    .replace(/&quot;/g, '"')
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)))
    .replace(/&amp;/g, '&');
const all = (text: string, name: string): string[] =>
  [...text.matchAll(new RegExp(`<${name}>(.*?)</${name}>`, 'gs'))].map(([, inner]) => (inner!.includes('<') ? inner! : unescape(inner!)));
