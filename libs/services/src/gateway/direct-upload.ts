import type { DirectUploadBody } from '@attune/api';
import { AppError, prefixed } from '@attune/core';
import type { BlobStore, DirectTransfers, Upload } from '@attune/platform';
import { keepReceived, type JobInput } from './keep-received.js';
import { discard, type Held, type UploadStores, wholeBefore } from './upload-parts.js';

const MiB = 1024 * 1024;
/** S3 takes 5 MiB at least, and 10,000 parts at most; a thousand addresses are what one answer should hold. */
const SMALLEST_PART = 16 * MiB;
const MOST_PARTS = 1_000;
/** Whoever has the address of a part needs no key for it. */
const LIFETIME_S = 15 * 60;
const NAMED_PARTS = 10;

/** Where clients may send parts to. @throws AppError conflict_state for a store that takes none from them */
export function directStore({ direct }: BlobStore): DirectTransfers {
  if (direct) return direct;
  throw new AppError('conflict_state', 'the object store here takes nothing from clients; begin the upload with POST /api/v1/uploads');
}

export function partBytesOf(length: number): number {
  return Math.max(SMALLEST_PART, Math.ceil(length / MOST_PARTS / MiB) * MiB);
}

/** All parts of the upload, each with its bytes. */
function partsOf({ length, direct }: Upload): { number: number; bytes: number }[] {
  if (direct === null) throw new AppError('conflict_state', 'this upload goes through Attune, not to the object store');
  const { partBytes } = direct;
  return Array.from({ length: Math.ceil(length / partBytes) }, (_, i) => ({
    number: i + 1,
    bytes: Math.min(partBytes, length - i * partBytes),
  }));
}

/** The parts and where those go that are not there yet. @throws AppError conflict_state, not_found */
export async function directBody(blobs: BlobStore, upload: Upload): Promise<DirectUploadBody> {
  const direct = directStore(blobs);
  const parts = partsOf(upload);
  const arrived = new Set(
    upload.sha256 === null ? (await direct.partsOf(upload.direct!)).map(({ number }) => number) : parts.map(({ number }) => number),
  );
  const until = new Date(Date.now() + LIFETIME_S * 1000).toISOString();
  return {
    upload_id: prefixed('upl', upload.id),
    bytes: upload.length,
    part_bytes: upload.direct!.partBytes,
    parts: await Promise.all(
      parts.map(async (part) =>
        arrived.has(part.number)
          ? { ...part, arrived: true, url: null, url_expires_at: null }
          : { ...part, arrived: false, url: await direct.presignPart(upload.direct!, part, LIFETIME_S), url_expires_at: until },
      ),
    ),
    expires_at: new Date(upload.expiresAt).toISOString(),
  };
}

/**
 * Makes one blob and one dataset of the parts that the store has; once more does no harm. Bytes that are not what they should be end the
 * upload. @throws AppError conflict_state while a part is missing; checksum_mismatch, not_found, upload_locked
 */
export async function completeDirect(stores: UploadStores, { upload, holder }: Held, declared: string | undefined): Promise<JobInput> {
  const { uploads, datasets, blobs, metrics } = stores;
  const { tenantId, length, name } = upload;
  const expected = partsOf(upload);
  const sha256Of = declared ?? upload.declaredSha256;
  const mismatch = (): AppError => new AppError('checksum_mismatch', 'the bytes hash to something else than was said; upload them anew');
  if (upload.sha256 !== null) {
    if (sha256Of !== null && sha256Of !== upload.sha256) throw mismatch();
    return wholeBefore(stores, upload, upload.sha256);
  }
  const direct = directStore(blobs);
  await expectParts(direct, upload, expected);
  const keyOf = (sha256: string): string => {
    if (sha256Of !== null && sha256Of !== sha256) throw mismatch();
    return `tenants/${tenantId}/blobs/${sha256}`;
  };
  try {
    const stored = await direct.finishUpload(upload.direct!, keyOf, length);
    const input = await keepReceived({ datasets, blobs }, tenantId, { ...stored, name });
    await uploads.complete(upload, holder, stored.sha256);
    metrics.uploadBytes.inc(stored.bytes);
    metrics.bytesProcessed.inc({ direction: 'in' }, stored.bytes);
    return input;
  } catch (error) {
    if (error instanceof AppError && (error.code === 'checksum_mismatch' || error.code === 'payload_too_large'))
      await discard(stores, upload);
    throw error;
  }
}

/** A completion that was cut off has already put the parts together: then there are none to look at, and the bytes are read anyway. */
async function expectParts(direct: DirectTransfers, upload: Upload, expected: readonly { number: number; bytes: number }[]): Promise<void> {
  const there = await direct.partsOf(upload.direct!).catch((error: unknown) => {
    if (error instanceof AppError && error.code === 'not_found') return undefined;
    throw error;
  });
  if (there === undefined) return;
  const sizes = new Map(there.map(({ number, bytes }) => [number, bytes]));
  const wrong = expected.filter(({ number, bytes }) => sizes.get(number) !== bytes).map(({ number }) => number);
  if (wrong.length > 0)
    throw new AppError(
      'conflict_state',
      `${wrong.length} of ${expected.length} parts have not arrived whole: ${wrong.slice(0, NAMED_PARTS).join(', ')}${wrong.length > NAMED_PARTS ? ' and more' : ''}`,
    );
}
