import { JobRequest, parseRequest, type StoredInput } from '@attune/api';
import {
  activeTraceparent,
  type Admission,
  type EgressGuard,
  type AnsweredKey,
  failpoint,
  type IdempotencyRepository,
  type JobsRepository,
  type MappingsRepository,
  readJson,
  requestId,
  type RulesRepository,
  type Submission,
} from '@attune/platform';
import type { Request } from 'express';
import { fetchedInput } from './fetched-input.js';
import { referredInput, refuseRemoved } from './job-input.js';
import { type JobInput, keepReceived } from './keep-received.js';
import { jobMapping } from './kept-mapping.js';
import { jobRules } from './kept-rules.js';
import { expectLoadable } from './loadable.js';
import { type Done, once } from './once.js';
import { fingerprintOf, readSubmission, type SubmissionRequest } from './submission.js';
import type { UploadStores } from './upload-parts.js';
import { checkJobWebhook } from './webhook-url.js';

const ROUTE = 'POST /api/v1/jobs';

export interface SubmitParts extends UploadStores {
  readonly jobs: JobsRepository;
  readonly keys: IdempotencyRepository;
  readonly mappings: MappingsRepository;
  readonly rules: RulesRepository;
  readonly admission: Admission;
  /** The way out to what a `source_url` names, and whether a `webhook_url` may be told. */
  readonly guard: EgressGuard;
  readonly uploadLimitBytes: number;
}

export type Submitted = Done & { readonly replayed: boolean };

/** One job per idempotency key: over the file in the body, or over bytes that the tenant has here already. */
export function submitOnce(parts: SubmitParts, tenantId: string, request: Request): Promise<Submitted> {
  return once(parts, tenantId, request, ROUTE, {
    read: (replayed) => receive(parts, tenantId, request, replayed),
    fingerprint: fingerprintOf,
    perform: (submission, key) => create(parts, tenantId, request, submission, key),
  });
}

async function receive(parts: SubmitParts, tenantId: string, request: Request, replayed: boolean): Promise<SubmissionRequest | JobRequest> {
  if (/^application\/json\b/i.test(request.header('content-type') ?? ''))
    return parseRequest(JobRequest, await readJson(request), { what: 'The body' });
  const submission = await parts.admission.upload(request, tenantId, announcedBytes(request), () =>
    readSubmission(
      request,
      (source) => parts.blobs.receive(source, (sha256) => `tenants/${tenantId}/blobs/${sha256}`, parts.uploadLimitBytes),
      // What was answered before is answered again, whatever the address has become.
      replayed ? undefined : (url) => checkJobWebhook(parts.guard, { webhook_url: url }),
    ),
  );
  await parts.admission.received(tenantId, submission.file.bytes);
  parts.metrics.uploadBytes.inc(submission.file.bytes);
  parts.metrics.bytesProcessed.inc({ direction: 'in' }, submission.file.bytes);
  return submission;
}

async function create(
  parts: SubmitParts,
  tenantId: string,
  request: Request,
  asked: SubmissionRequest | JobRequest,
  idempotency?: AnsweredKey,
): Promise<Done> {
  await parts.admission.jobs(request, tenantId, [asked.priority_class]);
  await checkJobWebhook(parts.guard, asked);
  const input = await inputOf(parts, tenantId, request, asked);
  const submission = await submissionOf(parts, tenantId, originOf(request), asked, input);
  await failpoint('submit.before_tx');
  const submitted = await parts.jobs
    .submit({ ...submission, ...(idempotency ? { idempotency } : {}) })
    .catch((error: unknown) => refuseRemoved(parts, tenantId, storedInputOf(asked), error));
  await failpoint('submit.after_tx_before_202');
  parts.metrics.jobsSubmitted.inc({ operation_type: asked.operation, source: 'http' });
  return submitted;
}

function storedInputOf(asked: SubmissionRequest | JobRequest): StoredInput | undefined {
  if ('file' in asked) return undefined;
  const { source_url: url, ...stored } = asked.input;
  return url === undefined ? stored : undefined;
}

/** What the body will have at most; 0 where the client does not say. */
export function announcedBytes(request: Request): number {
  return Number(request.header('content-length') ?? 0);
}

async function inputOf(parts: SubmitParts, tenantId: string, request: Request, asked: SubmissionRequest | JobRequest): Promise<JobInput> {
  if ('file' in asked) return keepReceived(parts, tenantId, asked.file);
  const { source_url: url, ...stored } = asked.input;
  if (url === undefined) return referredInput(parts, tenantId, stored);
  // Nothing is fetched for nobody.
  const gone = new AbortController();
  const leave = (): void => gone.abort();
  request.socket.once('close', leave);
  try {
    // How large it is nobody has announced.
    const input = await parts.admission.upload(request, tenantId, 0, () => fetchedInput(parts, tenantId, url, gone.signal));
    await parts.admission.received(tenantId, input.bytes);
    return input;
  } finally {
    request.socket.off('close', leave);
  }
}

/** By what everything that a job does can be found. */
export type Origin = Pick<Submission, 'traceparent' | 'requestId'>;

export function originOf(request: Request): Origin {
  return { traceparent: activeTraceparent() ?? request.header('traceparent') ?? null, requestId: requestId(request) };
}

/** The job that is asked for, with the mapping and the rules that it names. @throws AppError for one that is not there. */
export async function submissionOf(
  parts: Pick<SubmitParts, 'mappings' | 'rules'>,
  tenantId: string,
  origin: Origin,
  { operation, priority_class: priorityClass, options, deadline_at: deadlineAt, webhook_url: webhookUrl }: Omit<JobRequest, 'input'>,
  input: JobInput,
): Promise<Submission> {
  expectLoadable(operation, options);
  const { mapping, mapping_id, rules, rules_id, ...rest } = options;
  const document = await jobRules(parts.rules, tenantId, { rules, rules_id });
  return {
    tenantId,
    operation,
    options: { ...rest, ...(document === undefined ? {} : { rules: document }) },
    priorityClass,
    deadlineAt: deadlineAt ?? null,
    webhookUrl: webhookUrl ?? null,
    mapping: await jobMapping(parts.mappings, tenantId, { mapping, mapping_id }),
    datasetId: input.datasetId,
    inputSha256: input.sha256,
    bytesIn: input.bytes,
    inputName: input.name,
    sourceHost: input.sourceHost ?? null,
    ...origin,
  };
}
