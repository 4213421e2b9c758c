import type { ListedBlob } from './blob-store.js';
import { INCOMING, type S3Bucket } from './s3-bucket.js';
import { partsIn } from './s3-multipart.js';

/** Objects below the prefix, page after page, in the order of keys; without the temporary ones unless they are asked for. */
export async function* listed(bucket: S3Bucket, prefix: string): AsyncGenerator<ListedBlob> {
  const below = bucket.below(prefix);
  for (let token: string | undefined, more = true; more;) {
    const page = await bucket.call((s3, send) =>
      s3.listObjectsV2({ ...below, ...(token === undefined ? {} : { ContinuationToken: token }) }, send),
    );
    for (const { Key = '', Size = 0, LastModified } of page.Contents ?? []) {
      const key = bucket.keyOf(Key);
      if (prefix !== INCOMING && key.startsWith(`${INCOMING}/`)) continue;
      yield { key, bytes: Size, modifiedAt: LastModified?.getTime() ?? Date.now() };
    }
    token = page.NextContinuationToken;
    more = page.IsTruncated === true && token !== undefined;
  }
}

/** Multipart uploads that nobody has completed; `modifiedAt` is when the last part came, in milliseconds. */
export async function* unfinished(bucket: S3Bucket): AsyncGenerator<{ key: string; uploadId: string; modifiedAt: number }> {
  for (let marker = {}, more = true; more;) {
    const page = await bucket.call((s3, send) => s3.listMultipartUploads({ ...bucket.below(''), ...marker }, send));
    for (const { Key = '', UploadId: uploadId, Initiated } of page.Uploads ?? []) {
      if (uploadId === undefined) continue;
      const key = bucket.keyOf(Key);
      let modifiedAt = Initiated?.getTime() ?? Date.now();
      for await (const part of partsIn(bucket, key, uploadId)) modifiedAt = Math.max(modifiedAt, part.LastModified?.getTime() ?? 0);
      yield { key, uploadId, modifiedAt };
    }
    more = page.IsTruncated === true;
    marker = { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker };
  }
}
