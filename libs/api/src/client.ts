import { type GivenMapping, type Operation, type OutputFormat, type PriorityClass } from '@attune/core';
import { ApiProblem, UnexpectedAnswer, Unreachable } from './api-problem.js';
import { ArtifactList } from './artifact.api.js';
import { type DiffBody, DiffPage } from './diff.api.js';
import { HealthBody, ReadyBody } from './health.api.js';
import {
  type InputReference,
  isTerminal,
  jobActions,
  JobBody,
  JobList,
  type JobListQuery,
  jobPaths,
  type JobRequest,
  JobStatusBody,
} from './job.api.js';
import { type JobEvent, watchJob, type Watching } from './job-events.js';
import { LineageBody } from './lineage.api.js';
import { LOG_MEDIA_TYPE, LogLine } from './log.api.js';
import { ManifestBody } from './manifest.api.js';
import { MappingBody } from './mapping.api.js';
import { linesOf } from './ndjson.js';
import type { JobOptionsInput } from './options.api.js';
import { QualityBody } from './quality.api.js';
import { QuarantinePage, type QuarantineRecord } from './quarantine.api.js';
import { BatchBody } from './batch.api.js';
import { BulkRedriveBody, type BulkRedriveRequest, type RedriveRequest } from './redrive.api.js';
import { AttemptList, TimelineBody } from './timeline.api.js';
import { type DirectUploadOptions, uploadDirectly } from './direct-upload.js';
import { uploadInPieces, type UploadOptions } from './resumable-upload.js';
import { type Call, Transport, type TransportOptions } from './transport.js';
import type { UploadBody } from './upload.api.js';
import { VersionBody } from './version.api.js';
import type { z } from 'zod';

export interface ClientOptions extends TransportOptions {
  /** A fresh key for each request that creates or acts, as from `crypto.randomUUID`. */
  readonly newKey: () => string;
}

export interface Submission {
  /** Streamed as it is read: a file-backed Blob never lies in memory whole. */
  readonly file: Blob;
  /** Name of the file as the job shows it. */
  readonly name?: string;
  readonly operation?: Operation;
  readonly options?: JobOptionsInput;
  /** `interactive` unless given. */
  readonly priorityClass?: PriorityClass;
  /** RFC 3339, in UTC: a job that has not ended by then is `expired`. */
  readonly deadlineAt?: string | undefined;
  /** Where this job alone is told of, signed with the secret of `WebhooksClient.takeJobSecret`. */
  readonly webhookUrl?: string | undefined;
  /** Give one to make a submit repeatable across processes; else each call has its own. */
  readonly idempotencyKey?: string;
  readonly signal?: AbortSignal;
}

/** A submit of bytes that Attune has already. */
export interface ReferenceSubmission extends Omit<Submission, 'file' | 'name'> {
  readonly input: InputReference;
}

export interface WaitOptions {
  readonly signal?: AbortSignal;
  /** Told of every status that was read. */
  readonly onProgress?: (status: JobStatusBody) => void;
  /** Longest time between two looks, 500 ms unless given; the first ones follow faster, for small jobs. */
  readonly pollMs?: number;
}

interface Cancellable {
  readonly signal?: AbortSignal;
}

/** Looks in a row that may go unanswered before `wait` gives up: about a minute, in which a server can start again. */
const SILENT_LOOKS = 27;

/**
 * Attune over HTTP. Every call throws ApiProblem, Unreachable or UnexpectedAnswer, and retries by itself what the server
 * calls retryable. What creates or acts carries one Idempotency-Key over all its tries, so that it happens once.
 */
export class AttuneClient {
  readonly #http: Transport;
  readonly #newKey: () => string;

  constructor(options: ClientOptions) {
    this.#http = new Transport(options);
    this.#newKey = options.newKey;
  }

  get url(): string {
    return this.#http.url;
  }

