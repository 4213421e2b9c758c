import { EntitySchema } from 'typeorm';
import { key, optional, SCHEMA, text, time, timeOfInsert, uuid } from './columns.js';

export const idempotencyKeys = new EntitySchema({
  name: 'idempotency_keys',
  schema: SCHEMA,
  columns: {
    tenant_id: key('idempotency_keys', uuid()),
    route: key('idempotency_keys', text()),
    key: key('idempotency_keys', text()),
    fingerprint: optional(text()),
    state: text(),
    holder: uuid(),
    job_id: optional(uuid()),
    lease_until: optional(time()),
    created_at: timeOfInsert(),
  },
  checks: [{ name: 'idempotency_keys_state', expression: `state IN ('reserved','answered')` }],
});
