import { JobBody } from './job.api.js';
import type { ApiOperation } from './operation.js';
import { answer, ETAG, IDEMPOTENCY_KEY, json, RETRY_AFTER } from './operation-parts.js';
import { BulkRedriveBody, BulkRedriveRequest, RedriveRequest } from './redrive.api.js';

/** Jobs that failed or expired go on (jobs.md, section 4: dead letters). */
export const redriveOperations: readonly ApiOperation[] = [
  {
    id: 'redriveJob',
    method: 'post',
    path: '/api/v1/jobs/{id}/redrive',
    tag: 'Jobs',
    summary: 'Have a job go on that failed or expired',
    description:
      'Under its next generation and with all its tries, from the stage that stopped it or from an earlier one; what is done before stays done. Another job is 409: clone it. So is one that failed by its quarantine: send mended records, or clone it with other options.',
    security: 'key',
    limit: 'jobs',
    headers: {
      ...IDEMPOTENCY_KEY,
      'If-Match': { description: 'Only a job at this ETag; another is 412. Optional.', example: '"7"' },
    },
    body: { required: false, content: json(RedriveRequest, { from_stage: 'transform' }) },
    responses: { 202: answer('The job, which goes on.', JobBody, { ...ETAG, ...RETRY_AFTER }) },
    problems: [
      'not_found',
      'gone',
      'conflict_state',
      'precondition_failed',
      'payload_too_large',
      'unsupported_media',
      'idempotency_in_progress',
      'idempotency_mismatch',
    ],
  },
  {
    id: 'redriveJobs',
    method: 'post',
    path: '/api/v1/jobs/redrive',
    tag: 'Jobs',
    summary: 'Have many jobs go on that failed or expired',
    description:
      'Those that the filter names, the oldest first, each as if asked for by itself. Asking again goes on with those that are left, so it needs no Idempotency-Key.',
    security: 'key',
    limit: 'jobs',
    body: { required: false, content: json(BulkRedriveRequest, { error_code: 'storage_full', per_minute: 60, dry_run: true }) },
    responses: { 200: answer('What goes on, or would.', BulkRedriveBody) },
    problems: ['payload_too_large', 'unsupported_media'],
  },
];
