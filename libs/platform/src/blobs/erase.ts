import type { Erase } from '../database/jobs.repository.js';
import type { BlobStore } from './blob-store.js';

/** Removes the bytes of a deleted job from the store. */
export function eraseFrom(blobs: BlobStore): Erase {
  return async (prefix, input) => {
    await blobs.removeAll(prefix);
    if (input !== undefined) await blobs.remove(input);
  };
}
