import { EntitySchema } from 'typeorm';
import { bigint, key, optional, references, SCHEMA, text, time, timeOfInsert, uuid } from './columns.js';

/** Stored bytes, once per tenant by their hash. */
export const blobs = new EntitySchema({
  name: 'blobs',
  schema: SCHEMA,
  columns: {
    tenant_id: key('blobs', uuid()),
    sha256: key('blobs', text()),
    bytes: bigint(),
    storage_key: text(),
    verified_at: timeOfInsert(),
    removed_at: optional(time()),
  },
  indices: [{ name: 'idx_blobs_storage_key', columns: ['storage_key'] }],
  foreignKeys: [references('blobs', ['tenant_id'], 'tenants')],
});

export const datasets = new EntitySchema({
  name: 'datasets',
  schema: SCHEMA,
  columns: {
    tenant_id: uuid(),
    id: key('datasets', uuid()),
    sha256: text(),
    bytes: bigint(),
    received_at: timeOfInsert(),
    held_at: optional(time()),
  },
  uniques: [{ name: 'datasets_once', columns: ['tenant_id', 'sha256'] }],
  foreignKeys: [references('datasets', ['tenant_id', 'sha256'], 'blobs', ['tenant_id', 'sha256'])],
});
