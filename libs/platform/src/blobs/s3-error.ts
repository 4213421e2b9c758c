import { AppError } from '@attune/core';
import { StoreOutage } from './store-breaker.js';

const FULL = new Set(['InsufficientStorage', 'QuotaExceeded', 'XMinioStorageFull', 'InsufficientStorageSpace', 'StorageQuotaExceeded']);
const MISSING = new Set(['NoSuchKey', 'NotFound']);
const PLAIN_NAME = /^[A-Za-z][A-Za-z0-9.]{0,63}$/;

interface S3Failure {
  readonly name?: string;
  readonly code?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

/** The name under which S3, the SDK or the socket reports a failure, and its status. Nothing else of it: messages hold keys. */
function s3Failure(error: unknown): { name: string; status: number | undefined } {
  const { name, code, $metadata } = error as S3Failure;
  const found = name === undefined || name === 'Error' ? code : name;
  return { name: found !== undefined && PLAIN_NAME.test(found) ? found : 'unknown', status: $metadata?.httpStatusCode };
}

/** A failure of the store in our words. The cause keeps its name and status only, since the SDK's errors carry requests. */
export function translateS3(error: unknown): AppError {
  if (error instanceof AppError) return error;
  const { name, status } = s3Failure(error);
  const cause = new Error(status === undefined ? name : `${name} (${status})`);
  cause.name = name;
  if (MISSING.has(name)) return new AppError('artifact_corrupt', 'stored bytes are missing', { cause });
  if (name === 'NoSuchUpload') return new AppError('not_found', 'there is no such upload', { cause });
  if (status === 416) return new AppError('range_invalid', 'the range begins behind the stored bytes', { cause });
  if (status === 507 || FULL.has(name)) return new AppError('storage_full', 'the blob store is full', { cause });
  // 4xx: it will refuse the next try as well, and whoever operates it needs the word.
  if (status !== undefined && status < 500 && status !== 429)
    return new AppError('dependency_unavailable', `the blob store refuses (${name})`, { cause });
  return new StoreOutage('the blob store does not work', { cause });
}
