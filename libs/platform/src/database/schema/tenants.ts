import { EntitySchema } from 'typeorm';
import { bytes, integer, key, optional, references, SCHEMA, text, time, timeOfInsert, uuid, withDefault } from './columns.js';

export const tenants = new EntitySchema({
  name: 'tenants',
  schema: SCHEMA,
  columns: {
    id: key('tenants', uuid()),
    name: text(),
    created_at: timeOfInsert(),
    job_secret_version: withDefault(integer(), 0),
    previous_job_secret_until: optional(time()),
  },
  uniques: [{ name: 'tenants_name_key', columns: ['name'] }],
});

/** Hashes of API keys; a key itself is never stored. */
export const apiKeys = new EntitySchema({
  name: 'api_keys',
  schema: SCHEMA,
  columns: {
    id: key('api_keys', uuid()),
    tenant_id: uuid(),
    start: text(),
    hash: bytes(),
    created_at: timeOfInsert(),
    revoked_at: optional(time()),
  },
  uniques: [{ name: 'api_keys_hash_key', columns: ['hash'] }],
  foreignKeys: [references('api_keys', ['tenant_id'], 'tenants')],
});
