import { once as eventOnce } from 'node:events';
import { AppError } from '@attune/core';
import {
  activeTraceparent,
  type AnsweredKey,
  type BlobStore,
  type DatasetsRepository,
  failpoint,
  type IdempotencyRepository,
  type JobsRepository,
  type MappingsRepository,
  type Metrics,
  requestId,
  type RulesRepository,
} from '@attune/platform';
import type { Request } from 'express';
import { jobMapping } from './kept-mapping.js';
import { jobRules } from './kept-rules.js';
import { type Done, once } from './once.js';
import { fingerprintOf, readSubmission, type SubmissionRequest } from './submission.js';

const ROUTE = 'POST /api/v1/jobs';

export interface SubmitParts {
  readonly jobs: JobsRepository;
  readonly datasets: DatasetsRepository;
  readonly keys: IdempotencyRepository;
  readonly mappings: MappingsRepository;
  readonly rules: RulesRepository;
  readonly blobs: BlobStore;
  readonly metrics: Metrics;
  readonly uploadLimitBytes: number;
}

export type Submitted = Done & { readonly replayed: boolean };

/** One job per idempotency key. */
export function submitOnce(parts: SubmitParts, tenantId: string, request: Request): Promise<Submitted> {
  return once(parts, tenantId, request, ROUTE, {
    read: () => receive(parts, tenantId, request),
    fingerprint: fingerprintOf,
    perform: (submission, key) => create(parts, tenantId, request, submission, key),
  });
}

async function receive(parts: SubmitParts, tenantId: string, request: Request): Promise<SubmissionRequest> {
  const submission = await readSubmission(request, (source) =>
    parts.blobs.receive(source, (sha256) => `tenants/${tenantId}/blobs/${sha256}`, parts.uploadLimitBytes),
  );
  parts.metrics.uploadBytes.inc(submission.file.bytes);
  parts.metrics.bytesProcessed.inc({ direction: 'in' }, submission.file.bytes);
  return submission;
}

async function create(
  parts: SubmitParts,
  tenantId: string,
  request: Request,
  { operation, options: { mapping, mapping_id, rules, rules_id, ...options }, file }: SubmissionRequest,
  idempotency?: AnsweredKey,
): Promise<Done> {
  await failpoint('upload.before_blob_row');
  const { datasetId, wasRemoved } = await parts.datasets.receive({
    tenantId,
    sha256: file.sha256,
    bytes: file.bytes,
    storageKey: file.key,
  });
  await failpoint('upload.after_blob_row');
  if (wasRemoved) await expectStored(parts.blobs, file.key);
  const document = await jobRules(parts.rules, tenantId, { rules, rules_id });
  await failpoint('submit.before_tx');
  const submitted = await parts.jobs.submit({
    tenantId,
    operation,
    options: { ...options, ...(document === undefined ? {} : { rules: document }) },
    mapping: await jobMapping(parts.mappings, tenantId, { mapping, mapping_id }),
    datasetId,
    inputSha256: file.sha256,
    bytesIn: file.bytes,
    inputName: file.name,
    traceparent: activeTraceparent() ?? request.header('traceparent') ?? null,
    requestId: requestId(request),
    ...(idempotency ? { idempotency } : {}),
  });
  await failpoint('submit.after_tx_before_202');
  parts.metrics.jobsSubmitted.inc({ operation_type: operation, source: 'http' });
  return submitted;
}

/** A deletion of the last job over the same bytes may have come between their arrival and their row. */
async function expectStored(blobs: BlobStore, key: string): Promise<void> {
  const source = blobs.open(key, { start: 0, end: 0 });
  try {
    await eventOnce(source, 'readable');
  } catch (cause) {
    throw new AppError('overloaded', 'the bytes were removed a moment ago; send them again', { cause });
  } finally {
    source.destroy();
  }
}
