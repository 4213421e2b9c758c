import { z } from 'zod';
import { openEnum, Timestamp } from './open-enum.js';
import { pageOf, PageQuery } from './page.api.js';

/** What webhooks are told of; each is a status that a job has come to. */
export const WEBHOOK_TYPES = ['job.completed', 'job.failed', 'job.cancelled', 'job.expired', 'job.awaiting_review'] as const;
export type WebhookType = (typeof WEBHOOK_TYPES)[number];

export const DELIVERY_OUTCOMES = ['pending', 'delivered', 'failed'] as const;
export type DeliveryOutcome = (typeof DELIVERY_OUTCOMES)[number];

/** Why nothing is sent to a webhook: its owner wants so, it answered 410, or every try of a delivery has failed. */
export const DISABLED_REASONS = ['owner', 'gone', 'exhausted'] as const;
export type DisabledReason = (typeof DISABLED_REASONS)[number];

/** An address that is told of jobs. Whether it may be asked from where Attune is, the server says. Its query may be a secret. */
export const WebhookUrl = z.url({ protocol: /^https?$/ }).max(2_000);
const Types = z
  .array(z.enum(WEBHOOK_TYPES))
  .min(1)
  .refine((types) => new Set(types).size === types.length, 'A type is named once.');
const Description = z
  .string()
  .trim()
  .min(1)
  .max(200)
  .regex(/^[^\u0000-\u001f\u007f]*$/, 'A description has no control characters.');

/** Body of `POST /api/v1/webhooks`; without `types` it is told of all. */
export const WebhookRequest = z.strictObject({
  url: WebhookUrl,
  types: Types.default([...WEBHOOK_TYPES]),
  description: Description.nullable().default(null),
});
export type WebhookRequest = z.input<typeof WebhookRequest>;

/** Body of `PATCH /api/v1/webhooks/{id}`: what is left out stays. */
export const WebhookChangeRequest = z
  .strictObject({ url: WebhookUrl, types: Types, description: Description.nullable(), enabled: z.boolean() })
  .partial()
  .refine((change) => Object.keys(change).length > 0, 'Something is to be changed.');
export type WebhookChangeRequest = z.input<typeof WebhookChangeRequest>;

/** Where a tenant is told of its jobs; its version is the ETag. */
export const WebhookBody = z.object({
  webhook_id: z.string(),
  /** The one job that it is told of, where a submission has named its `webhook_url`. */
  job_id: z.string().optional(),
  version: z.int().min(1),
  url: z.string(),
  types: z.array(openEnum(WEBHOOK_TYPES)),
  description: z.string().nullable(),
  enabled: z.boolean(),
  disabled_reason: openEnum(DISABLED_REASONS).nullable(),
  /** Until when the secret before this one is signed with as well. */
  previous_secret_until: Timestamp.nullable(),
  created_at: Timestamp,
  updated_at: Timestamp,
});
export type WebhookBody = z.infer<typeof WebhookBody>;

const Secret = z.string().regex(/^whsec_[A-Za-z0-9+/]+=*$/);

/** A webhook with its secret, which is shown only now. */
export const WebhookWithSecret = WebhookBody.extend({ secret: Secret });
export type WebhookWithSecret = z.infer<typeof WebhookWithSecret>;

/** Newest first. */
export const WebhookList = pageOf(WebhookBody);
export type WebhookList = z.infer<typeof WebhookList>;

export const WebhookListQuery = PageQuery;

/** Body of `POST …/rotate-secret`: for how many seconds the secret before is signed with as well; a day unless given, at most a week. */
export const RotateSecretRequest = z.strictObject({ grace_seconds: z.int().min(0).max(604_800).default(86_400) });
export type RotateSecretRequest = z.input<typeof RotateSecretRequest>;

/** What signs for the webhooks of single jobs, one for all of a tenant; it is shown only now. */
export const JobWebhookSecret = z.object({
  secret: Secret,
  /** Until when the secret before this one is signed with as well. */
  previous_secret_until: Timestamp.nullable(),
});
export type JobWebhookSecret = z.infer<typeof JobWebhookSecret>;

/** One event for one webhook, without what was sent. */
export const DeliveryBody = z.object({
  /** The `webhook-id` of every try. */
  delivery_id: z.string(),
  job_id: z.string(),
  type: openEnum(WEBHOOK_TYPES),
  outcome: openEnum(DELIVERY_OUTCOMES),
  tries: z.int().min(0),
  next_try_at: Timestamp.nullable(),
  last_try_at: Timestamp.nullable(),
  /** HTTP status of the last answer. */
  last_status: z.int().nullable(),
  /** What went wrong with the last try: `http_status`, `no_answer`, `address_refused`, `gone`. */
  last_error: openEnum(['http_status', 'no_answer', 'address_refused', 'gone']).nullable(),
  created_at: Timestamp,
});
export type DeliveryBody = z.infer<typeof DeliveryBody>;

/** Newest first. */
export const DeliveryList = pageOf(DeliveryBody);
export type DeliveryList = z.infer<typeof DeliveryList>;

export const DeliveryListQuery = PageQuery.extend({ outcome: z.enum(DELIVERY_OUTCOMES).optional() });
export type DeliveryListQuery = z.infer<typeof DeliveryListQuery>;

/** Body of `POST …/redeliver`: one delivery, or all that have failed since then. */
export const RedeliverRequest = z.union([
  z.strictObject({ delivery_id: z.string().min(1).max(100) }),
  z.strictObject({ failed_since: z.iso.datetime({ offset: true }) }),
]);
export type RedeliverRequest = z.input<typeof RedeliverRequest>;

/** How many deliveries are due again. */
export const RedeliverBody = z.object({ redelivered: z.int().min(0) });
export type RedeliverBody = z.infer<typeof RedeliverBody>;

/** What is sent: that a job has come to a status, and where to read more. */
export const WebhookEvent = z.object({
  type: openEnum(WEBHOOK_TYPES),
  /** When the job came to the status. */
  timestamp: Timestamp,
  data: z.object({
    job_id: z.string(),
    status: z.string(),
    /** Version of the job then; an event with a lower one than was seen already is old. */
    version: z.int().min(1),
    links: z.object({ self: z.string() }),
  }),
});
export type WebhookEvent = z.infer<typeof WebhookEvent>;

export const JOB_WEBHOOK_SECRET = '/api/v1/webhooks/job-secret';

/** Routes of one webhook; the same for server and client. `id` is a prefixed or bare id. */
export function webhookPaths(id: string): Record<'self' | 'deliveries' | 'redeliver' | 'rotateSecret', string> {
  const self = `/api/v1/webhooks/${encodeURIComponent(id)}`;
  return { self, deliveries: `${self}/deliveries`, redeliver: `${self}/redeliver`, rotateSecret: `${self}/rotate-secret` };
}
