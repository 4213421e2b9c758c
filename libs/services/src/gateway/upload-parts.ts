import { createHash, randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { AppError } from '@attune/core';
import {
  type BlobStore,
  type DatasetsRepository,
  eraseUpload,
  type Metrics,
  type Upload,
  UPLOAD_LEASE_SECONDS,
  type UploadPart,
  uploadPrefix,
  type UploadsRepository,
} from '@attune/platform';
import { type JobInput, keepReceived } from './keep-received.js';
import { UploadBody } from './upload-body.js';

/** A body is stored and counted piece by piece: a gateway that is killed loses no more than one. */
const PART_BYTES = 32 * 1024 * 1024;
const RENEW_MS = (UPLOAD_LEASE_SECONDS * 1000) / 4;

export interface UploadStores {
  readonly uploads: UploadsRepository;
  readonly datasets: DatasetsRepository;
  readonly blobs: BlobStore;
  readonly metrics: Metrics;
}

/** An upload that this request holds. */
export interface Held {
  readonly upload: Upload;
  readonly holder: string;
}

/**
 * Does the work while no other request writes to the upload. The lease is renewed as long as `isAlive` says that something was done since
 * it was asked last: whoever comes back over a new connection need not wait for the end of the old one.
 * @throws AppError not_found, upload_locked
 */
export async function holding<T>(
  { uploads }: UploadStores,
  tenantId: string,
  id: string,
  isAlive: (length: number) => boolean,
  work: (held: Held) => Promise<T>,
): Promise<T> {
  const holder = randomUUID();
  const upload = await uploads.hold(tenantId, id, holder);
  const renewal = setInterval(() => {
    if (isAlive(upload.length)) void uploads.renew(upload, holder).catch(() => undefined); // the next write says whether it is still ours
  }, RENEW_MS);
  try {
    return await work({ upload, holder });
  } finally {
    clearInterval(renewal);
    await uploads.release(upload, holder).catch(() => undefined); // the lease ends by itself
  }
}

/**
 * Stores the body after what is there already, and answers how many bytes of the upload there are now. A body that breaks off counts up to
 * its last byte. @throws AppError payload_too_large for more than the length; upload_locked when another request has taken over
 */
export async function append({ uploads, blobs, metrics }: UploadStores, { upload, holder }: Held, body: UploadBody): Promise<number> {
  let { received } = upload;
  while (received < upload.length && (await body.more())) {
    const room = Math.min(PART_BYTES, upload.length - received);
    // A request that was fenced may still be writing: its parts have other keys.
    const storageKey = `${uploadPrefix(upload)}/${received}.${holder}`;
    const { bytes, sha256 } = await blobs.receive(Readable.from(body.take(room)), () => storageKey, room);
    try {
      await uploads.addPart(upload, holder, { start: received, bytes, sha256, storageKey });
    } catch (error) {
      await blobs.remove(storageKey).catch(() => undefined); // what no row names is garbage
      throw error;
    }
    received += bytes;
    metrics.uploadBytes.inc(bytes);
    metrics.bytesProcessed.inc({ direction: 'in' }, bytes);
  }
  if (received === upload.length && (await body.more()))
    throw new AppError('payload_too_large', `the upload has ${upload.length} bytes, and the body goes on`);
  return received;
}

/**
 * Makes one blob and one dataset of all parts; once more does no harm. Bytes that are not what they should be end the upload.
 * @throws AppError checksum_mismatch, artifact_corrupt, upload_locked
 */
export async function assemble(stores: UploadStores, { upload, holder }: Held): Promise<JobInput> {
  const { uploads, datasets, blobs } = stores;
  const { tenantId, length, declaredSha256, name } = upload;
  if (upload.sha256 !== null) return wholeBefore(stores, upload, upload.sha256);
  const keyOf = (sha256: string): string => {
    if (declaredSha256 !== null && declaredSha256 !== sha256)
      throw new AppError('checksum_mismatch', 'the bytes hash to something else than Upload-Metadata says; upload them anew');
    return `tenants/${tenantId}/blobs/${sha256}`;
  };
  try {
    const parts = await uploads.parts(upload);
    const { bytes, sha256, key } = await blobs.receive(Readable.from(bytesOf(blobs, parts)), keyOf, length);
    const input = await keepReceived({ datasets, blobs }, tenantId, { bytes, sha256, key, name });
    await uploads.complete(upload, holder, sha256);
    await blobs.removeAll(uploadPrefix(upload));
    return input;
  } catch (error) {
    if (error instanceof AppError && (error.code === 'checksum_mismatch' || error.code === 'artifact_corrupt'))
      await discard(stores, upload);
    throw error;
  }
}

/** What an upload that was completed before has become. @throws AppError not_found */
export async function wholeBefore({ datasets }: UploadStores, { tenantId, name }: Upload, sha256: string): Promise<JobInput> {
  const before = await datasets.named(tenantId, { sha256 });
  if (before) return { ...before, name };
  throw new AppError('not_found', 'the bytes of the upload were removed with their last job');
}

/** Forgets the upload and what is stored of it; a blob that came of it stays. @throws AppError not_found */
export async function discard({ uploads, blobs }: UploadStores, upload: Pick<Upload, 'tenantId' | 'id' | 'direct'>): Promise<void> {
  await uploads.remove(upload);
  await eraseUpload(blobs, upload);
}

/** The parts one after another, each as it was received. @throws AppError artifact_corrupt */
async function* bytesOf(blobs: BlobStore, parts: readonly UploadPart[]): AsyncGenerator<Buffer> {
  for (const part of parts) {
    const hash = createHash('sha256');
    for await (const chunk of blobs.open(part.storageKey) as AsyncIterable<Buffer>) {
      hash.update(chunk);
      yield chunk;
    }
    if (hash.digest('hex') !== part.sha256) throw new AppError('artifact_corrupt', 'a stored part differs from its checksum');
  }
}
