import type { DisabledReason, WebhookType } from '@attune/api';
import { AppError } from '@attune/core';
import { v7 as uuidv7 } from 'uuid';
import type { Database } from './database.js';

/** Where a tenant is told of its jobs. Times in milliseconds of the database clock. */
export interface StoredWebhook {
  readonly id: string;
  /** The one job that it is told of; null where it is told of all. */
  readonly jobId: string | null;
  readonly version: number;
  readonly url: string;
  readonly types: readonly WebhookType[];
  readonly description: string | null;
  readonly secretVersion: number;
  /** Until when the secret before this one is signed with as well. */
  readonly previousSecretUntil: number | null;
  readonly disabledAt: number | null;
  readonly disabledReason: DisabledReason | null;
  readonly createdAt: number;
  readonly updatedAt: number;
}

export interface WebhookChange {
  readonly url?: string | undefined;
  readonly types?: readonly WebhookType[] | undefined;
  readonly description?: string | null | undefined;
  readonly enabled?: boolean | undefined;
}

/** The version of the secret that signs for webhooks of single jobs, from 1 on. */
export interface JobSecret {
  readonly version: number;
  /** Until when the secret before this one is signed with as well, in milliseconds of the database clock. */
  readonly previousUntil: number;
}

/** Where a page of webhooks ends. */
export type WebhookKey = Pick<StoredWebhook, 'createdAt' | 'id'>;

const ms = (column: string): string => `(extract(epoch from ${column}) * 1000)::float8`;
const COLUMNS = `id, job_id AS "jobId", version, url, types, description, secret_version AS "secretVersion", ${ms('previous_secret_until')} AS "previousSecretUntil",
  ${ms('disabled_at')} AS "disabledAt", disabled_reason AS "disabledReason", ${ms('created_at')} AS "createdAt", ${ms('updated_at')} AS "updatedAt"`;

/** Webhooks as their owners see them. Another tenant's do not exist. */
export class WebhooksRepository {
  constructor(private readonly database: Database) {}

  async create(
    tenantId: string,
    { url, types, description }: { url: string; types: readonly WebhookType[]; description: string | null },
  ): Promise<StoredWebhook> {
    const [created] = await this.database.query<StoredWebhook>(
      `INSERT INTO attune.webhooks (tenant_id, id, url, types, description) VALUES ($1, $2, $3, $4, $5) RETURNING ${COLUMNS}`,
      [tenantId, uuidv7(), url, types, description],
    );
    return created!;
  }

  /** @throws AppError not_found. */
  async find(tenantId: string, id: string): Promise<StoredWebhook> {
    const [found] = await this.database.query<StoredWebhook>(`SELECT ${COLUMNS} FROM attune.webhooks WHERE tenant_id = $1 AND id = $2`, [
      tenantId,
      id,
    ]);
    if (!found) throw notFound();
    return found;
  }

  /** Newest first, without those of single jobs; `after` is the last key of the page before. */
  async list(tenantId: string, { limit, after }: { limit: number; after?: WebhookKey }): Promise<StoredWebhook[]> {
    return this.database.query<StoredWebhook>(
      `SELECT ${COLUMNS} FROM attune.webhooks
       WHERE tenant_id = $1 AND job_id IS NULL AND ($2::float8 IS NULL OR (${ms('created_at')}, id) < ($2, $3::uuid)) ORDER BY created_at DESC, id DESC LIMIT $4`,
      [tenantId, after?.createdAt ?? null, after?.id ?? null, limit],
    );
  }

  /** Changes version `expected`; what is left out stays. @throws AppError not_found; precondition_failed when the version is another. */
  async change(
    tenantId: string,
    id: string,
    expected: number,
    { url, types, description, enabled }: WebhookChange,
  ): Promise<StoredWebhook> {
    const [changed] = await this.database.query<StoredWebhook>(
      `UPDATE attune.webhooks SET version = version + 1, updated_at = now(), url = coalesce($4, url), types = coalesce($5::text[], types),
         description = CASE WHEN $6 THEN $7 ELSE description END,
         disabled_at = CASE WHEN $8 THEN NULL WHEN NOT $8 THEN coalesce(disabled_at, now()) ELSE disabled_at END,
         disabled_reason = CASE WHEN $8 THEN NULL WHEN NOT $8 THEN 'owner' ELSE disabled_reason END
       WHERE tenant_id = $1 AND id = $2 AND version = $3 RETURNING ${COLUMNS}`,
      [tenantId, id, expected, url ?? null, types ?? null, description !== undefined, description ?? null, enabled ?? null],
    );
    if (changed) return changed;
    await this.find(tenantId, id);
    throw new AppError('precondition_failed', 'the webhook has a later version than the one that was read');
  }

  /** A new secret; the one before is signed with as well for `graceSeconds`. @throws AppError not_found. */
  async rotateSecret(tenantId: string, id: string, graceSeconds: number): Promise<StoredWebhook> {
    const [rotated] = await this.database.query<StoredWebhook>(
      `UPDATE attune.webhooks SET version = version + 1, updated_at = now(), secret_version = secret_version + 1,
         previous_secret_until = now() + make_interval(secs => $3)
       WHERE tenant_id = $1 AND id = $2 RETURNING ${COLUMNS}`,
      [tenantId, id, graceSeconds],
    );
    if (!rotated) throw notFound();
    return rotated;
  }

  /** A new secret for the webhooks of single jobs of the tenant; the one before is signed with as well for `graceSeconds`. */
  async rotateJobSecret(tenantId: string, graceSeconds: number): Promise<JobSecret> {
    const [rotated] = await this.database.query<JobSecret>(
      `UPDATE attune.tenants SET job_secret_version = job_secret_version + 1, previous_job_secret_until = now() + make_interval(secs => $2)
       WHERE id = $1 RETURNING job_secret_version AS version, ${ms('previous_job_secret_until')} AS "previousUntil"`,
      [tenantId, graceSeconds],
    );
    return rotated!;
  }

  /** Removes it with its deliveries. @throws AppError not_found. */
  async remove(tenantId: string, id: string): Promise<void> {
    const removed = await this.database.query(`DELETE FROM attune.webhooks WHERE tenant_id = $1 AND id = $2 RETURNING id`, [tenantId, id]);
    if (removed.length === 0) throw notFound();
  }
}

function notFound(): AppError {
  return new AppError('not_found', 'there is no such webhook');
}
