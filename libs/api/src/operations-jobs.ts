import type { z } from 'zod';
import { BatchBody, BatchRequest } from './batch.api.js';
import {
  CloneRequest,
  JobBody,
  JobList,
  JobListQuery,
  DeadlineRequest,
  JobRequest,
  JobStatusBody,
  JobStatusQuery,
  OperationRequest,
  PriorityRequest,
} from './job.api.js';
import type { ApiOperation, HeaderShapes, ResponseShape } from './operation.js';
import { answer, ETAG, IDEMPOTENCY_KEY, IF_NONE_MATCH, json, NEXT_PAGE, NOT_MODIFIED, RETRY_AFTER } from './operation-parts.js';
import { JobOptionsRequest } from './options.api.js';
import { WebhookUrl } from './webhook.api.js';

const JOB = '/api/v1/jobs/{id}';

const LOCATION: HeaderShapes = {
  Location: { description: 'Path of the job.', required: true, example: '/api/v1/jobs/job_0197c0de-1111-7222-8333-444455556666' },
};

const EXAMPLE_REFERENCE: z.input<typeof JobRequest> = {
  operation: 'harmonize',
  input: { dataset_id: 'ds_0197c0de-1111-7222-8333-444455556666' },
  options: { output_formats: ['csv', 'ndjson'] },
};

const PREFER: HeaderShapes = {
  Prefer: {
    description: '`wait=n`: up to n seconds, at most 20, for the end of the job (RFC 7240). `respond-async`: none; so it is without.',
    example: 'wait=20',
  },
};

const APPLIED: HeaderShapes = { 'Preference-Applied': { description: 'What of `Prefer` was followed.', example: 'wait=20' } };

const accepted: ResponseShape = answer('Accepted; the job as it was created.', JobBody, {
  ...RETRY_AFTER,
  ...LOCATION,
  ...APPLIED,
  'Idempotent-Replayed': { description: '`true` when the key was used before and this is its first answer again.', example: 'true' },
});

const IF_VERSION: HeaderShapes = {
  'If-Match': { description: 'Only a job at this ETag; another is 412. Optional.', example: '"7"' },
};

const stopping: ResponseShape = answer('Cancelled, or about to be.', JobBody, ETAG);

