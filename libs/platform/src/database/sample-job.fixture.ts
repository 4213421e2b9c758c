import { createHash, randomUUID } from 'node:crypto';
import type { Operation, PriorityClass } from '@attune/core';
import type { Database } from './database.js';
import { DatasetsRepository } from './datasets.repository.js';
import { JobsRepository } from './jobs.repository.js';
import { TenantsRepository } from './tenants.repository.js';

export interface SampleJob {
  readonly tenantId: string;
  readonly jobId: string;
}

/** Submits a job over a dataset of its own, as tests of the job system need it; the bytes must be stored under `storageKey` where a stage reads them. */
export async function submitSample(
  database: Database,
  sample: {
    tenant?: string;
    operation?: Operation;
    priorityClass?: PriorityClass;
    webhookUrl?: string;
    blob?: { sha256: string; bytes: number; storageKey: string };
  } = {},
): Promise<SampleJob> {
  const tenantId = await new TenantsRepository(database).ensureTenant(sample.tenant ?? 'sample');
  const sha256 = createHash('sha256').update(randomUUID()).digest('hex');
  const blob = sample.blob ?? { sha256, bytes: 1, storageKey: `samples/${sha256}` };
  const { datasetId } = await new DatasetsRepository(database).receive({ tenantId, ...blob });
  const { jobId } = await new JobsRepository(database).submit({
    tenantId,
    operation: sample.operation ?? 'validate',
    options: { remove_duplicates: true, standardize_fields: true, validate_schema: true, output_formats: ['csv'], review: 'never' },
    priorityClass: sample.priorityClass ?? 'interactive',
    mapping: null,
    datasetId,
    inputSha256: blob.sha256,
    bytesIn: blob.bytes,
    inputName: null,
    traceparent: null,
    webhookUrl: sample.webhookUrl ?? null,
  });
  return { tenantId, jobId };
}
