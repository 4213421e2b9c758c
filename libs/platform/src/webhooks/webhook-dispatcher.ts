import { jobPaths } from '@attune/api';
import { AppError, prefixed } from '@attune/core';
import { isBrokenCircuitError } from 'cockatiel';
import { Webhook } from 'standardwebhooks';
import type { ClaimedDelivery, DeliveriesRepository } from '../database/deliveries.repository.js';
import type { EgressGuard } from '../egress/egress-guard.js';
import { failpoint } from '../failpoints/failpoint.js';
import { errorName, type Logger } from '../telemetry/logger.js';
import type { Metrics } from '../telemetry/metrics.js';
import { HostBreakers, HostFailure } from './host-breakers.js';
import { retryDelayMs } from './retry-schedule.js';
import { webhookSecret } from './webhook-secret.js';

const POLL_MS = 2_000;
const MAX_ANSWER_BYTES = 64 * 1024;
const SLOTS = 16;
/** Of one webhook at once, or of the single jobs of one tenant, so that a slow one leaves room for the others. */
const PER_LANE = 4;
/** After a try is over its outcome is still to be written, and a half-open breaker lets the next wait for the first. */
const LEASE_MARGIN_MS = 20_000;
const GONE = 410;
const TOO_MANY = 429;

export interface DispatcherParts {
  readonly deliveries: DeliveriesRepository;
  readonly guard: EgressGuard;
  readonly pepper: string;
  readonly metrics: Metrics;
  readonly log: Logger;
}

export interface DispatcherLimits {
  readonly timeoutMs: number;
  /** How long a host that fails again and again is left alone. */
  readonly openMs: number;
}

/**
 * Sends what is due to the webhooks of all tenants, at least once (api.md, section 7). Every gateway has one; a delivery is claimed by one of
 * them, and is due again when that one dies. What goes out says that something happened, never what a record holds.
 */
export class WebhookDispatcher {
  readonly #breakers: HostBreakers;
  readonly #running = new Set<Promise<void>>();
  /** Deliveries under way by their lane. */
  readonly #busy = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;
  #claiming: Promise<void> = Promise.resolve();

  constructor(
    private readonly parts: DispatcherParts,
    private readonly limits: DispatcherLimits = { timeoutMs: 10_000, openMs: 30_000 },
  ) {
    this.#breakers = new HostBreakers(limits.openMs);
  }

  start(): void {
    this.#timer = setInterval(() => void this.work(), POLL_MS);
  }