/** The life of a job: submit, follow, cancel (api.md, section 4). */
export const jobOperations: readonly ApiOperation[] = [
  {
    id: 'submitJob',
    method: 'post',
    path: '/api/v1/jobs',
    tag: 'Jobs',
    summary: 'Submit a file, or bytes that Attune has already',
    description:
      'Of the form, the parts come in any order, at most one of each. JSON names bytes by reference; those of another tenant are not there. Those at a `source_url` are fetched before the answer. What can be known only by reading the file is an error of the job.',
    security: 'key',
    limit: 'jobs',
    headers: { ...IDEMPOTENCY_KEY, ...PREFER },
    body: {
      required: true,
      content: {
        'multipart/form-data': {
          kind: 'form',
          parts: {
            file: { description: 'The file, with a file name.', required: true },
            operation: {
              description: 'What to do; `harmonize` when absent.',
              required: false,
              schema: OperationRequest,
              example: 'harmonize',
            },
            options: {
              description: 'One JSON object, at most 64 KiB.',
              required: false,
              schema: JobOptionsRequest,
              contentType: 'application/json',
              example: { output_formats: ['csv', 'ndjson'] },
            },
            priority_class: {
              description: '`interactive` when absent; `bulk` leaves the larger share of the workers to interactive jobs.',
              required: false,
              schema: PriorityRequest,
              example: 'bulk',
            },
            deadline_at: {
              description: 'RFC 3339, in UTC: a job that has not ended by then is `expired`. One that has passed is refused.',
              required: false,
              schema: DeadlineRequest,
              example: '2031-01-02T03:04:05Z',
            },
            webhook_url: {
              description: 'Where this job alone is told of, as webhooks are. It may hold a token: it is not logged, nor part of the job.',
              required: false,
              schema: WebhookUrl,
              example: 'https://hooks.example.org/attune',
            },
          },
        },
        ...json(JobRequest, EXAMPLE_REFERENCE),
      },
    },
    responses: {
      200: answer('The job that has ended while `Prefer: wait` was waiting.', JobBody, { ...LOCATION, ...ETAG, ...APPLIED }),
      202: accepted,
    },
    problems: [
      'not_found',
      'conflict_state',
      'upload_locked',
      'checksum_mismatch',
      'overloaded',
      'gone',
      'idempotency_in_progress',
      'payload_too_large',
      'unsupported_media',
      'unprocessable_file',
      'address_refused',
      'source_refused',
      'source_failed',
      'idempotency_mismatch',
      'quota_exceeded',
      'storage_full',
    ],
  },
  {
    id: 'submitJobs',
    method: 'post',
    path: '/api/v1/jobs/batch',
    tag: 'Jobs',
    summary: 'Submit many jobs over bytes that Attune has already',
    description:
      'All of them are made, or none: a problem names the job that it is about, as in `/jobs/17/input/sha256`. Counts as one request for the rate limit.',
    security: 'key',
    limit: 'jobs',
    headers: IDEMPOTENCY_KEY,
    body: { required: true, content: json(BatchRequest, { jobs: [EXAMPLE_REFERENCE] }) },
    responses: {
      202: answer('The jobs.', BatchBody, {
        ...RETRY_AFTER,
        'Idempotent-Replayed': { description: '`true` when the key was used before and this is its first answer again.', example: 'true' },
      }),
    },
    problems: [
      'not_found',
      'conflict_state',
      'upload_locked',
      'checksum_mismatch',
      'overloaded',
      'gone',
      'idempotency_in_progress',
      'payload_too_large',
      'unsupported_media',
      'unprocessable_file',
      'address_refused',
      'idempotency_mismatch',
      'quota_exceeded',
    ],
  },
  {
    id: 'listJobs',
    method: 'get',
    path: '/api/v1/jobs',
    tag: 'Jobs',
    summary: 'List jobs, newest first',
    security: 'key',
    limit: 'api',
    query: JobListQuery,
    responses: { 200: answer('A page of jobs.', JobList, NEXT_PAGE) },
    problems: ['cursor_invalid'],
  },
  {
    id: 'readJob',
    method: 'get',
    path: JOB,
    tag: 'Jobs',
    summary: 'Read a job',
    security: 'key',
    limit: 'api',
    headers: IF_NONE_MATCH,
    responses: { 200: answer('The job.', JobBody, ETAG), 304: NOT_MODIFIED },
    problems: ['not_found', 'gone'],
  },
  {
    id: 'readJobStatus',
    method: 'get',
    path: `${JOB}/status`,
    tag: 'Jobs',
    summary: 'Read the status of a job',
    security: 'key',
    limit: 'api',
    description: 'With `wait` it comes as soon as the version is above `since_version`, the job has ended, or so many seconds are over.',
    query: JobStatusQuery,
    responses: { 200: answer('The short form of the job.', JobStatusBody) },
    problems: ['not_found', 'gone'],
  },
  {
    id: 'cancelJob',
    method: 'post',
    path: `${JOB}/cancel`,
    tag: 'Jobs',
    summary: 'Cancel a job',
    security: 'key',
    limit: 'api',
    headers: { ...IDEMPOTENCY_KEY, ...IF_VERSION },
    responses: { 202: stopping },
    problems: ['not_found', 'gone', 'conflict_state', 'precondition_failed', 'idempotency_in_progress', 'idempotency_mismatch'],
  },
  {
    id: 'deleteJob',
    method: 'delete',
    path: JOB,
    tag: 'Jobs',
    summary: 'Delete a job that has ended, or cancel one that has not',
    description:
      'Its results, reports and quarantine are removed, and its input unless another job uses it. Then every route of it is 410.',
    security: 'key',
    limit: 'api',
    headers: IF_VERSION,
    responses: { 202: stopping, 204: { description: 'Deleted.' } },
    problems: ['not_found', 'gone', 'precondition_failed', 'legal_hold'],
  },
  {
    id: 'cloneJob',
    method: 'post',
    path: `${JOB}/clone`,
    tag: 'Jobs',
    summary: 'Submit the same bytes again',
    description: 'A new job over the same input, with the options and the mapping of this one unless others are given.',
    security: 'key',
    limit: 'jobs',
    headers: IDEMPOTENCY_KEY,
    body: { required: false, content: json(CloneRequest, { options: { output_formats: ['ndjson'] } }) },
    responses: { 202: accepted },
    problems: [
      'not_found',
      'gone',
      'payload_too_large',
      'unsupported_media',
      'overloaded',
      'idempotency_in_progress',
      'idempotency_mismatch',
    ],
  },
];
