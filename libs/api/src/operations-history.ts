import { EVENT_MEDIA_TYPE, EventsQuery } from './event.api.js';
import { LOG_MEDIA_TYPE, LogLine, LogQuery } from './log.api.js';
import type { ApiOperation, HeaderShapes } from './operation.js';
import { answer, NEXT_PAGE } from './operation-parts.js';
import { AttemptList, TimelineBody } from './timeline.api.js';

const JOB = '/api/v1/jobs/{id}';

const LAST_EVENT_ID: HeaderShapes = {
  'Last-Event-ID': {
    description: 'Id of the last event that was received; the stream goes on after it. Browsers send it by themselves.',
    example: '7',
  },
};

const EVENTS = {
  [EVENT_MEDIA_TYPE]: {
    kind: 'events',
    example:
      'retry: 3000\n\nevent: stage.done\nid: 4\ndata: {"seq":4,"type":"stage.done"}\n\nevent: job.progress\ndata: {"status":"processing","progress":43}\n\n',
  },
} as const;

/** What has happened to a job, and what happens to it (api.md, sections 4 and 6). */
export const historyOperations: readonly ApiOperation[] = [
  {
    id: 'watchJob',
    method: 'get',
    path: `${JOB}/events`,
    tag: 'Jobs',
    summary: 'Watch a job',
    description:
      'Server-sent events: the lines of the log under their type, with `seq` as id, and `job.progress` without one. The stream ends after the last event of the job, or when the server stops: then it is to be resumed.',
    security: 'key',
    limit: 'api',
    query: EventsQuery,
    headers: LAST_EVENT_ID,
    responses: {
      200: { description: 'The stream.', content: EVENTS },
      204: { description: 'The job has ended and nothing comes any more.' },
    },
    problems: ['not_found', 'gone', 'overloaded'],
  },
  {
    id: 'readJobLogs',
    method: 'get',
    path: `${JOB}/logs`,
    tag: 'Jobs',
    summary: 'Read the history of a job',
    description: 'Without `limit` the whole history; with `follow=true` as server-sent events until the job has ended.',
    security: 'key',
    limit: 'api',
    query: LogQuery,
    headers: LAST_EVENT_ID,
    responses: {
      200: {
        description: 'One event per line.',
        content: { [LOG_MEDIA_TYPE]: { kind: 'lines', schema: LogLine }, ...EVENTS },
        headers: NEXT_PAGE,
      },
      204: { description: 'Followed: the job has ended and nothing comes any more.' },
    },
    problems: ['not_found', 'gone', 'cursor_invalid', 'overloaded'],
  },
  {
    id: 'readTimeline',
    method: 'get',
    path: `${JOB}/timeline`,
    tag: 'Jobs',
    summary: 'Read where the time of a job went',
    security: 'key',
    limit: 'api',
    responses: { 200: answer('Per stage: ready, started, ended, and its attempts.', TimelineBody) },
    problems: ['not_found', 'gone'],
  },
  {
    id: 'listAttempts',
    method: 'get',
    path: `${JOB}/attempts`,
    tag: 'Jobs',
    summary: 'List every attempt at every stage',
    security: 'key',
    limit: 'api',
    responses: { 200: answer('In the order in which they began.', AttemptList) },
    problems: ['not_found', 'gone'],
  },
];
