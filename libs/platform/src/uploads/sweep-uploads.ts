import type { BlobStore } from '../blobs/blob-store.js';
import type { UploadsRepository } from '../database/uploads.repository.js';
import { eraseUpload } from './erase-upload.js';

/** Removes uploads that have expired: first what is stored, so that a sweep that is cut off finds them again. */
export async function sweepUploads(uploads: UploadsRepository, blobs: BlobStore): Promise<void> {
  for (const upload of await uploads.takeExpired()) {
    await eraseUpload(blobs, upload);
    await uploads.remove(upload);
  }
}