  /** Claims no more, and waits for what is under way. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#timer = undefined;
    await this.#claiming;
    await Promise.all(this.#running);
  }

  /** Takes as much of what is due as there are free slots, and ends when that was tried. */
  async work(): Promise<void> {
    const claimed: Promise<void>[] = [];
    this.#claiming = this.#claiming.then(async () => {
      for (const delivery of await this.#claim()) claimed.push(this.#run(delivery));
    });
    await this.#claiming;
    await Promise.all(claimed);
  }

  async #claim(): Promise<ClaimedDelivery[]> {
    const limit = SLOTS - this.#running.size;
    if (limit <= 0) return [];
    const busy = [...this.#busy].filter(([, count]) => count >= PER_LANE).map(([id]) => id);
    try {
      return await this.parts.deliveries.claim({
        limit,
        perLane: PER_LANE,
        busy,
        leaseMs: this.limits.timeoutMs * 2 + LEASE_MARGIN_MS,
      });
    } catch (error) {
      this.parts.log.warn({ error: errorName(error) }, 'due webhooks could not be claimed; the next look tries again');
      return [];
    }
  }

  async #run(delivery: ClaimedDelivery): Promise<void> {
    const { laneId } = delivery;
    this.#busy.set(laneId, (this.#busy.get(laneId) ?? 0) + 1);
    const running = this.#deliver(delivery).catch((error: unknown) =>
      // Whether it arrived or not is not written down: it is due again when the lease ends.
      this.parts.log.warn({ error: errorName(error) }, 'the outcome of a webhook could not be written; it is sent again'),
    );
    this.#running.add(running);
    await running;
    this.#running.delete(running);
    const left = this.#busy.get(laneId)! - 1;
    if (left === 0) this.#busy.delete(laneId);
    else this.#busy.set(laneId, left);
    // A slot is free: more may wait than one look could take.
    if (this.#timer !== undefined) setImmediate(() => void this.work());
  }

  async #deliver(delivery: ClaimedDelivery): Promise<void> {
    const { deliveries, metrics } = this.parts;
    const breaker = this.#breakers.of(delivery.tenantId, hostIn(delivery.url));
    const done = metrics.webhookDuration.startTimer();
    try {
      await failpoint('webhook.before_send');
      const status = await breaker.execute(() => this.#send(delivery));
      done();
      await failpoint('webhook.after_send_before_mark');
      if (status >= 200 && status < 300) {
        await deliveries.delivered(delivery, status);
        metrics.webhookDeliveries.inc({ outcome: 'delivered' });
      } else if (status === GONE) {
        await deliveries.failed(delivery, { status, error: 'gone', disable: 'gone' });
        this.#disabled(delivery, 'gone');
      } else await this.#failed(delivery, status, 'http_status');
    } catch (error) {
      if (isBrokenCircuitError(error)) {
        await deliveries.postpone(delivery, this.limits.openMs * (1 + Math.random()));
        metrics.webhookDeliveries.inc({ outcome: 'postponed' });
      } else if (error instanceof HostFailure) await this.#failed(delivery, error.status, error.code);
      else if (error instanceof AppError && error.code === 'address_refused') await this.#failed(delivery, null, error.code);
      else throw error;
    }
  }

  /** Answers the status. @throws HostFailure, AppError address_refused */
  async #send(delivery: ClaimedDelivery): Promise<number> {
    const body = bodyOf(delivery);
    const { timeoutMs } = this.limits;
    try {
      const headers = this.#headers(delivery, body);
      const { status } = await this.parts.guard.send(delivery.url, {
        method: 'POST',
        headers,
        body,
        timeoutMs,
        maxBytes: MAX_ANSWER_BYTES,
      });
      if (status >= 500 || status === TOO_MANY) throw new HostFailure(status, 'http_status');
      return status;
    } catch (error) {
      if (error instanceof AppError && error.code === 'dependency_unavailable') throw new HostFailure(null, 'no_answer');
      throw error;
    }
  }

  #headers({ id, signerId, secretVersion, signsWithPrevious, now }: ClaimedDelivery, body: string): Record<string, string> {
    const messageId = prefixed('msg', id);
    const versions = signsWithPrevious ? [secretVersion, secretVersion - 1] : [secretVersion];
    const signatures = versions.map((version) =>
      new Webhook(webhookSecret(this.parts.pepper, signerId, version)).sign(messageId, new Date(now), body),
    );
    return {
      'content-type': 'application/json',
      'user-agent': 'Attune-Webhooks',
      'webhook-id': messageId,
      'webhook-timestamp': String(Math.floor(now / 1000)),
      'webhook-signature': signatures.join(' '),
    };
  }

  async #failed(delivery: ClaimedDelivery, status: number | null, error: string): Promise<void> {
    const retryInMs = retryDelayMs(delivery.tries + 1, Math.random());
    if (retryInMs === undefined) {
      await this.parts.deliveries.failed(delivery, { status, error, disable: 'exhausted' });
      this.#disabled(delivery, 'exhausted');
    } else {
      await this.parts.deliveries.failed(delivery, { status, error, retryInMs });
      this.parts.metrics.webhookDeliveries.inc({ outcome: error === 'address_refused' ? 'refused' : 'failed' });
    }
  }

  #disabled({ endpointId }: ClaimedDelivery, outcome: 'gone' | 'exhausted'): void {
    this.parts.metrics.webhookDeliveries.inc({ outcome });
    this.parts.log.warn({ what: prefixed('wh', endpointId), outcome }, 'a webhook was disabled');
  }
}

/** The same bytes at every try. */
function bodyOf({ type, createdAt, jobId, jobStatus, jobVersion }: ClaimedDelivery): string {
  const id = prefixed('job', jobId);
  return JSON.stringify({
    type,
    timestamp: new Date(createdAt).toISOString(),
    data: { job_id: id, status: jobStatus, version: jobVersion, links: { self: jobPaths(id).self } },
  });
}

function hostIn(url: string): string {
  return URL.canParse(url) ? new URL(url).host : '';
}
