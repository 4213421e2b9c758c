import type { EntitySchema } from 'typeorm';
import { artifacts, rowLedger } from './artifacts.js';
import { blobs, datasets } from './datasets.js';
import { chores, gcMarks, retentionPolicies } from './housekeeping.js';
import { idempotencyKeys } from './idempotency-keys.js';
import { loadLedger } from './load-ledger.js';
import { acceptedMappings, mappings } from './mappings.js';
import { receivedBytes, tenantQuotas } from './quotas.js';
import { rateLimits } from './rate-limits.js';
import { checkedDatasets, ruleSets } from './rules.js';
import { jobEvents, jobs } from './jobs.js';
import { attempts, fairFloor, jobStages, retryBudgets, tenantFlow, workers } from './stages.js';
import { apiKeys, tenants } from './tenants.js';
import { scheduleFires, schedules } from './schedules.js';
import { webhookDeliveries, webhooks } from './webhooks.js';
import { uploadParts, uploads } from './uploads.js';

/** Every table of ours as the code expects it; a migrated database is the same (drift.int.test.ts). */
export const tables: EntitySchema[] = [
  tenants,
  apiKeys,
  blobs,
  datasets,
  jobs,
  jobEvents,
  jobStages,
  attempts,
  tenantFlow,
  fairFloor,
  retryBudgets,
  workers,
  artifacts,
  rowLedger,
  loadLedger,
  idempotencyKeys,
  mappings,
  acceptedMappings,
  rateLimits,
  ruleSets,
  checkedDatasets,
  gcMarks,
  chores,
  retentionPolicies,
  webhooks,
  webhookDeliveries,
  uploads,
  uploadParts,
  tenantQuotas,
  receivedBytes,
  schedules,
  scheduleFires,
];
