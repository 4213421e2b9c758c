import { EntitySchema } from 'typeorm';
import { bigint, integer, key, optional, references, SCHEMA, text, time, timeOfInsert, uuid, withDefault } from './columns.js';

/** Stored objects that no row names, since when, and when they were removed. Of the store, not of a tenant. */
export const gcMarks = new EntitySchema({
  name: 'gc_marks',
  schema: SCHEMA,
  columns: {
    storage_key: key('gc_marks', text()),
    bytes: bigint(),
    modified_at: time(),
    marked_at: timeOfInsert(),
    swept_at: optional(time()),
  },
});

/** When the chores of the whole installation were last begun, whoever led then. */
export const chores = new EntitySchema({
  name: 'chores',
  schema: SCHEMA,
  columns: { name: key('chores', text()), began_at: timeOfInsert() },
});

/** How many days a tenant keeps received bytes and results; null is for ever. A tenant without a row has what the settings say. */
export const retentionPolicies = new EntitySchema({
  name: 'retention_policies',
  schema: SCHEMA,
  columns: {
    tenant_id: key('retention_policies', uuid()),
    version: withDefault(integer(), 1),
    raw_days: optional(integer()),
    results_days: optional(integer()),
    updated_at: timeOfInsert(),
  },
  foreignKeys: [references('retention_policies', ['tenant_id'], 'tenants')],
});
