import type { CompletedPart, Part as ListedPart } from '@aws-sdk/client-s3';
import { AppError } from '@attune/core';
import type { Part } from './parts.js';
import type { S3Bucket } from './s3-bucket.js';

/** One multipart upload: nothing is visible under its key before it is complete. */
export class Multipart {
  readonly #done: CompletedPart[] = [];

  constructor(
    private readonly bucket: S3Bucket,
    readonly key: string,
    readonly uploadId: string,
    private readonly signal?: AbortSignal,
  ) {}

  static async start(bucket: S3Bucket, key: string, signal?: AbortSignal): Promise<Multipart> {
    const { UploadId, $metadata } = await bucket.call((s3, send) => s3.createMultipartUpload(bucket.at(key), send), { signal });
    if (UploadId === undefined) throw new AppError('dependency_unavailable', 'the blob store begins no upload');
    // An answer that was lost has begun an upload whose id nobody knows.
    if (($metadata.attempts ?? 1) > 1) await abortOthers(bucket, key, UploadId);
    return new Multipart(bucket, key, UploadId, signal);
  }

  async put({ number, bytes, crc32 }: Part): Promise<void> {
    const { ETag } = await this.bucket.call(
      (s3, send) => s3.uploadPart({ ...this.#named, PartNumber: number, Body: bytes, ChecksumCRC32: crc32 }, send),
      { signal: this.signal },
    );
    this.#done.push({ PartNumber: number, ETag });
  }

  async copy(number: number, source: string, start: number, end: number): Promise<void> {
    const range = { CopySource: copySource(this.bucket, source), CopySourceRange: `bytes=${start}-${end}` };
    const { CopyPartResult } = await this.bucket.call(
      (s3, send) => s3.uploadPartCopy({ ...this.#named, PartNumber: number, ...range }, send),
      { signal: this.signal, isWork: true },
    );
    this.#done.push({ PartNumber: number, ETag: CopyPartResult?.ETag });
  }

  /** @param parts Where the caller has them from the store. @throws AppError when the store then has not exactly so many bytes */
  async complete(bytes: number, parts: readonly CompletedPart[] = this.#done): Promise<void> {
    const Parts = parts.toSorted((a, b) => a.PartNumber! - b.PartNumber!);
    try {
      await this.bucket.call((s3, send) => s3.completeMultipartUpload({ ...this.#named, MultipartUpload: { Parts } }, send), {
        signal: this.signal,
        isWork: true,
      });
    } catch (error) {
      // Completed before, and the answer to that was lost: the size tells.
      if (!(error instanceof AppError && error.code === 'not_found')) throw error;
    }
    await expectSize(this.bucket, this.key, bytes, this.signal);
  }

  /** Takes back what has been sent. What cannot be reached now is left to `sweep`. */
  async abort(): Promise<void> {
    await this.bucket.call((s3, send) => s3.abortMultipartUpload(this.#named, send)).catch(() => undefined);
  }

  get #named(): { Bucket: string; Key: string; UploadId: string } {
    return { ...this.bucket.at(this.key), UploadId: this.uploadId };
  }
}

export async function expectSize(bucket: S3Bucket, key: string, bytes: number, signal?: AbortSignal): Promise<void> {
  const { ContentLength } = await bucket.call((s3, send) => s3.headObject(bucket.at(key), send), { signal });
  if (ContentLength !== bytes) throw new AppError('dependency_unavailable', `the blob store has ${ContentLength} of ${bytes} bytes`);
}

/** Bucket and key in a header, so encoded. */
export function copySource(bucket: S3Bucket, key: string): string {
  const { Bucket, Key } = bucket.at(key);
  return [Bucket, ...Key.split('/')].map(encodeURIComponent).join('/');
}

/** The parts that have arrived, by number. @throws AppError not_found */
export async function* partsIn(bucket: S3Bucket, key: string, uploadId: string): AsyncGenerator<ListedPart> {
  const named = { ...bucket.at(key), UploadId: uploadId };
  for (let marker = {}, more = true; more;) {
    const page = await bucket.call((s3, send) => s3.listParts({ ...named, ...marker }, send));
    yield* page.Parts ?? [];
    more = page.IsTruncated === true;
    marker = { PartNumberMarker: page.NextPartNumberMarker };
  }
}

async function abortOthers(bucket: S3Bucket, key: string, uploadId: string): Promise<void> {
  const { Bucket, Key } = bucket.at(key);
  const { Uploads = [] } = await bucket.call((s3, send) => s3.listMultipartUploads({ Bucket, Prefix: Key }, send));
  for (const other of Uploads) {
    if (other.Key === Key && other.UploadId !== undefined && other.UploadId !== uploadId)
      await new Multipart(bucket, key, other.UploadId).abort();
  }
}
