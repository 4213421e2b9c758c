import { GetObjectCommand, UploadPartCommand } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { AppError } from '@attune/core';
import type { DirectTransfers, DirectUpload, StoredBlob, UploadedPart } from './blob-store.js';
import { hashed } from './hashing.js';
import { interimKey, type S3Bucket } from './s3-bucket.js';
import { translateS3 } from './s3-error.js';
import { Multipart, partsIn } from './s3-multipart.js';
import { S3Reading } from './s3-reading.js';
import { move } from './s3-upload.js';

/** Transfers between clients and the bucket, by addresses that are signed here without asking the store. */
export class S3Direct implements DirectTransfers {
  constructor(private readonly bucket: S3Bucket) {}

  async presignGet(
    key: string,
    lifetimeS: number,
    { contentType, fileName }: { contentType?: string; fileName?: string } = {},
  ): Promise<string> {
    const command = new GetObjectCommand({
      ...this.bucket.at(key),
      ...(contentType === undefined ? {} : { ResponseContentType: contentType }),
      ...(fileName === undefined ? {} : { ResponseContentDisposition: `attachment; filename="${fileName}"` }),
    });
    return this.#sign(() => getSignedUrl(this.bucket.client, command, { expiresIn: lifetimeS }));
  }

  async createUpload(): Promise<DirectUpload> {
    const { key, uploadId } = await Multipart.start(this.bucket, interimKey());
    return { key, uploadId };
  }

  async presignPart(
    { key, uploadId }: DirectUpload,
    { number, bytes }: { number: number; bytes?: number },
    lifetimeS: number,
  ): Promise<string> {
    const command = new UploadPartCommand({
      ...this.bucket.at(key),
      UploadId: uploadId,
      PartNumber: number,
      ...(bytes === undefined ? {} : { ContentLength: bytes }),
    });
    const signed = bytes === undefined ? {} : { signableHeaders: new Set(['content-length']) };
    return this.#sign(() => getSignedUrl(this.bucket.client, command, { expiresIn: lifetimeS, ...signed }));
  }

  async partsOf({ key, uploadId }: DirectUpload): Promise<UploadedPart[]> {
    const parts: UploadedPart[] = [];
    for await (const { PartNumber = 0, Size = 0, ETag = '' } of partsIn(this.bucket, key, uploadId))
      parts.push({ number: PartNumber, bytes: Size, etag: ETag });
    return parts;
  }

  async finishUpload(upload: DirectUpload, keyOf: (sha256: string) => string, limitBytes: number): Promise<StoredBlob & { key: string }> {
    const bytes = (await this.#complete(upload, limitBytes)) ?? (await this.#sizeOf(upload.key));
    const { sha256 } = await hashed(new S3Reading(this.bucket, upload.key));
    const key = keyOf(sha256);
    await move(this.bucket, upload.key, key, bytes);
    return { bytes, sha256, key };
  }

  async abortUpload({ key, uploadId }: DirectUpload): Promise<void> {
    await new Multipart(this.bucket, key, uploadId).abort();
  }

  /** The size; undefined where there is no such upload any more, because an earlier call has completed it. */
  async #complete(upload: DirectUpload, limitBytes: number): Promise<number | undefined> {
    const parts = await this.partsOf(upload).catch((error: unknown) => {
      if (error instanceof AppError && error.code === 'not_found') return undefined;
      throw error;
    });
    if (parts === undefined) return undefined;
    const bytes = parts.reduce((sum, part) => sum + part.bytes, 0);
    if (bytes > limitBytes) {
      await this.abortUpload(upload);
      throw new AppError('payload_too_large', `the file is larger than ${limitBytes} bytes`);
    }
    const named = parts.map(({ number, etag }) => ({ PartNumber: number, ETag: etag }));
    await new Multipart(this.bucket, upload.key, upload.uploadId).complete(bytes, named);
    return bytes;
  }

  async #sizeOf(key: string): Promise<number> {
    const { ContentLength = 0 } = await this.bucket
      .call((s3, send) => s3.headObject(this.bucket.at(key), send))
      .catch((error: unknown) => {
        if (error instanceof AppError && error.code === 'artifact_corrupt') throw new AppError('not_found', 'there is no such upload');
        throw error;
      });
    return ContentLength;
  }

  async #sign(sign: () => Promise<string>): Promise<string> {
    try {
      return await sign();
    } catch (error) {
      throw translateS3(error); // no credentials, no region
    }
  }
}
