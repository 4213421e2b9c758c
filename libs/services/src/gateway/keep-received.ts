import { once } from 'node:events';
import { AppError } from '@attune/core';
import { type BlobStore, type DatasetsRepository, failpoint, type StoredDataset } from '@attune/platform';
import type { ReceivedFile } from './submission.js';

/** What a job works on, and the name that the client has for it. */
export type JobInput = StoredDataset & {
  readonly name: string | null;
  /** The host that they were fetched from for this job. */
  readonly sourceHost?: string;
};

/** Makes the dataset of bytes that were stored a moment ago, whichever door they came by. @throws AppError overloaded */
export async function keepReceived(
  { datasets, blobs }: { readonly datasets: DatasetsRepository; readonly blobs: BlobStore },
  tenantId: string,
  { sha256, bytes, key: storageKey, name }: ReceivedFile,
): Promise<JobInput> {
  await failpoint('upload.before_blob_row');
  const { datasetId, wasRemoved } = await datasets.receive({ tenantId, sha256, bytes, storageKey });
  await failpoint('upload.after_blob_row');
  if (wasRemoved) await expectStored(blobs, storageKey);
  return { datasetId, sha256, bytes, name };
}

/** A deletion of the last job over the same bytes may have come between their arrival and their row. */
async function expectStored(blobs: BlobStore, key: string): Promise<void> {
  const source = blobs.open(key, { start: 0, end: 0 });
  try {
    await once(source, 'readable');
  } catch (cause) {
    throw new AppError('overloaded', 'the bytes were removed a moment ago; send them again', { cause });
  } finally {
    source.destroy();
  }
}