  /** Uploads the file and creates the job, which is answered before it has ended. */
  submit(submission: Submission): Promise<JobBody> {
    const body = new FormData();
    // The small parts go first, so that a wrong option is answered before the upload.
    body.set('operation', submission.operation ?? 'harmonize');
    body.set('options', JSON.stringify(submission.options ?? {}));
    if (submission.priorityClass !== undefined) body.set('priority_class', submission.priorityClass);
    if (submission.deadlineAt !== undefined) body.set('deadline_at', submission.deadlineAt);
    if (submission.webhookUrl !== undefined) body.set('webhook_url', submission.webhookUrl);
    body.set('file', submission.file, submission.name ?? 'file');
    const headers = { 'idempotency-key': submission.idempotencyKey ?? this.#newKey() };
    return this.#http.read(JobBody, '/api/v1/jobs', { method: 'POST', headers, body, ...signalOf(submission) });
  }

  /** Sends a file in pieces, over lines that break, until it is a dataset that a job can be submitted over. */
  upload(file: Blob, options: UploadOptions = {}): Promise<UploadBody> {
    return uploadInPieces(this.#http, file, options);
  }

  /** As `upload`, in parts that go to the object store itself, a few at once. `conflict_state` where it takes none from clients. */
  uploadDirect(file: Blob, options: DirectUploadOptions = {}): Promise<UploadBody> {
    return uploadDirectly(this.#http, file, options);
  }

  /** Creates a job over bytes that Attune has already; `not_found` when it has not. */
  submitReference({
    input,
    operation = 'harmonize',
    options = {},
    priorityClass,
    deadlineAt,
    webhookUrl,
    idempotencyKey,
    signal,
  }: ReferenceSubmission): Promise<JobBody> {
    const headers = { 'idempotency-key': idempotencyKey ?? this.#newKey(), 'content-type': 'application/json' };
    const told = { priority_class: priorityClass, deadline_at: deadlineAt, webhook_url: webhookUrl };
    const body = JSON.stringify({ operation, input, options, ...told });
    return this.#http.read(JobBody, '/api/v1/jobs', { method: 'POST', headers, body, ...signalOf(signal === undefined ? {} : { signal }) });
  }

  job(id: string, options: Cancellable = {}): Promise<JobBody> {
    return this.#http.read(JobBody, jobPaths(id).self, signalOf(options));
  }

  status(id: string, options: Cancellable = {}): Promise<JobStatusBody> {
    return this.#http.read(JobStatusBody, jobPaths(id).status, signalOf(options));
  }

  /** The job once it is completed, failed, cancelled or expired, or awaits the decision of a person. Outlives a restart of the server. */
  async wait(id: string, { signal, onProgress, pollMs = 500 }: WaitOptions = {}): Promise<JobBody> {
    const options = signal === undefined ? {} : { signal };
    let silent = 0;
    for (let pauseMs = pollMs / 8; ; pauseMs = Math.min(pollMs, pauseMs * 2)) {
      try {
        const status = await this.status(id, options);
        silent = 0;
        onProgress?.(status);
        if (isTerminal(status.status) || status.status === 'awaiting_review') return await this.job(id, options);
      } catch (error) {
        const passing = error instanceof Unreachable || (error instanceof ApiProblem && error.retryable);
        silent += 1;
        if (!passing || silent >= SILENT_LOOKS) throw error;
      }
      await this.#http.pause(pauseMs, signal);
    }
  }

  /** The result as the server sends it; the body is to be read as a stream. `not_acceptable` for a format that was not published. */
  result(id: string, format?: OutputFormat, options: Cancellable = {}): Promise<Response> {
    return this.#http.send(jobPaths(id).result, { headers: { accept: '*/*' }, query: { format }, ...signalOf(options) });
  }

  quality(id: string, options: Cancellable = {}): Promise<QualityBody> {
    return this.#http.read(QualityBody, jobPaths(id).quality, signalOf(options));
  }

  /** The report for people, one HTML document; the body is to be read as a stream. */
  report(id: string, options: Cancellable = {}): Promise<Response> {
    return this.#http.send(jobPaths(id).report, { headers: { accept: '*/*' }, ...signalOf(options) });
  }

  manifest(id: string, options: Cancellable = {}): Promise<ManifestBody> {
    return this.#http.read(ManifestBody, jobPaths(id).manifest, signalOf(options));
  }

  mapping(id: string, options: Cancellable = {}): Promise<MappingBody> {
    return this.#http.read(MappingBody, jobPaths(id).mapping, signalOf(options));
  }

  /** Pages of quarantined records in order of the source; a page is asked for when it is wanted. */
  quarantine(id: string, options: Cancellable & { readonly limit?: number } = {}): AsyncGenerator<readonly QuarantineRecord[]> {
    return this.#pages(QuarantinePage, jobPaths(id).quarantine, { limit: options.limit ?? 200 }, options);
  }

  /** The whole quarantine as one file; the body is to be read as a stream. */
  quarantineFile(id: string, format: 'csv' | 'ndjson', options: Cancellable = {}): Promise<Response> {
    return this.#http.send(jobPaths(id).quarantineDownload, { headers: { accept: '*/*' }, query: { format }, ...signalOf(options) });
  }

  /**
   * Sends mended records back, as CSV, NDJSON or JSON; the job goes on with its next generation. `unprocessable_file` names the records that
   * cannot be taken.
   */
  resubmit(id: string, file: Blob, options: Cancellable & { readonly idempotencyKey?: string | undefined } = {}): Promise<JobBody> {
    const body = new FormData();
    body.set('file', file, 'mended');
    const headers = { 'idempotency-key': options.idempotencyKey ?? this.#newKey() };
    return this.#http.read(JobBody, jobActions(id).resubmit, { method: 'POST', headers, body, ...signalOf(options) });
  }

  /** Pages of values that are not in the result as they were received; of one field, where one is named. */
  diff(
    id: string,
    options: Cancellable & { readonly field?: string | undefined; readonly limit?: number } = {},
  ): AsyncGenerator<readonly DiffBody[]> {
    return this.#pages(DiffPage, jobPaths(id).diff, { limit: options.limit ?? 200, field: options.field }, options);
  }

  /** Which columns each field of the result is made from, and what became of their values. */
  lineage(id: string, options: Cancellable = {}): Promise<LineageBody> {
    return this.#http.read(LineageBody, jobPaths(id).lineage, signalOf(options));
  }

  /** When each stage waited and worked. */
  timeline(id: string, options: Cancellable = {}): Promise<TimelineBody> {
    return this.#http.read(TimelineBody, jobPaths(id).timeline, signalOf(options));
  }

  attempts(id: string, options: Cancellable = {}): Promise<AttemptList> {
    return this.#http.read(AttemptList, jobPaths(id).attempts, signalOf(options));
  }

  /** Every file that the stages have left. */
  artifacts(id: string, options: Cancellable = {}): Promise<ArtifactList> {
    return this.#http.read(ArtifactList, jobPaths(id).artifacts, signalOf(options));
  }

  /** Everything that happens to the job until it has ended; a stream that is cut off goes on where it was. */
  watch(id: string, options: Watching = {}): AsyncGenerator<JobEvent> {
    return watchJob(this.#http, id, options);
  }

  /** The history of the job so far, oldest first. */
  async *logs(id: string, options: Cancellable = {}): AsyncGenerator<LogLine> {
    const path = jobPaths(id).logs;
    const response = await this.#http.send(path, { headers: { accept: LOG_MEDIA_TYPE }, ...signalOf(options) });
    for await (const line of linesOf(response)) {
      const parsed = LogLine.safeParse(line);
      if (!parsed.success) throw new UnexpectedAnswer(path, 'a line is no line of a log.');
      yield parsed.data;
    }
  }

  /** One page of jobs, newest first. */
  list(query: Partial<JobListQuery> = {}, options: Cancellable = {}): Promise<JobList> {
    return this.#http.read(JobList, '/api/v1/jobs', { query, ...signalOf(options) });
  }

  /** Asks for cancellation; the job ends a moment later. `conflict_state` when it has already ended. */
  cancel(id: string, options: Cancellable = {}): Promise<JobBody> {
    const headers = { 'idempotency-key': this.#newKey() };
    return this.#http.read(JobBody, `${jobPaths(id).self}/cancel`, { method: 'POST', headers, ...signalOf(options) });
  }

  /** Deletes a job that has ended, with all it has left; cancels one that has not. */
  async remove(id: string, options: Cancellable = {}): Promise<void> {
    await this.#http.send(jobPaths(id).self, { method: 'DELETE', ...signalOf(options) });
  }

  /** The same dataset once more, with other options where any are given. */
  clone(id: string, options: Cancellable & { readonly options?: JobOptionsInput } = {}): Promise<JobBody> {
    const headers = { 'idempotency-key': this.#newKey(), 'content-type': 'application/json' };
    const body = JSON.stringify(options.options === undefined ? {} : { options: options.options });
    return this.#http.read(JobBody, jobActions(id).clone, { method: 'POST', headers, body, ...signalOf(options) });
  }

  /** Jobs over bytes that are there already, at most a thousand: all of them are made, or none. Answers their ids, in order. */
  async submitMany(jobs: readonly z.input<typeof JobRequest>[], options: Cancellable = {}): Promise<readonly string[]> {
    const headers = { 'idempotency-key': this.#newKey(), 'content-type': 'application/json' };
    const body = JSON.stringify({ jobs });
    const made = await this.#http.read(BatchBody, '/api/v1/jobs/batch', { method: 'POST', headers, body, ...signalOf(options) });
    return made.job_ids;
  }

  /** A job that failed or expired goes on, from the stage that stopped it or from an earlier one. `conflict_state` for any other job. */
  redrive(id: string, options: Cancellable & RedriveRequest = {}): Promise<JobBody> {
    const headers = { 'idempotency-key': this.#newKey(), 'content-type': 'application/json' };
    const body = JSON.stringify(options.from_stage === undefined ? {} : { from_stage: options.from_stage });
    return this.#http.read(JobBody, jobActions(id).redrive, { method: 'POST', headers, body, ...signalOf(options) });
  }

  /** Has all of the jobs go on that the filter names, or says which they are. */
  redriveMany(asked: z.input<typeof BulkRedriveRequest>, options: Cancellable = {}): Promise<BulkRedriveBody> {
    const headers = { 'content-type': 'application/json' };
    return this.#http.read(BulkRedriveBody, '/api/v1/jobs/redrive', {
      method: 'POST',
      headers,
      body: JSON.stringify(asked),
      ...signalOf(options),
    });
  }

  /** Decides the mapping of a job that awaits review, which then goes on. `precondition_failed` when it has changed since `etag` was read. */
  async decide(id: string, mapping: GivenMapping, etag: string, options: Cancellable = {}): Promise<void> {
    const headers = { 'content-type': 'application/json', 'if-match': etag };
    await this.#http.send(jobPaths(id).mapping, { method: 'PUT', headers, body: JSON.stringify(mapping), ...signalOf(options) });
  }

  /** The mapping and the ETag that `decide` asks for. */
  async mappingWithEtag(id: string, options: Cancellable = {}): Promise<{ mapping: MappingBody; etag: string }> {
    const answer = await this.#http.send(jobPaths(id).mapping, signalOf(options));
    return { mapping: MappingBody.parse(await answer.json()), etag: answer.headers.get('etag') ?? '' };
  }

  /** Health of the dependencies; an unhealthy server is an answer here, not a problem. */
  health(options: Cancellable = {}): Promise<HealthBody> {
    return this.#http.read(HealthBody, '/api/v1/health', { answers: [503], ...signalOf(options) });
  }

  /** Whether the server takes work; not ready is an answer here, not a problem. */
  ready(options: Cancellable = {}): Promise<ReadyBody> {
    return this.#http.read(ReadyBody, '/health/ready', { answers: [503], ...signalOf(options) });
  }

  version(options: Cancellable = {}): Promise<VersionBody> {
    return this.#http.read(VersionBody, '/api/v1/version', signalOf(options));
  }

  async *#pages<Item>(
    schema: z.ZodType<{ data: Item[]; next_cursor: string | null; has_more: boolean }>,
    path: string,
    query: NonNullable<Call['query']>,
    options: Cancellable,
  ): AsyncGenerator<readonly Item[]> {
    let cursor: string | undefined;
    do {
      const page = await this.#http.read(schema, path, { query: { ...query, cursor }, ...signalOf(options) });
      yield page.data;
      cursor = page.has_more ? (page.next_cursor ?? undefined) : undefined;
    } while (cursor !== undefined);
  }
}

function signalOf(options: Cancellable): Cancellable {
  return options.signal === undefined ? {} : { signal: options.signal };
}
