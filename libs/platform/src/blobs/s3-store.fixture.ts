import { randomUUID } from 'node:crypto';
import type { StoreUnderTest } from './blob-store.fixture.js';
import { S3Blobs } from './s3-blobs.js';
import { PATIENCE, S3Bucket, type S3Patience, type S3Settings } from './s3-bucket.js';

/** The smallest that S3 takes. */
const PART_BYTES = 5 * 1024 * 1024;

/** A store in a part of the bucket of its own, which is empty again when it is closed. */
export function openS3(
  settings: S3Settings,
  patience: S3Patience = PATIENCE,
): StoreUnderTest & { readonly blobs: S3Blobs; readonly prefix: string } {
  const own = { ...settings, prefix: [settings.prefix, `test-${randomUUID()}`].filter(Boolean).join('/') };
  const bucket = new S3Bucket(own, PATIENCE);
  const blobs = new S3Blobs(own, { patience, partBytes: PART_BYTES });
  const below = { Bucket: own.bucket, Prefix: `${own.prefix}/` };
  const left = async (): Promise<string[]> => {
    const { Contents = [] } = await bucket.client.listObjectsV2(below);
    const { Uploads = [] } = await bucket.client.listMultipartUploads(below);
    const keys = Contents.map(({ Key = '' }) => Key.slice(below.Prefix.length));
    return [...keys.sort(), ...Uploads.map(({ Key = '' }) => `unfinished ${Key.slice(below.Prefix.length)}`)];
  };
  const close = async (): Promise<void> => {
    for (const key of await left()) if (!key.startsWith('unfinished')) await blobs.remove(key);
    bucket.client.destroy();
  };
  return { blobs, left, close, prefix: own.prefix };
}
