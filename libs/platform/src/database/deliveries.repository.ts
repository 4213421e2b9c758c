import type { DeliveryOutcome, DisabledReason, WebhookType } from '@attune/api';
import { AppError, type JobStatus } from '@attune/core';
import type { Database } from './database.js';

/** One event for one webhook, as the log of its deliveries shows it: without what was sent. Times in milliseconds of the database clock. */
export interface LoggedDelivery {
  readonly id: string;
  readonly jobId: string;
  readonly type: WebhookType;
  readonly outcome: DeliveryOutcome;
  readonly tries: number;
  readonly nextTryAt: number;
  readonly lastTryAt: number | null;
  /** HTTP status of the last answer; null when there was none. */
  readonly lastStatus: number | null;
  /** Code of what went wrong with the last try. */
  readonly lastError: string | null;
  readonly createdAt: number;
}

/** A delivery that this process alone sends until its lease ends. */
export interface ClaimedDelivery {
  readonly id: string;
  readonly claims: number;
  readonly tenantId: string;
  readonly endpointId: string;
  /** Of its webhook; one of a tenant for the webhooks of all its single jobs, however many they are. */
  readonly laneId: string;
  readonly url: string;
  /** What the secret is derived from: the webhook, or the tenant for those of single jobs. */
  readonly signerId: string;
  readonly secretVersion: number;
  /** Whether the secret before is still signed with. */
  readonly signsWithPrevious: boolean;
  readonly jobId: string;
  readonly type: WebhookType;
  readonly jobStatus: JobStatus;
  readonly jobVersion: number;
  readonly tries: number;
  readonly createdAt: number;
  /** Now, by the clock of the database. */
  readonly now: number;
}

/** What came of a try that did not deliver. */
export interface FailedTry {
  readonly status: number | null;
  readonly error: string;
  /** When to try again; absent: never. */
  readonly retryInMs?: number;
  /** Nothing more is sent to the webhook. */
  readonly disable?: Exclude<DisabledReason, 'owner'>;
}

/** Where a page of deliveries ends. */
export type DeliveryKey = Pick<LoggedDelivery, 'createdAt' | 'id'>;

/** Which deliveries are sent once more: one by its id, or all that have failed since then (RFC 3339). */
export type Redelivery = { readonly id: string } | { readonly failedSince: string };

const ms = (column: string): string => `(extract(epoch from ${column}) * 1000)::float8`;

/** What is to be told to webhooks. Claims cross tenants on purpose; everything else is asked for with a tenant. */
export class DeliveriesRepository {
  constructor(private readonly database: Database) {}

  /**
   * Takes what is due, at most `perLane` of one lane and none of the `busy` ones, for `leaseMs`. A claim that is not settled by then
   * is due again, for whoever comes first. Single jobs are as many as there are jobs: they are found by what is due, not one by one.
   */
  async claim(asked: { limit: number; perLane: number; busy: readonly string[]; leaseMs: number }): Promise<ClaimedDelivery[]> {
    return this.database.query<ClaimedDelivery>(
      `WITH due AS (
         SELECT id FROM (
           SELECT d.id, d.next_try_at FROM attune.webhooks w CROSS JOIN LATERAL (
             SELECT id, next_try_at FROM attune.webhook_deliveries WHERE endpoint_id = w.id AND outcome = 'pending' AND next_try_at <= now()
             ORDER BY next_try_at LIMIT $2 FOR UPDATE SKIP LOCKED) d
           WHERE w.job_id IS NULL AND w.disabled_at IS NULL AND w.id <> ALL ($3::uuid[])
           UNION ALL
           SELECT d.id, d.next_try_at FROM attune.tenants t CROSS JOIN LATERAL (
             SELECT d.id, d.next_try_at FROM attune.webhook_deliveries d JOIN attune.webhooks w ON w.id = d.endpoint_id
             WHERE d.tenant_id = t.id AND d.of_job AND d.outcome = 'pending' AND d.next_try_at <= now() AND w.disabled_at IS NULL
             ORDER BY d.next_try_at LIMIT $2 FOR UPDATE OF d SKIP LOCKED) d
           WHERE t.id <> ALL ($3::uuid[])) lanes
         ORDER BY next_try_at LIMIT $1)
       UPDATE attune.webhook_deliveries d SET next_try_at = now() + make_interval(secs => $4::float8 / 1000), claims = claims + 1
       FROM due, attune.webhooks w, attune.tenants t WHERE d.id = due.id AND w.id = d.endpoint_id AND t.id = d.tenant_id
       RETURNING d.id, d.claims, d.tenant_id AS "tenantId", w.id AS "endpointId", w.url,
         CASE WHEN d.of_job THEN t.id ELSE w.id END AS "laneId", CASE WHEN d.of_job THEN t.id ELSE w.id END AS "signerId",
         CASE WHEN d.of_job THEN t.job_secret_version ELSE w.secret_version END AS "secretVersion",
         coalesce(CASE WHEN d.of_job THEN t.previous_job_secret_until ELSE w.previous_secret_until END > now(), false) AS "signsWithPrevious", d.job_id AS "jobId", d.type, d.job_status AS "jobStatus",
         d.job_version AS "jobVersion", d.tries, ${ms('d.created_at')} AS "createdAt", ${ms('now()')} AS now`,
      [asked.limit, asked.perLane, asked.busy, asked.leaseMs],
    );
  }

