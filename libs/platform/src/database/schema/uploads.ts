import { EntitySchema } from 'typeorm';
import { bigint, key, optional, references, SCHEMA, text, time, timeOfInsert, uuid, withDefault } from './columns.js';

/** Uploads that come in parts; each ends with its row, a day after it began. */
export const uploads = new EntitySchema({
  name: 'uploads',
  schema: SCHEMA,
  columns: {
    tenant_id: uuid(),
    id: key('uploads', uuid()),
    length: bigint(),
    received: withDefault(bigint(), 0),
    name: optional(text()),
    declared_sha256: optional(text()),
    metadata: text(),
    sha256: optional(text()),
    holder: optional(uuid()),
    lease_until: optional(time()),
    created_at: timeOfInsert(),
    expires_at: time(),
    direct_key: optional(text()),
    direct_upload_id: optional(text()),
    part_bytes: optional(bigint()),
  },
  checks: [{ name: 'uploads_received', expression: 'received >= 0 AND received <= length' }],
  indices: [{ name: 'idx_uploads_expiry', columns: ['expires_at'] }],
  foreignKeys: [references('uploads', ['tenant_id'], 'tenants')],
});

/** What of an upload has come, until it is whole. */
export const uploadParts = new EntitySchema({
  name: 'upload_parts',
  schema: SCHEMA,
  columns: {
    tenant_id: uuid(),
    upload_id: key('upload_parts', uuid()),
    start: key('upload_parts', bigint()),
    bytes: bigint(),
    sha256: text(),
    storage_key: text(),
  },
  foreignKeys: [references('upload_parts', ['tenant_id'], 'tenants'), references('upload_parts', ['upload_id'], 'uploads')],
});
