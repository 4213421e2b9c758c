import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { S3Refusal } from './s3-refusal.js';

export interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

const ALGORITHM = 'AWS4-HMAC-SHA256';
const SKEW_MS = 15 * 60_000;
const UNSIGNED = 'UNSIGNED-PAYLOAD';

interface Claim {
  readonly credential: string;
  readonly date: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  readonly payload: string;
  /** Seconds a presigned address is good for. */
  readonly lifetimeS?: number;
}

/**
 * Checks the signature of a request (AWS Signature Version 4, in the header or in the query as presigned addresses have it).
 * Answers the sha256 that the body must have, or undefined where the caller left it unsigned. @throws S3Refusal
 */
export function checkSignature(request: IncomingMessage, region: string, credentials: S3Credentials, now: Date): string | undefined {
  const url = new URL(request.url ?? '/', 'http://x');
  const claim = url.searchParams.has('X-Amz-Signature') ? claimOfQuery(url) : claimOfHeader(request);
  const [key, day, place, service, end] = claim.credential.split('/');
  if (key !== credentials.accessKeyId) throw new S3Refusal(403, 'InvalidAccessKeyId');
  if (place !== region || service !== 's3' || end !== 'aws4_request') throw new S3Refusal(400, 'AuthorizationHeaderMalformed');
  const signedAt = instant(claim.date);
  if (Number.isNaN(signedAt) || !claim.date.startsWith(day ?? '-')) throw new S3Refusal(403, 'AccessDenied');
  if (claim.lifetimeS === undefined) {
    if (Math.abs(now.getTime() - signedAt) > SKEW_MS) throw new S3Refusal(403, 'RequestTimeTooSkewed');
  } else if (now.getTime() > signedAt + claim.lifetimeS * 1000) {
    throw new S3Refusal(403, 'AccessDenied');
  }
  if (!claim.signedHeaders.includes('host')) throw new S3Refusal(403, 'AccessDenied');
  const scope = [day, place, service, end].join('/');
  const text = [ALGORITHM, claim.date, scope, sha256(canonical(request, url, claim))].join('\n');
  const secret = [day, place, service, end].reduce<Buffer | string>(
    (signing, part) => hmac(signing, part ?? ''),
    `AWS4${credentials.secretAccessKey}`,
  );
  const right = hmac(secret, text);
  const given = Buffer.from(claim.signature, 'hex');
  if (given.length !== right.length || !timingSafeEqual(given, right)) throw new S3Refusal(403, 'SignatureDoesNotMatch');
  if (claim.payload === UNSIGNED) return undefined;
  // A body in signed or trailing chunks has a framing of its own; to store it as it is would be silent damage.
  if (claim.payload.startsWith('STREAMING-')) throw new S3Refusal(501, 'NotImplemented');
  return claim.payload;
}

function claimOfHeader(request: IncomingMessage): Claim {
  const [algorithm, ...rest] = (request.headers.authorization ?? '').split(/[ ,]+/);
  if (algorithm !== ALGORITHM) throw new S3Refusal(403, 'AccessDenied');
  const parts = Object.fromEntries(rest.map((part) => part.split(/=(.*)/s).slice(0, 2) as [string, string]));
  return {
    credential: parts['Credential'] ?? '',
    date: header(request, 'x-amz-date'),
    signedHeaders: (parts['SignedHeaders'] ?? '').split(';'),
    signature: parts['Signature'] ?? '',
    payload: header(request, 'x-amz-content-sha256'),
  };
}

function claimOfQuery(url: URL): Claim {
  const query = (name: string): string => url.searchParams.get(`X-Amz-${name}`) ?? '';
  if (query('Algorithm') !== ALGORITHM) throw new S3Refusal(403, 'AccessDenied');
  return {
    credential: query('Credential'),
    date: query('Date'),
    signedHeaders: query('SignedHeaders').split(';'),
    signature: query('Signature'),
    payload: UNSIGNED,
    lifetimeS: Number(query('Expires')),
  };
}

function canonical(request: IncomingMessage, url: URL, claim: Claim): string {
  const query = [...url.searchParams]
    .filter(([name]) => name !== 'X-Amz-Signature')
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .sort();
  const headers = claim.signedHeaders.map((name) => `${name}:${header(request, name).trim().replace(/ +/g, ' ')}\n`);
  return [
    request.method,
    decodeURIComponent(url.pathname).split('/').map(encode).join('/'),
    query.join('&'),
    headers.join(''),
    claim.signedHeaders.join(';'),
    claim.payload,
  ].join('\n');
}

/** RFC 3986: all but letters, digits and `-._~`. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}

function header(request: IncomingMessage, name: string): string {
  const value = request.headers[name];
  return Array.isArray(value) ? value.join(',') : (value ?? '');
}

/** 20260131T235959Z as milliseconds. */
function instant(text: string): number {
  return Date.parse(text.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const hmac = (key: Buffer | string, text: string): Buffer => createHmac('sha256', key).update(text).digest();