  /** It has arrived, whoever else has taken it meanwhile. */
  async delivered({ id }: Pick<ClaimedDelivery, 'id'>, status: number): Promise<void> {
    await this.database.query(
      `UPDATE attune.webhook_deliveries SET outcome = 'delivered', tries = tries + 1, last_try_at = now(), last_status = $2, last_error = NULL
       WHERE id = $1 AND outcome = 'pending'`,
      [id, status],
    );
  }

  /** It has not arrived. A claim whose lease is over says nothing any more. */
  async failed({ id, claims, endpointId }: ClaimedDelivery, { status, error, retryInMs, disable }: FailedTry): Promise<void> {
    await this.database.transaction(async (query) => {
      const settled = await query(
        `UPDATE attune.webhook_deliveries SET tries = tries + 1, last_try_at = now(), last_status = $3, last_error = $4,
           outcome = CASE WHEN $5::float8 IS NULL THEN 'failed' ELSE 'pending' END,
           next_try_at = now() + make_interval(secs => coalesce($5, 0) / 1000)
         WHERE id = $1 AND claims = $2 AND outcome = 'pending' RETURNING id`,
        [id, claims, status, error, retryInMs ?? null],
      );
      if (settled.length === 0 || disable === undefined) return;
      await query(
        `UPDATE attune.webhooks SET version = version + 1, updated_at = now(), disabled_at = now(), disabled_reason = $2
         WHERE id = $1 AND disabled_at IS NULL`,
        [endpointId, disable],
      );
    });
  }

  /** It was not tried; it is due again later, and no try is counted. */
  async postpone({ id, claims }: ClaimedDelivery, delayMs: number): Promise<void> {
    await this.database.query(
      `UPDATE attune.webhook_deliveries SET next_try_at = now() + make_interval(secs => $3::float8 / 1000)
       WHERE id = $1 AND claims = $2 AND outcome = 'pending'`,
      [id, claims, delayMs],
    );
  }

  /** The log of one webhook, newest first; `after` is the last key of the page before. */
  async list(
    tenantId: string,
    endpointId: string,
    { limit, outcome, after }: { limit: number; outcome?: DeliveryOutcome | undefined; after?: DeliveryKey },
  ): Promise<LoggedDelivery[]> {
    return this.database.query<LoggedDelivery>(
      `SELECT id, job_id AS "jobId", type, outcome, tries, ${ms('next_try_at')} AS "nextTryAt", ${ms('last_try_at')} AS "lastTryAt",
         last_status AS "lastStatus", last_error AS "lastError", ${ms('created_at')} AS "createdAt"
       FROM attune.webhook_deliveries WHERE tenant_id = $1 AND endpoint_id = $2 AND ($3::text IS NULL OR outcome = $3)
         AND ($4::float8 IS NULL OR (${ms('created_at')}, id) < ($4, $5::uuid)) ORDER BY created_at DESC, id DESC LIMIT $6`,
      [tenantId, endpointId, outcome ?? null, after?.createdAt ?? null, after?.id ?? null, limit],
    );
  }

  /**
   * Makes deliveries due at once, under their own ids and with every try before them. Answers how many.
   * @throws AppError not_found when there is no such delivery; conflict_state while the webhook is disabled.
   */
  async redeliver(tenantId: string, endpointId: string, asked: Redelivery): Promise<number> {
    return this.database.transaction(async (query) => {
      const [webhook] = await query<{ disabled: boolean }>(
        `SELECT disabled_at IS NOT NULL AS disabled FROM attune.webhooks WHERE tenant_id = $1 AND id = $2 FOR SHARE`,
        [tenantId, endpointId],
      );
      if (!webhook) throw new AppError('not_found', 'there is no such webhook');
      if (webhook.disabled) throw new AppError('conflict_state', 'the webhook is disabled; enable it first');
      const again = await query(
        `UPDATE attune.webhook_deliveries SET outcome = 'pending', tries = 0, next_try_at = now(), claims = claims + 1
         WHERE tenant_id = $1 AND endpoint_id = $2 AND (id = $3 OR (outcome = 'failed' AND created_at >= $4)) RETURNING id`,
        [tenantId, endpointId, 'id' in asked ? asked.id : null, 'failedSince' in asked ? asked.failedSince : null],
      );
      if (again.length === 0 && 'id' in asked) throw new AppError('not_found', 'there is no such delivery');
      return again.length;
    });
  }
}
