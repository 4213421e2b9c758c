import type { BlobStore } from '../blobs/blob-store.js';
import { type Upload, uploadPrefix } from '../database/uploads.repository.js';

/** Removes what is stored of an upload, wherever its parts went; a blob that came of it stays. Once more does no harm. */
export async function eraseUpload(blobs: BlobStore, upload: Pick<Upload, 'tenantId' | 'id' | 'direct'>): Promise<void> {
  await blobs.removeAll(uploadPrefix(upload));
  if (upload.direct === null) return;
  await blobs.direct?.abortUpload(upload.direct);
  await blobs.remove(upload.direct.key);
}
