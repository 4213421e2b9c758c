import type { CollectionBody } from './gc.api.js';

const nothing = { objects: 0, bytes: 0 };

const collection: CollectionBody = {
  dry_run: true,
  stored: { objects: 1_204, bytes: 73_400_320 },
  objects: [
    { reason: 'input', marked: { objects: 1, bytes: 20_971_520 }, swept: nothing },
    { reason: 'job', marked: nothing, swept: { objects: 3, bytes: 4_096 } },
    { reason: 'other', marked: nothing, swept: nothing },
  ],
  uploads: 0,
  rows: { idempotency_keys: 12, rate_limits: 4 },
};

/** What is told of storage, by the name of the shape. */
export const storageExamples: Readonly<Record<string, unknown>> = { Collection: collection };
