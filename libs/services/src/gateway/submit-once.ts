import { AppError, type WorkerService } from '@attune/core';
import type { BlobStore, DatasetsRepository, IdempotencyRepository, JobsRepository, Metrics } from '@attune/platform';
import type { Request } from 'express';
import { fingerprintOf, readSubmission, type SubmissionRequest } from './submission.js';

const ROUTE = 'POST /api/v1/jobs';
const RENEW_MS = 10_000;
const KEY = /^[\x21-\x7e]{1,255}$/;

export interface SubmitParts {
  readonly jobs: JobsRepository;
  readonly datasets: DatasetsRepository;
  readonly keys: IdempotencyRepository;
  readonly blobs: BlobStore;
  readonly metrics: Metrics;
  readonly uploadLimitBytes: number;
}

export interface Submitted {
  readonly jobId: string;
  readonly rings: readonly WorkerService[];
  readonly replayed: boolean;
}

/** One job per idempotency key: reserved before the body is read, answered in the job's own transaction, replayed ever after. */
export async function submitOnce(parts: SubmitParts, tenantId: string, request: Request): Promise<Submitted> {
  const key = request.header('idempotency-key');
  if (key === undefined) return create(parts, tenantId, request, await receive(parts, tenantId, request));
  if (!KEY.test(key)) {
    throw new AppError('validation_failed', 'the Idempotency-Key is not valid', {
      errors: [{ header: 'Idempotency-Key', code: 'invalid_format', message: '1 to 255 visible ASCII characters.' }],
    });
  }
  const reservation = await parts.keys.reserve(tenantId, ROUTE, key);
  if (reservation.state === 'answered') {
    const again = await receive(parts, tenantId, request);
    if (fingerprintOf(again) !== reservation.fingerprint)
      throw new AppError('idempotency_mismatch', 'the key was used for another operation, other options or another file');
    parts.metrics.idempotentReplays.inc();
    return { jobId: reservation.jobId, rings: [], replayed: true };
  }
  const { holder } = reservation;
  const renewal = setInterval(() => void parts.keys.renew(tenantId, ROUTE, key, holder).catch(() => undefined), RENEW_MS);
  try {
    const submission = await receive(parts, tenantId, request);
    return await create(parts, tenantId, request, submission, { route: ROUTE, key, holder, fingerprint: fingerprintOf(submission) });
  } catch (error) {
    await parts.keys.release(tenantId, ROUTE, key, holder).catch(() => undefined);
    throw error;
  } finally {
    clearInterval(renewal);
  }
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
  { operation, options: { mapping, ...options }, file }: SubmissionRequest,
  idempotency?: { route: string; key: string; holder: string; fingerprint: string },
): Promise<Submitted> {
  const { datasetId } = await parts.datasets.receive({ tenantId, sha256: file.sha256, bytes: file.bytes, storageKey: file.key });
  const { jobId, rings } = await parts.jobs.submit({
    tenantId,
    operation,
    options,
    mapping: mapping ?? null,
    datasetId,
    inputSha256: file.sha256,
    bytesIn: file.bytes,
    inputName: file.name,
    traceparent: request.header('traceparent') ?? null,
    ...(idempotency ? { idempotency } : {}),
  });
  parts.metrics.jobsSubmitted.inc({ operation_type: operation, source: 'http' });
  return { jobId, rings, replayed: false };
}
