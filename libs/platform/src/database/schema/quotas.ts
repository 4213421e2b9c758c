import { EntitySchema, type EntitySchemaColumnOptions } from 'typeorm';
import { bigint, integer, key, optional, references, SCHEMA, timeOfInsert, uuid, withDefault } from './columns.js';

const day: EntitySchemaColumnOptions = { type: 'date' };

/** What a tenant may take of the installation; null is no limit. A tenant without a row has what the settings say. */
export const tenantQuotas = new EntitySchema({
  name: 'tenant_quotas',
  schema: SCHEMA,
  columns: {
    tenant_id: key('tenant_quotas', uuid()),
    version: withDefault(integer(), 1),
    queued_jobs: optional(integer()),
    bytes_per_day: optional(bigint()),
    concurrent_uploads: optional(integer()),
    updated_at: timeOfInsert(),
  },
  foreignKeys: [references('tenant_quotas', ['tenant_id'], 'tenants')],
});

/** Bytes that a tenant has sent, by the day of the database clock (UTC). */
export const receivedBytes = new EntitySchema({
  name: 'received_bytes',
  schema: SCHEMA,
  columns: {
    tenant_id: key('received_bytes', uuid()),
    day: key('received_bytes', day),
    bytes: bigint(),
  },
  foreignKeys: [references('received_bytes', ['tenant_id'], 'tenants')],
});
