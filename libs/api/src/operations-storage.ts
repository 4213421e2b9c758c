import { COLLECTION_PATH, CollectionBody, CollectionRequest } from './gc.api.js';
import { JobBody } from './job.api.js';
import type { ApiOperation, HeaderShapes } from './operation.js';
import { answer, ETAG, json } from './operation-parts.js';
import { QuotaBody, QuotaRequest, QUOTAS_PATH } from './quota.api.js';
import { DatasetHoldBody, RetentionBody, RetentionDueBody, RetentionDueQuery, retentionPaths, RetentionRequest } from './retention.api.js';

const common = { tag: 'Storage', security: 'key', limit: 'api' } as const;

const IF_MATCH: HeaderShapes = { 'If-Match': { description: 'The ETag of the policy that was read; required.', example: '"0"' } };

const OPERATORS = 'By the name of the tenant. Only for keys of a tenant in `ATTUNE_OPERATORS`.';

const HOLD =
  'While one lies there nothing is removed: not by retention, not by the garbage collector, not by DELETE. Doing it twice changes nothing.';

/** What is stored, for how long, and what is removed (api.md, section 4, Admin). */
export const storageOperations: readonly ApiOperation[] = [
  {
    ...common,
    id: 'collectGarbage',
    method: 'post',
    path: COLLECTION_PATH,
    tag: 'Storage',
    summary: 'Remove stored objects that nothing names',
    description:
      'An object goes in the second of two passes a day apart, if no dataset and no artifact names it then. The leader does this once an ' +
      'hour by itself. Of the whole installation, so only for keys of a tenant in `ATTUNE_OPERATORS`.',
    body: { required: false, content: json(CollectionRequest, { dry_run: true }) },
    responses: { 200: answer('What was removed, or would be.', CollectionBody) },
    problems: ['forbidden', 'conflict_state', 'payload_too_large', 'unsupported_media'],
  },
  {
    ...common,
    id: 'readRetention',
    method: 'get',
    path: retentionPaths.policy,
    summary: 'Read how long things are kept',
    responses: { 200: answer('The policy of the tenant.', RetentionBody, ETAG) },
    problems: [],
  },
  {
    ...common,
    id: 'decideRetention',
    method: 'put',
    path: retentionPaths.policy,
    summary: 'Decide how long things are kept',
    headers: IF_MATCH,
    body: { required: true, content: json(RetentionRequest, { raw_days: 7, results_days: null }) },
    responses: { 200: answer('The policy at its new version.', RetentionBody, ETAG) },
    problems: ['payload_too_large', 'unsupported_media', 'precondition_required', 'precondition_failed'],
  },
  {
    ...common,
    id: 'listRetentionDue',
    method: 'get',
    path: retentionPaths.due,
    summary: 'List what goes, and when',
    description: 'What is due goes within the hour. Nothing on which a legal hold lies is listed.',
    query: RetentionDueQuery,
    responses: { 200: answer('The first to go first.', RetentionDueBody) },
    problems: [],
  },
  {
    ...common,
    id: 'readQuotas',
    method: 'get',
    path: QUOTAS_PATH,
    summary: 'Read what the tenant may take, and what it has taken',
    responses: { 200: answer('The quotas of the tenant of the key.', QuotaBody, ETAG) },
    problems: [],
  },
  {
    ...common,
    id: 'readTenantQuotas',
    method: 'get',
    path: `${QUOTAS_PATH}/{tenant}`,
    summary: 'Read what another tenant may take',
    description: OPERATORS,
    responses: { 200: answer('The quotas of the tenant.', QuotaBody, ETAG) },
    problems: ['forbidden', 'not_found'],
  },
  {
    ...common,
    id: 'decideTenantQuotas',
    method: 'put',
    path: `${QUOTAS_PATH}/{tenant}`,
    summary: 'Decide what a tenant may take',
    description: OPERATORS,
    headers: IF_MATCH,
    body: {
      required: true,
      content: json(QuotaRequest, {
        queued_jobs: 10_000,
        bytes_per_day: 1_000_000_000_000,
        concurrent_uploads: null,
        weights: { interactive: 8, bulk: 2 },
      }),
    },
    responses: { 200: answer('The quotas at their new version.', QuotaBody, ETAG) },
    problems: ['forbidden', 'not_found', 'payload_too_large', 'unsupported_media', 'precondition_required', 'precondition_failed'],
  },
  ...(['hold', 'release'] as const).flatMap((act): ApiOperation[] => [
    {
      ...common,
      id: `${act}Job`,
      method: 'post',
      path: `/api/v1/jobs/{id}/${act}`,
      summary: act === 'hold' ? 'Lay a legal hold on a job' : 'Lift the legal hold on a job',
      description: HOLD,
      responses: { 200: answer('The job.', JobBody, ETAG) },
      problems: ['not_found', 'gone'],
    },
    {
      ...common,
      id: `${act}Dataset`,
      method: 'post',
      path: `/api/v1/datasets/{id}/${act}`,
      summary: act === 'hold' ? 'Lay a legal hold on received bytes and the jobs over them' : 'Lift the legal hold on received bytes',
      description: HOLD,
      responses: { 200: answer('Whether a hold lies on the dataset now.', DatasetHoldBody) },
      problems: ['not_found'],
    },
  ]),
];
