import { EntitySchema } from 'typeorm';
import { boolean, integer, key, optional, references, SCHEMA, text, time, timeOfInsert, uuid, withDefault } from './columns.js';

/** Where a tenant is told of its jobs, or of one of them alone (`job_id`). */
export const webhooks = new EntitySchema({
  name: 'webhooks',
  schema: SCHEMA,
  columns: {
    tenant_id: uuid(),
    id: key('webhooks', uuid()),
    version: withDefault(integer(), 1),
    url: text(),
    types: { ...text(), array: true },
    description: optional(text()),
    secret_version: withDefault(integer(), 1),
    previous_secret_until: optional(time()),
    disabled_at: optional(time()),
    disabled_reason: optional(text()),
    created_at: timeOfInsert(),
    updated_at: timeOfInsert(),
    job_id: optional(uuid()),
  },
  checks: [{ name: 'webhooks_disabled', expression: `(disabled_at IS NULL) = (disabled_reason IS NULL)` }],
  indices: [
    { name: 'idx_webhooks_listed', columns: ['tenant_id', 'created_at', 'id'], where: 'job_id IS NULL' },
    { name: 'idx_webhooks_job', columns: ['job_id'], unique: true, where: 'job_id IS NOT NULL' },
  ],
  foreignKeys: [references('webhooks', ['tenant_id'], 'tenants'), references('webhooks', ['job_id'], 'jobs')],
});

/** What has been or is to be sent, one row per event and webhook; its id is the `webhook-id` of every try. */
export const webhookDeliveries = new EntitySchema({
  name: 'webhook_deliveries',
  schema: SCHEMA,
  columns: {
    tenant_id: uuid(),
    id: key('webhook_deliveries', uuid()),
    endpoint_id: uuid(),
    job_id: uuid(),
    seq: integer(),
    type: text(),
    job_status: text(),
    job_version: integer(),
    outcome: withDefault(text(), 'pending'),
    tries: withDefault(integer(), 0),
    claims: withDefault(integer(), 0),
    next_try_at: timeOfInsert(),
    last_try_at: optional(time()),
    last_status: optional(integer()),
    last_error: optional(text()),
    created_at: timeOfInsert(),
    of_job: withDefault(boolean(), false),
  },
  checks: [{ name: 'webhook_deliveries_outcome', expression: `outcome IN ('pending','delivered','failed')` }],
  uniques: [{ name: 'webhook_deliveries_once', columns: ['endpoint_id', 'job_id', 'seq'] }],
  indices: [
    { name: 'idx_webhook_deliveries_due', columns: ['endpoint_id', 'next_try_at'], where: `outcome = 'pending'` },
    { name: 'idx_webhook_deliveries_of_job', columns: ['tenant_id', 'next_try_at'], where: `outcome = 'pending' AND of_job` },
    { name: 'idx_webhook_deliveries_log', columns: ['tenant_id', 'endpoint_id', 'created_at', 'id'] },
  ],
  foreignKeys: [
    references('webhook_deliveries', ['tenant_id'], 'tenants'),
    { ...references('webhook_deliveries', ['endpoint_id'], 'webhooks'), onDelete: 'CASCADE' },
    references('webhook_deliveries', ['job_id'], 'jobs'),
  ],
});
