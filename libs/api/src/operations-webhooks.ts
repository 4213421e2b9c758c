import type { ApiOperation, HeaderShapes } from './operation.js';
import { answer, ETAG, IF_NONE_MATCH, json, NOT_MODIFIED } from './operation-parts.js';
import {
  DeliveryList,
  DeliveryListQuery,
  JOB_WEBHOOK_SECRET,
  JobWebhookSecret,
  RedeliverBody,
  RedeliverRequest,
  RotateSecretRequest,
  WebhookBody,
  WebhookChangeRequest,
  WebhookList,
  WebhookListQuery,
  WebhookRequest,
  WebhookWithSecret,
} from './webhook.api.js';

const WEBHOOKS = '/api/v1/webhooks';
const WEBHOOK = `${WEBHOOKS}/{id}`;

const EXAMPLE_REQUEST = {
  url: 'https://hooks.example.org/attune',
  types: ['job.completed', 'job.failed'],
  description: 'Warehouse of plan A',
};

const IF_MATCH: HeaderShapes = {
  'If-Match': { description: 'The ETag of the version that was read; required.', example: '"1"' },
};
const LOCATION: HeaderShapes = {
  Location: { description: 'Path of the webhook.', required: true, example: '/api/v1/webhooks/wh_0197c0de-1111-7222-8333-444455556666' },
};

const common = { tag: 'Webhooks', security: 'key', limit: 'api' } as const;

/** Where a tenant is told of its jobs (docs/how-to-webhooks.md). */
export const webhookOperations: readonly ApiOperation[] = [
  {
    ...common,
    id: 'createWebhook',
    method: 'post',
    path: WEBHOOKS,
    summary: 'Be told of jobs at an address',
    description: 'The secret that its deliveries are signed with is in this answer, and never again.',
    body: { required: true, content: json(WebhookRequest, EXAMPLE_REQUEST) },
    responses: { 201: answer('The webhook with its secret.', WebhookWithSecret, { ...ETAG, ...LOCATION }) },
    problems: ['payload_too_large', 'unsupported_media', 'address_refused'],
  },
  {
    ...common,
    id: 'takeJobWebhookSecret',
    method: 'post',
    path: JOB_WEBHOOK_SECRET,
    summary: 'Take a new secret for the webhooks of single jobs',
    description:
      'What goes to the `webhook_url` of submissions is signed with it, and, until its time is over, with the one before. It is one for all jobs of the tenant, and is in this answer only.',
    body: { required: false, content: json(RotateSecretRequest, { grace_seconds: 86_400 }) },
    responses: { 200: answer('The secret.', JobWebhookSecret) },
    problems: ['payload_too_large', 'unsupported_media'],
  },
  {
    ...common,
    id: 'listWebhooks',
    method: 'get',
    path: WEBHOOKS,
    summary: 'List webhooks, newest first, without those of single jobs',
    query: WebhookListQuery,
    responses: { 200: answer('A page of webhooks.', WebhookList) },
    problems: ['cursor_invalid'],
  },
  {
    ...common,
    id: 'readWebhook',
    method: 'get',
    path: WEBHOOK,
    summary: 'Read a webhook',
    headers: IF_NONE_MATCH,
    responses: { 200: answer('The webhook.', WebhookBody, ETAG), 304: NOT_MODIFIED },
    problems: ['not_found'],
  },
  {
    ...common,
    id: 'changeWebhook',
    method: 'patch',
    path: WEBHOOK,
    summary: 'Change, disable or enable a webhook',
    description: 'What is left out stays. A webhook that was disabled because it failed is enabled again here.',
    headers: IF_MATCH,
    body: { required: true, content: json(WebhookChangeRequest, { enabled: false }) },
    responses: { 200: answer('The webhook at its new version.', WebhookBody, ETAG) },
    problems: [
      'not_found',
      'conflict_state',
      'payload_too_large',
      'unsupported_media',
      'precondition_required',
      'precondition_failed',
      'address_refused',
    ],
  },
  {
    ...common,
    id: 'deleteWebhook',
    method: 'delete',
    path: WEBHOOK,
    summary: 'Delete a webhook with the log of its deliveries',
    description: 'One that a submission has made goes with its job: disable it instead.',
    responses: { 204: { description: 'It is gone.' } },
    problems: ['not_found', 'conflict_state'],
  },
  {
    ...common,
    id: 'listWebhookDeliveries',
    method: 'get',
    path: `${WEBHOOK}/deliveries`,
    summary: 'List what was or is to be sent, newest first',
    query: DeliveryListQuery,
    responses: { 200: answer('A page of the log.', DeliveryList) },
    problems: ['not_found', 'cursor_invalid'],
  },
  {
    ...common,
    id: 'redeliverWebhook',
    method: 'post',
    path: `${WEBHOOK}/redeliver`,
    summary: 'Send deliveries once more',
    description: 'Under their own ids, whatever became of them before: one, or all that have failed since a time.',
    body: { required: true, content: json(RedeliverRequest, { delivery_id: 'msg_0197c0de-2222-7222-8333-444455556666' }) },
    responses: { 202: answer('They are due.', RedeliverBody) },
    problems: ['not_found', 'conflict_state', 'payload_too_large', 'unsupported_media'],
  },
  {
    ...common,
    id: 'rotateWebhookSecret',
    method: 'post',
    path: `${WEBHOOK}/rotate-secret`,
    summary: 'Take a new secret',
    description: 'Deliveries are signed with the new secret and, until its time is over, with the one before.',
    body: { required: false, content: json(RotateSecretRequest, { grace_seconds: 86_400 }) },
    responses: { 200: answer('The webhook with its new secret.', WebhookWithSecret, ETAG) },
    problems: ['not_found', 'conflict_state', 'payload_too_large', 'unsupported_media'],
  },
];
