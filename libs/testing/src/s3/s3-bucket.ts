import { randomUUID } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { S3Refusal } from './s3-refusal.js';

export interface S3Object {
  readonly bytes: Buffer;
  readonly etag: string;
  readonly modifiedAt: Date;
}

export interface S3Upload {
  readonly id: string;
  readonly key: string;
  readonly startedAt: Date;
  readonly parts: Map<number, S3Object>;
}

/** S3 refuses a part below this unless it is the last one. */
const LEAST_PART_BYTES = 5 * 1024 * 1024;

/** One bucket in memory: objects and unfinished multipart uploads. */
export class S3Bucket {
  readonly objects = new Map<string, S3Object>();
  readonly uploads = new Map<string, S3Upload>();

  get(key: string): S3Object {
    const found = this.objects.get(key);
    if (found === undefined) throw new S3Refusal(404, 'NoSuchKey');
    return found;
  }

  /** @param onlyNew If-None-Match: * */
  put(key: string, bytes: Buffer, onlyNew: boolean): S3Object {
    if (onlyNew && this.objects.has(key)) throw new S3Refusal(412, 'PreconditionFailed');
    const stored = objectOf(bytes);
    this.objects.set(key, stored);
    return stored;
  }

  start(key: string): S3Upload {
    const upload: S3Upload = { id: randomUUID(), key, startedAt: new Date(), parts: new Map() };
    this.uploads.set(upload.id, upload);
    return upload;
  }

  upload(key: string, id: string): S3Upload {
    const upload = this.uploads.get(id);
    if (upload?.key !== key) throw new S3Refusal(404, 'NoSuchUpload');
    return upload;
  }

  putPart(key: string, id: string, number: number, bytes: Buffer): S3Object {
    if (!Number.isInteger(number) || number < 1 || number > 10_000) throw new S3Refusal(400, 'InvalidArgument');
    const part = objectOf(bytes);
    this.upload(key, id).parts.set(number, part);
    return part;
  }

  complete(key: string, id: string, parts: readonly { number: number; etag: string }[], onlyNew: boolean, left?: number): S3Object {
    const upload = this.upload(key, id);
    if (parts.length === 0) throw new S3Refusal(400, 'MalformedXML');
    const named = parts.map(({ number, etag }, i) => {
      const part = upload.parts.get(number);
      if (part?.etag !== etag) throw new S3Refusal(400, 'InvalidPart');
      if (i > 0 && number <= parts[i - 1]!.number) throw new S3Refusal(400, 'InvalidPartOrder');
      if (i < parts.length - 1 && part.bytes.length < LEAST_PART_BYTES) throw new S3Refusal(400, 'EntityTooSmall');
      return part.bytes;
    });
    const stored = this.put(key, Buffer.concat(named.slice(0, named.length - (left ?? 0))), onlyNew);
    this.uploads.delete(id);
    return stored;
  }

  abort(key: string, id: string): void {
    this.uploads.delete(this.upload(key, id).id);
  }
}

/** An ETag is opaque to clients: MD5 here as little as at servers that encrypt. */
function objectOf(bytes: Buffer): S3Object {
  return { bytes, etag: `"${crc32(bytes).toString(16).padStart(8, '0')}-${bytes.length.toString(16)}"`, modifiedAt: new Date() };
}
