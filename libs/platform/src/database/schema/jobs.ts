import { EntitySchema } from 'typeorm';
import {
  bigint,
  boolean,
  integer,
  json,
  key,
  optional,
  references,
  SCHEMA,
  text,
  time,
  timeOfInsert,
  uuid,
  withDefault,
} from './columns.js';

export const jobs = new EntitySchema({
  name: 'jobs',
  schema: SCHEMA,
  columns: {
    tenant_id: uuid(),
    id: key('jobs', uuid()),
    operation: text(),
    options: json(),
    mapping: optional(json()),
    status: withDefault(text(), 'pending'),
    stage: optional(text()),
    generation: withDefault(integer(), 1),
    version: withDefault(integer(), 1),
    dataset_id: uuid(),
    input_sha256: text(),
    input_name: optional(text()),
    bytes_in: bigint(),
    cancel_requested: withDefault(boolean(), false),
    cancel_requested_at: optional(time()),
    deadline_at: optional(time()),
    priority_class: withDefault(text(), 'interactive'),
    traceparent: optional(text()),
    error: optional(json()),
    errors_found: withDefault(bigint(), 0),
    created_at: timeOfInsert(),
    started_at: optional(time()),
    completed_at: optional(time()),
  },
  checks: [
    { name: 'jobs_status', expression: `status IN ('pending','processing','awaiting_review','completed','failed','cancelled','expired')` },
  ],
  indices: [
    { name: 'idx_jobs_status', columns: ['tenant_id', 'status'] },
    { name: 'idx_jobs_created_at', columns: ['tenant_id', 'created_at', 'id'] },
    { name: 'idx_jobs_open', columns: ['deadline_at'], where: `status IN ('pending','processing','awaiting_review')` },
  ],
  foreignKeys: [references('jobs', ['tenant_id'], 'tenants'), references('jobs', ['dataset_id'], 'datasets')],
});

/** What happened to a job, line by line; `seq` has no gap. */
export const jobEvents = new EntitySchema({
  name: 'job_events',
  schema: SCHEMA,
  columns: {
    tenant_id: uuid(),
    job_id: key('job_events', uuid()),
    seq: key('job_events', integer()),
    at: timeOfInsert(),
    type: text(),
    level: text(),
    message: text(),
    data: json(),
  },
  foreignKeys: [references('job_events', ['job_id'], 'jobs')],
});
