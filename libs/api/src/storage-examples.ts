import type { CollectionBody } from './gc.api.js';
import type { QuotaBody } from './quota.api.js';
import type { DatasetHoldBody, RetentionBody, RetentionDueBody } from './retention.api.js';

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
  rows: { idempotency_keys: 12, rate_limits: 4, webhook_deliveries: 7 },
};

const policy: RetentionBody = { raw_days: 30, results_days: 90, version: 0 };

const quota: QuotaBody = {
  queued_jobs: 100_000,
  bytes_per_day: null,
  concurrent_uploads: 64,
  weights: { interactive: 4, bulk: 1 },
  use: { queued_jobs: 12, bytes_today: 734_003_200 },
  version: 0,
};

const due: RetentionDueBody = {
  data: [
    { kind: 'dataset', id: 'ds_0197c0de-aaaa-7bbb-8ccc-ddddeeeeffff', due_at: '2026-04-01T09:00:00.000Z', bytes: 20_971_520 },
    { kind: 'job', id: 'job_0197c0de-1111-7222-8333-444455556666', due_at: '2026-05-31T09:00:05.000Z', bytes: 36_000_000 },
  ],
  total: 2,
};

const held: DatasetHoldBody = { dataset_id: 'ds_0197c0de-aaaa-7bbb-8ccc-ddddeeeeffff', legal_hold: true };

/** What is told of storage, by the name of the shape. */
export const storageExamples: Readonly<Record<string, unknown>> = {
  Collection: collection,
  DatasetHold: held,
  Quota: quota,
  Retention: policy,
  RetentionDue: due,
};
