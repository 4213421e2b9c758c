import { once as eventOnce } from 'node:events';
import { type InputReference, JobRequest, parseRequest } from '@attune/api';
import { AppError, bareId } from '@attune/core';
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
  readJson,
  requestId,
  type RulesRepository,
  type StoredDataset,
} from '@attune/platform';
import type { Request } from 'express';
import { jobMapping } from './kept-mapping.js';
import { jobRules } from './kept-rules.js';
import { type Done, once } from './once.js';
import { fingerprintOf, readSubmission, type ReceivedFile, type SubmissionRequest } from './submission.js';

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

type JobInput = StoredDataset & { readonly name: string | null };

export type Submitted = Done & { readonly replayed: boolean };

/** One job per idempotency key: over the file in the body, or over bytes that the tenant has here already. */
export function submitOnce(parts: SubmitParts, tenantId: string, request: Request): Promise<Submitted> {
  return once(parts, tenantId, request, ROUTE, {
    read: () => receive(parts, tenantId, request),
    fingerprint: fingerprintOf,
    perform: (submission, key) => create(parts, tenantId, request, submission, key),
  });
}

async function receive(parts: SubmitParts, tenantId: string, request: Request): Promise<SubmissionRequest | JobRequest> {
  if (/^application\/json\b/i.test(request.header('content-type') ?? ''))
    return parseRequest(JobRequest, await readJson(request), { what: 'The body' });
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
  submission: SubmissionRequest | JobRequest,
  idempotency?: AnsweredKey,
): Promise<Done> {
  const {
    operation,
    priority_class: priorityClass,
    options: { mapping, mapping_id, rules, rules_id, ...options },
  } = submission;
  const input = 'file' in submission ? await keep(parts, tenantId, submission.file) : await refer(parts, tenantId, submission.input);
  const document = await jobRules(parts.rules, tenantId, { rules, rules_id });
  await failpoint('submit.before_tx');
  const submitted = await parts.jobs.submit({
    tenantId,
    operation,
    options: { ...options, ...(document === undefined ? {} : { rules: document }) },
    priorityClass,
    mapping: await jobMapping(parts.mappings, tenantId, { mapping, mapping_id }),
    datasetId: input.datasetId,
    inputSha256: input.sha256,
    bytesIn: input.bytes,
    inputName: input.name,
    traceparent: activeTraceparent() ?? request.header('traceparent') ?? null,
    requestId: requestId(request),
    ...(idempotency ? { idempotency } : {}),
  });
  await failpoint('submit.after_tx_before_202');
  parts.metrics.jobsSubmitted.inc({ operation_type: operation, source: 'http' });
  return submitted;
}

async function keep({ datasets, blobs }: SubmitParts, tenantId: string, file: ReceivedFile): Promise<JobInput> {
  const { sha256, bytes, key: storageKey, name } = file;
  await failpoint('upload.before_blob_row');
  const { datasetId, wasRemoved } = await datasets.receive({ tenantId, sha256, bytes, storageKey });
  await failpoint('upload.after_blob_row');
  if (wasRemoved) await expectStored(blobs, storageKey);
  return { datasetId, sha256, bytes, name };
}

/** @throws AppError not_found alike for bytes that never came, were removed, or are another tenant's. */
async function refer({ datasets }: SubmitParts, tenantId: string, reference: InputReference): Promise<JobInput> {
  const [[member, value]] = Object.entries(reference) as [[keyof InputReference, string]];
  const id = bareId('ds', value);
  const name = member === 'sha256' ? { sha256: value } : id === undefined ? undefined : { id };
  const found = name && (await datasets.named(tenantId, name));
  if (found) return { ...found, name: null };
  const message = 'There are no such bytes; send them again.';
  throw new AppError('not_found', 'there is no such input', { errors: [{ pointer: `/input/${member}`, code: 'unknown', message }] });
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
