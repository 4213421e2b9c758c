import { EntitySchema } from 'typeorm';
import { integer, json, key, references, SCHEMA, text, timeOfInsert, uuid } from './columns.js';

/** Mapping documents that a tenant keeps; a version never changes once written. */
export const mappings = new EntitySchema({
  name: 'mappings',
  schema: SCHEMA,
  columns: {
    tenant_id: uuid(),
    id: key('mappings', uuid()),
    version: key('mappings', integer()),
    name: text(),
    entity: text(),
    document: json(),
    created_at: timeOfInsert(),
  },
  indices: [{ name: 'idx_mappings_tenant', columns: ['tenant_id', 'created_at', 'id'] }],
  foreignKeys: [references('mappings', ['tenant_id'], 'tenants')],
});

/** The mapping that a person of the tenant accepted for files with these column names. */
export const acceptedMappings = new EntitySchema({
  name: 'accepted_mappings',
  schema: SCHEMA,
  columns: {
    tenant_id: key('accepted_mappings', uuid()),
    fingerprint: key('accepted_mappings', text()),
    document: json(),
    accepted_at: timeOfInsert(),
  },
  foreignKeys: [references('accepted_mappings', ['tenant_id'], 'tenants')],
});
