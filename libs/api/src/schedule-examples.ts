import type { FireBody, FireList, ScheduleBody, ScheduleList } from './schedule.api.js';

const schedule: ScheduleBody = {
  schedule_id: 'sch_0197c0de-1111-7222-8333-444455556666',
  version: 1,
  name: 'Members of plan A, every night',
  cron: '30 2 * * *',
  time_zone: 'America/New_York',
  job: {
    operation: 'validate',
    input: { sha256: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08' },
    options: { output_formats: ['csv', 'parquet'], review: 'never' },
    priority_class: 'interactive',
  },
  catch_up: 'last',
  paused: false,
  next_due_at: '2026-03-03T07:30:00.000Z',
  fired_through: '2026-03-02T07:30:00.000Z',
  created_at: '2026-03-01T09:00:00.000Z',
  updated_at: '2026-03-01T09:00:00.000Z',
};

const fire: FireBody = {
  due_at: '2026-03-02T07:30:00.000Z',
  skipped_through: null,
  cause: 'due',
  outcome: 'fired',
  job_id: 'job_0197c0de-3333-7222-8333-444455556666',
  job_status: 'completed',
  problem_code: null,
  decided_at: '2026-03-02T07:30:02.114Z',
  lag_seconds: 2,
};

/** Schedules by the name of their shape. */
export const scheduleExamples: Readonly<Record<string, unknown>> = {
  Schedule: schedule,
  ScheduleList: { data: [schedule], next_cursor: null, has_more: false } satisfies ScheduleList,
  ScheduleFire: fire,
  ScheduleFireList: { data: [fire], next_cursor: null, has_more: false } satisfies FireList,
};
