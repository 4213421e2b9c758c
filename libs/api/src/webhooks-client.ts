import { Webhook } from 'standardwebhooks';
import { Transport, type TransportOptions } from './transport.js';
import {
  DeliveryList,
  type DeliveryListQuery,
  JOB_WEBHOOK_SECRET,
  JobWebhookSecret,
  RedeliverBody,
  type RedeliverRequest,
  type RotateSecretRequest,
  WebhookBody,
  type WebhookChangeRequest,
  WebhookEvent,
  WebhookList,
  webhookPaths,
  type WebhookRequest,
  WebhookWithSecret,
} from './webhook.api.js';

interface Cancellable {
  readonly signal?: AbortSignal;
}

const WEBHOOKS = '/api/v1/webhooks';
const JSON_BODY = { 'content-type': 'application/json' };

/** Webhooks over HTTP. Every call throws ApiProblem, Unreachable or UnexpectedAnswer. */
export class WebhooksClient {
  readonly #http: Transport;
  /** What creates or changes and was not answered may have happened: it is not tried again. */
  readonly #once: Transport;

  constructor(options: TransportOptions) {
    this.#http = new Transport(options);
    this.#once = new Transport({ ...options, tries: 1 });
  }

  /** The only answer with the secret in it. */
  create(webhook: WebhookRequest, options: Cancellable = {}): Promise<WebhookWithSecret> {
    return this.#once.read(WebhookWithSecret, WEBHOOKS, { method: 'POST', headers: JSON_BODY, body: JSON.stringify(webhook), ...options });
  }

  read(id: string, options: Cancellable = {}): Promise<WebhookBody> {
    return this.#http.read(WebhookBody, webhookPaths(id).self, options);
  }

  /** One page, newest first. */
  list(query: { readonly limit?: number; readonly cursor?: string } = {}, options: Cancellable = {}): Promise<WebhookList> {
    return this.#http.read(WebhookList, WEBHOOKS, { query, ...options });
  }

  /** `precondition_failed` when `version` is not the latest. */
  change(id: string, version: number, change: WebhookChangeRequest, options: Cancellable = {}): Promise<WebhookBody> {
    const headers = { ...JSON_BODY, 'if-match': `"${version}"` };
    return this.#once.read(WebhookBody, webhookPaths(id).self, { method: 'PATCH', headers, body: JSON.stringify(change), ...options });
  }

  async remove(id: string, options: Cancellable = {}): Promise<void> {
    await this.#http.send(webhookPaths(id).self, { method: 'DELETE', ...options });
  }

  /** One page of the log, newest first. */
  deliveries(id: string, query: Partial<DeliveryListQuery> = {}, options: Cancellable = {}): Promise<DeliveryList> {
    return this.#http.read(DeliveryList, webhookPaths(id).deliveries, { query, ...options });
  }

  redeliver(id: string, which: RedeliverRequest, options: Cancellable = {}): Promise<RedeliverBody> {
    const body = JSON.stringify(which);
    return this.#once.read(RedeliverBody, webhookPaths(id).redeliver, { method: 'POST', headers: JSON_BODY, body, ...options });
  }

  rotateSecret(id: string, rotation: RotateSecretRequest = {}, options: Cancellable = {}): Promise<WebhookWithSecret> {
    const body = JSON.stringify(rotation);
    return this.#once.read(WebhookWithSecret, webhookPaths(id).rotateSecret, { method: 'POST', headers: JSON_BODY, body, ...options });
  }

  /** A new secret for what goes to the `webhook_url` of submissions, one for all jobs of the tenant. The only answer with it. */
  takeJobSecret(rotation: RotateSecretRequest = {}, options: Cancellable = {}): Promise<JobWebhookSecret> {
    const body = JSON.stringify(rotation);
    return this.#once.read(JobWebhookSecret, JOB_WEBHOOK_SECRET, { method: 'POST', headers: JSON_BODY, body, ...options });
  }
}

/**
 * What was sent, once its signature and its time are right; for receivers. `body` is the text as it came, before anything has parsed it.
 * @throws WebhookVerificationError of `standardwebhooks` for what Attune did not send in the last five minutes with one of the secrets.
 */
export function verifyWebhook(secret: string, headers: Readonly<Record<string, string>>, body: string): WebhookEvent {
  return WebhookEvent.parse(new Webhook(secret).verify(body, headers));
}
