import { AppError } from '@attune/core';
import type { S3Settings } from '../blobs/s3-bucket.js';

export type BlobsConfig = { readonly kind: 'files'; readonly directory: string } | { readonly kind: 's3'; readonly settings: S3Settings };

export interface S3Keys {
  readonly accessKeyId: string | undefined;
  readonly secretAccessKey: string | undefined;
  readonly sessionToken: string | undefined;
}

const PARAMETERS = new Set(['region', 'endpoint', 'path_style']);
const BUCKET = /^[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]$/;
/** Servers that are not AWS mostly want some region, and this one. */
const ANY_REGION = 'us-east-1';

/**
 * `file:///directory`, or `s3://bucket/prefix?region=…&endpoint=…&path_style=true`.
 * @throws AppError validation_failed that never repeats the address: somebody may have put a key into it
 */
export function readBlobsUrl(text: string, keys: S3Keys): BlobsConfig {
  const url = new URL(text);
  if (url.protocol === 'file:') return { kind: 'files', directory: pathOf(url) };
  if (url.username !== '' || url.password !== '')
    throw wrong('has credentials in it; set ATTUNE_S3_ACCESS_KEY_ID and ATTUNE_S3_SECRET_ACCESS_KEY instead');
  if (!BUCKET.test(url.host)) throw wrong('does not name a bucket: s3://bucket/prefix?region=…');
  for (const name of url.searchParams.keys()) {
    if (!PARAMETERS.has(name)) throw wrong(`knows ${[...PARAMETERS].join(', ')} only`);
  }
  const prefix = pathOf(url).replace(/^\/|\/$/g, '');
  if (prefix.split('/').some((part, i, parts) => (part === '' && parts.length > 1) || part === '.' || part === '..'))
    throw wrong('has a prefix that is not a plain path');
  const endpoint = url.searchParams.get('endpoint') ?? undefined;
  if (endpoint !== undefined && !isEndpoint(endpoint)) throw wrong('has an endpoint that is not http://host:port or https://host:port');
  const pathStyle = url.searchParams.get('path_style') ?? 'false';
  if (pathStyle !== 'true' && pathStyle !== 'false') throw wrong('takes true or false for path_style');
  const region = url.searchParams.get('region') ?? (endpoint === undefined ? undefined : ANY_REGION);
  return {
    kind: 's3',
    settings: { bucket: url.host, prefix, region, endpoint, pathStyle: pathStyle === 'true', credentials: credentialsOf(keys) },
  };
}

function credentialsOf({ accessKeyId, secretAccessKey, sessionToken }: S3Keys): S3Settings['credentials'] {
  if (accessKeyId !== undefined && secretAccessKey !== undefined) return { accessKeyId, secretAccessKey, sessionToken };
  // Half of it must not mean whatever else the machine knows.
  if (accessKeyId !== undefined || secretAccessKey !== undefined || sessionToken !== undefined)
    throw new AppError('validation_failed', 'ATTUNE_S3_ACCESS_KEY_ID and ATTUNE_S3_SECRET_ACCESS_KEY are needed, both of them');
  return undefined;
}

function pathOf({ pathname }: URL): string {
  try {
    return decodeURIComponent(pathname);
  } catch {
    throw wrong('has a path that is not well encoded');
  }
}

function isEndpoint(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, pathname, search, username } = new URL(text);
  return /^https?:$/.test(protocol) && pathname === '/' && search === '' && username === '';
}

const wrong = (what: string): AppError => new AppError('validation_failed', `ATTUNE_BLOBS_URL ${what}`);
