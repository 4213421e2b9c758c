import { EntitySchema } from 'typeorm';
import { boolean, integer, json, key, optional, references, SCHEMA, text, time, timeOfInsert, uuid, withDefault } from './columns.js';

/** When jobs are made by themselves. `request` is the job that each due time makes, as it was asked for. */
export const schedules = new EntitySchema({
  name: 'schedules',
  schema: SCHEMA,
  columns: {
    tenant_id: uuid(),
    id: key('schedules', uuid()),
    version: withDefault(integer(), 1),
    name: text(),
    cron: text(),
    time_zone: text(),
    request: json(),
    catch_up: text(),
    paused: withDefault(boolean(), false),
    next_due_at: optional(time()),
    fired_through: optional(time()),
    created_at: timeOfInsert(),
    updated_at: timeOfInsert(),
  },
  checks: [
    { name: 'schedules_catch_up', expression: `catch_up IN ('none','last','all')` },
    { name: 'schedules_paused', expression: `NOT paused OR next_due_at IS NULL` },
  ],
  indices: [
    { name: 'idx_schedules_tenant', columns: ['tenant_id', 'created_at', 'id'] },
    { name: 'idx_schedules_due', columns: ['next_due_at'], where: 'next_due_at IS NOT NULL' },
  ],
  foreignKeys: [references('schedules', ['tenant_id'], 'tenants')],
});

/** What became of due times, one row each. */
export const scheduleFires = new EntitySchema({
  name: 'schedule_fires',
  schema: SCHEMA,
  columns: {
    tenant_id: uuid(),
    schedule_id: key('schedule_fires', uuid()),
    due_at: key('schedule_fires', time()),
    skipped_through: optional(time()),
    cause: text(),
    outcome: text(),
    job_id: optional(uuid()),
    problem_code: optional(text()),
    decided_at: timeOfInsert(),
  },
  checks: [
    { name: 'schedule_fires_cause', expression: `cause IN ('due','trigger')` },
    { name: 'schedule_fires_outcome', expression: `outcome IN ('fired','failed','skipped')` },
    { name: 'schedule_fires_job', expression: `(outcome = 'fired') = (job_id IS NOT NULL)` },
    { name: 'schedule_fires_problem', expression: `(outcome = 'failed') = (problem_code IS NOT NULL)` },
  ],
  indices: [{ name: 'idx_schedule_fires_tenant', columns: ['tenant_id', 'schedule_id', 'due_at'] }],
  foreignKeys: [
    references('schedule_fires', ['tenant_id'], 'tenants'),
    { ...references('schedule_fires', ['schedule_id'], 'schedules'), onDelete: 'CASCADE' },
    references('schedule_fires', ['job_id'], 'jobs'),
  ],
});
