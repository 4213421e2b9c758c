import { EntitySchema } from 'typeorm';
import {
  bigint,
  boolean,
  double,
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

export const jobStages = new EntitySchema({
  name: 'job_stages',
  schema: SCHEMA,
  columns: {
    tenant_id: uuid(),
    job_id: key('job_stages', uuid()),
    stage: key('job_stages', text()),
    shard: withDefault(key('job_stages', integer()), 0),
    position: integer(),
    service: text(),
    status: withDefault(text(), 'waiting'),
    epoch: withDefault(bigint(), 0),
    attempt: withDefault(integer(), 0),
    crash_count: withDefault(integer(), 0),
    lost_count: withDefault(integer(), 0),
    lease_owner: optional(text()),
    lease_until: optional(time()),
    heartbeat_at: optional(time()),
    next_run_at: timeOfInsert(),
    fair_at: withDefault(bigint(), 0),
    progress: withDefault(double(), 0),
    checkpoint: optional(json()),
    error: optional(json()),
    ready_at: optional(time()),
    started_at: optional(time()),
    ended_at: optional(time()),
  },
  checks: [{ name: 'job_stages_status', expression: `status IN ('waiting','ready','running','done','failed','cancelled')` }],
  indices: [{ name: 'idx_job_stages_claim', columns: ['service', 'fair_at', 'job_id'], where: `status IN ('ready','running')` }],
  foreignKeys: [references('job_stages', ['job_id'], 'jobs')],
});

/** Tries at stages; the row is written before the work, so that no death goes uncounted. */
export const attempts = new EntitySchema({
  name: 'attempts',
  schema: SCHEMA,
  columns: {
    tenant_id: uuid(),
    job_id: key('attempts', uuid()),
    stage: key('attempts', text()),
    shard: withDefault(key('attempts', integer()), 0),
    epoch: key('attempts', bigint()),
    worker: text(),
    started_at: timeOfInsert(),
    ended_at: optional(time()),
    outcome: optional(text()),
  },
  indices: [{ name: 'idx_attempts_first', columns: ['started_at'], where: 'epoch = 1' }],
  foreignKeys: [references('attempts', ['job_id'], 'jobs')],
});

/** How far a tenant's share of the workers is used up (start-time fair queueing). */
export const tenantFlow = new EntitySchema({
  name: 'tenant_flow',
  schema: SCHEMA,
  columns: {
    tenant_id: key('tenant_flow', uuid()),
    priority_class: key('tenant_flow', text()),
    virtual_time: withDefault(bigint(), 0),
    weight: withDefault(integer(), 1),
  },
  checks: [{ name: 'tenant_flow_weight', expression: `weight BETWEEN 1 AND 1000` }],
});

/** Below `at` there is no place in the queue; `seen` is the lowest that there was at `seen_at`. One row. Unlogged: without it all places are looked at. */
export const fairFloor = new EntitySchema({
  name: 'fair_floor',
  schema: SCHEMA,
  columns: { only_row: withDefault(key('fair_floor', boolean()), true), at: bigint(), seen: bigint(), seen_at: time() },
  checks: [{ name: 'fair_floor_only_row', expression: 'only_row' }],
});

/** When the next retry for want of a dependency has its turn, once over all workers. Unlogged: what is lost is a line that was being waited in. */
export const retryBudgets = new EntitySchema({
  name: 'retry_budgets',
  schema: SCHEMA,
  columns: { dependency: key('retry_budgets', text()), next_at: time() },
});

/** Presence of worker processes; a hint, never a lock. Unlogged. */
export const workers = new EntitySchema({
  name: 'workers',
  schema: SCHEMA,
  columns: {
    id: key('workers', text()),
    service: text(),
    host: text(),
    version: text(),
    slots: integer(),
    busy: integer(),
    started_at: timeOfInsert(),
    seen_at: timeOfInsert(),
  },
});
