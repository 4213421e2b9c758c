import { EntitySchema } from 'typeorm';
import { integer, json, key, optional, references, SCHEMA, text, timeOfInsert, uuid } from './columns.js';

/** Documents of rules that a tenant keeps. */
export const ruleSets = new EntitySchema({
  name: 'rule_sets',
  schema: SCHEMA,
  columns: {
    tenant_id: uuid(),
    id: key('rule_sets', uuid()),
    version: integer(),
    name: text(),
    entity: optional(text()),
    document: json(),
    created_at: timeOfInsert(),
    updated_at: timeOfInsert(),
  },
  indices: [{ name: 'idx_rule_sets_tenant', columns: ['tenant_id', 'created_at', 'id'] }],
  foreignKeys: [references('rule_sets', ['tenant_id'], 'tenants')],
});

/** Which columns the dataset of a job had that was checked. */
export const checkedDatasets = new EntitySchema({
  name: 'checked_datasets',
  schema: SCHEMA,
  columns: {
    job_id: key('checked_datasets', uuid()),
    tenant_id: uuid(),
    fingerprint: text(),
    entity: text(),
    checked_at: timeOfInsert(),
  },
  indices: [{ name: 'idx_checked_datasets_like', columns: ['tenant_id', 'fingerprint', 'entity', 'checked_at'] }],
  foreignKeys: [references('checked_datasets', ['job_id'], 'jobs'), references('checked_datasets', ['tenant_id'], 'tenants')],
});
