import type { ScheduledJob, StoredInput } from '@attune/api';
import { AppError, bareId } from '@attune/core';
import type { StoredDataset } from '@attune/platform';
import type { JobInput } from './keep-received.js';
import { assemble, holding, type UploadStores } from './upload-parts.js';

/**
 * The bytes that a submit names.
 * @throws AppError not_found alike for bytes that never came, were removed, or are another tenant's; conflict_state for an upload that is
 * not whole yet, upload_locked while somebody else makes it whole.
 */
export async function referredInput(stores: UploadStores, tenantId: string, reference: StoredInput): Promise<JobInput> {
  const [[member, value]] = Object.entries(reference) as [[keyof StoredInput, string]];
  return expectFound(member, await FINDERS[member](stores, tenantId, value));
}

/** Bytes may have been removed since they were found: whoever names them then is told so. @throws AppError not_found; else the error itself */
export async function refuseRemoved(
  stores: UploadStores,
  tenantId: string,
  named: StoredInput | undefined,
  error: unknown,
): Promise<never> {
  if (error instanceof AppError && error.code === 'overloaded') {
    stores.datasets.forgetNamed();
    if (named) await referredInput(stores, tenantId, named);
  }
  throw error;
}

/** As `referredInput`, of bytes that stay. @throws AppError not_found */
export async function scheduledInput(stores: Datasets, tenantId: string, reference: ScheduledJob['input']): Promise<JobInput> {
  const [[member, value]] = Object.entries(reference) as [[keyof ScheduledJob['input'], string]];
  return expectFound(member, await DATASETS[member](stores, tenantId, value));
}

function expectFound(member: keyof StoredInput, found: StoredDataset | JobInput | undefined): JobInput {
  if (found) return { name: null, ...found };
  const message = 'There are no such bytes; send them again.';
  throw new AppError('not_found', 'there is no such input', { errors: [{ pointer: `/input/${member}`, code: 'unknown', message }] });
}

type Datasets = Pick<UploadStores, 'datasets'>;
type Finder<Stores> = (stores: Stores, tenantId: string, name: string) => Promise<StoredDataset | JobInput | undefined>;

const DATASETS: Readonly<Record<keyof ScheduledJob['input'], Finder<Datasets>>> = {
  sha256: ({ datasets }, tenantId, sha256) => datasets.named(tenantId, { sha256 }),
  dataset_id: async ({ datasets }, tenantId, name) => {
    const id = bareId('ds', name);
    return id === undefined ? undefined : datasets.named(tenantId, { id });
  },
};

const FINDERS: Readonly<Record<keyof StoredInput, Finder<UploadStores>>> = {
  sha256: ({ datasets }, tenantId, sha256) => datasets.recentlyNamed(tenantId, { sha256 }),
  dataset_id: async ({ datasets }, tenantId, name) => {
    const id = bareId('ds', name);
    return id === undefined ? undefined : datasets.recentlyNamed(tenantId, { id });
  },
  upload_id: async (stores, tenantId, name) => {
    const id = bareId('upl', name);
    return id === undefined ? undefined : uploaded(stores, tenantId, id);
  },
};

/** The gateway that received the last byte may have ended before it could make one blob of them. */
async function uploaded(stores: UploadStores, tenantId: string, id: string): Promise<JobInput | undefined> {
  try {
    const { length, received, sha256, name } = await stores.uploads.find(tenantId, id);
    if (received < length) throw new AppError('conflict_state', `the upload has ${received} of ${length} bytes`);
    if (sha256 === null)
      return await holding(
        stores,
        tenantId,
        id,
        () => true,
        (held) => assemble(stores, held),
      );
    const dataset = await stores.datasets.named(tenantId, { sha256 });
    return dataset && { ...dataset, name };
  } catch (error) {
    if (error instanceof AppError && error.code === 'not_found') return undefined;
    throw error;
  }
}
