import { JobBody } from './job.api.js';
import type { ApiOperation, HeaderShapes } from './operation.js';
import { answer, ETAG, IDEMPOTENCY_KEY, IF_NONE_MATCH, json, NEXT_PAGE, NOT_MODIFIED, RETRY_AFTER } from './operation-parts.js';
import {
  FireList,
  FireListQuery,
  ScheduleBody,
  ScheduleChangeRequest,
  ScheduleList,
  ScheduleListQuery,
  ScheduleRequest,
} from './schedule.api.js';

const SCHEDULES = '/api/v1/schedules';
const SCHEDULE = `${SCHEDULES}/{id}`;

const EXAMPLE_REQUEST = {
  name: 'Members of plan A, every night',
  cron: '30 2 * * *',
  time_zone: 'America/New_York',
  job: { operation: 'validate', input: { sha256: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08' } },
  catch_up: 'last',
};

const IF_MATCH: HeaderShapes = {
  'If-Match': { description: 'The ETag of the version that was read; required.', example: '"1"' },
};
const LOCATION: HeaderShapes = {
  Location: { description: 'Path of the schedule.', required: true, example: '/api/v1/schedules/sch_0197c0de-1111-7222-8333-444455556666' },
};
const JOB_LOCATION: HeaderShapes = {
  Location: { description: 'Path of the job.', required: true, example: '/api/v1/jobs/job_0197c0de-1111-7222-8333-444455556666' },
};

const common = { tag: 'Schedules', security: 'key', limit: 'api' } as const;

/** Jobs that are made at times of the calendar (docs/how-to-schedule.md). */
export const scheduleOperations: readonly ApiOperation[] = [
  {
    ...common,
    id: 'createSchedule',
    method: 'post',
    path: SCHEDULES,
    summary: 'Have a job made at times of the calendar',
    description: 'Each due time makes one job, whoever restarts meanwhile. Times are those of the time zone, with its summer time.',
    body: { required: true, content: json(ScheduleRequest, EXAMPLE_REQUEST) },
    responses: { 201: answer('The schedule.', ScheduleBody, { ...ETAG, ...LOCATION }) },
    problems: ['not_found', 'payload_too_large', 'unsupported_media', 'address_refused'],
  },
  {
    ...common,
    id: 'listSchedules',
    method: 'get',
    path: SCHEDULES,
    summary: 'List schedules, newest first',
    query: ScheduleListQuery,
    responses: { 200: answer('A page of schedules.', ScheduleList, NEXT_PAGE) },
    problems: ['cursor_invalid'],
  },
  {
    ...common,
    id: 'readSchedule',
    method: 'get',
    path: SCHEDULE,
    summary: 'Read a schedule',
    headers: IF_NONE_MATCH,
    responses: { 200: answer('The schedule.', ScheduleBody, ETAG), 304: NOT_MODIFIED },
    problems: ['not_found'],
  },
  {
    ...common,
    id: 'changeSchedule',
    method: 'patch',
    path: SCHEDULE,
    summary: 'Change a schedule',
    description: 'What is left out stays. Another expression or time zone counts from now on: times that were missed before are forgotten.',
    headers: IF_MATCH,
    body: { required: true, content: json(ScheduleChangeRequest, { cron: '0 4 * * 1-5' }) },
    responses: { 200: answer('The schedule at its new version.', ScheduleBody, ETAG) },
    problems: ['not_found', 'payload_too_large', 'unsupported_media', 'precondition_required', 'precondition_failed', 'address_refused'],
  },
  {
    ...common,
    id: 'deleteSchedule',
    method: 'delete',
    path: SCHEDULE,
    summary: 'Delete a schedule with its history',
    description: 'The jobs that it has made stay.',
    responses: { 204: { description: 'It is gone.' } },
    problems: ['not_found'],
  },
  {
    ...common,
    id: 'pauseSchedule',
    method: 'post',
    path: `${SCHEDULE}/pause`,
    summary: 'Make no jobs for now',
    description: 'Times that pass meanwhile are not missed: nothing is caught up. A paused schedule is answered as it is.',
    responses: { 200: answer('The schedule.', ScheduleBody, ETAG) },
    problems: ['not_found'],
  },
  {
    ...common,
    id: 'resumeSchedule',
    method: 'post',
    path: `${SCHEDULE}/resume`,
    summary: 'Make jobs again, from the next due time on',
    responses: { 200: answer('The schedule.', ScheduleBody, ETAG) },
    problems: ['not_found'],
  },
  {
    ...common,
    id: 'triggerSchedule',
    method: 'post',
    path: `${SCHEDULE}/trigger`,
    summary: 'Make its job now',
    description: 'Beside the due times, which stay as they are; a paused schedule can be triggered too.',
    limit: 'jobs',
    headers: IDEMPOTENCY_KEY,
    responses: { 202: answer('The job.', JobBody, { ...JOB_LOCATION, ...RETRY_AFTER }) },
    problems: ['not_found', 'gone', 'overloaded', 'quota_exceeded', 'address_refused', 'idempotency_in_progress', 'idempotency_mismatch'],
  },
  {
    ...common,
    id: 'listScheduleFires',
    method: 'get',
    path: `${SCHEDULE}/history`,
    summary: 'List what became of due times, newest first',
    query: FireListQuery,
    responses: { 200: answer('A page of the history.', FireList, NEXT_PAGE) },
    problems: ['not_found', 'cursor_invalid'],
  },
];
