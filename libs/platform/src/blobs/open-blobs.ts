import type { BlobsConfig } from '../config/blobs-url.js';
import type { BlobStore } from './blob-store.js';
import { FileBlobs } from './file-blobs.js';

/** The store that the settings name. What S3 needs is loaded by those who use it. */
export async function openBlobs(config: BlobsConfig): Promise<BlobStore> {
  if (config.kind === 'files') return new FileBlobs(config.directory);
  const { S3Blobs } = await import('./s3-blobs.js');
  return new S3Blobs(config.settings);
}
