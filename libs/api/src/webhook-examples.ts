import type {
  DeliveryBody,
  DeliveryList,
  JobWebhookSecret,
  RedeliverBody,
  WebhookBody,
  WebhookEvent,
  WebhookList,
  WebhookWithSecret,
} from './webhook.api.js';

const webhook: WebhookBody = {
  webhook_id: 'wh_0197c0de-1111-7222-8333-444455556666',
  version: 1,
  url: 'https://hooks.example.org/attune',
  types: ['job.completed', 'job.failed'],
  description: 'Warehouse of plan A',
  enabled: true,
  disabled_reason: null,
  previous_secret_until: null,
  created_at: '2026-03-02T09:00:00.000Z',
  updated_at: '2026-03-02T09:00:00.000Z',
};

const delivery: DeliveryBody = {
  delivery_id: 'msg_0197c0de-2222-7222-8333-444455556666',
  job_id: 'job_0197c0de-3333-7222-8333-444455556666',
  type: 'job.completed',
  outcome: 'pending',
  tries: 1,
  next_try_at: '2026-03-02T09:00:10.000Z',
  last_try_at: '2026-03-02T09:00:05.000Z',
  last_status: 503,
  last_error: 'http_status',
  created_at: '2026-03-02T09:00:04.000Z',
};

const event: WebhookEvent = {
  type: 'job.completed',
  timestamp: '2026-03-02T09:00:04.000Z',
  data: {
    job_id: delivery.job_id,
    status: 'completed',
    version: 9,
    links: { self: `/api/v1/jobs/${delivery.job_id}` },
  },
};

/** Webhooks by the name of their shape. */
export const webhookExamples: Readonly<Record<string, unknown>> = {
  Webhook: webhook,
  WebhookList: { data: [webhook], next_cursor: null, has_more: false } satisfies WebhookList,
  WebhookWithSecret: { ...webhook, secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=' } satisfies WebhookWithSecret,
  JobWebhookSecret: {
    secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=',
    previous_secret_until: '2026-03-03T09:00:00.000Z',
  } satisfies JobWebhookSecret,
  WebhookDeliveryList: { data: [delivery], next_cursor: null, has_more: false } satisfies DeliveryList,
  WebhookRedelivery: { redelivered: 1 } satisfies RedeliverBody,
  WebhookEvent: event,
};
