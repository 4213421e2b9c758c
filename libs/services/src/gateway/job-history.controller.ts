import {
  type AttemptBody,
  type AttemptList,
  EventsQuery,
  LOG_MEDIA_TYPE,
  LogQuery,
  parseRequest,
  type ProgressEvent,
  type TimelineBody,
} from '@attune/api';
import { AppError, prefixed } from '@attune/core';
import {
  type AttemptRow,
  type Config,
  CONFIG,
  type HistoryRow,
  JobsRepository,
  JobWatch,
  Metrics,
  PEPPER,
  Tenant,
  type WatchedState,
} from '@attune/platform';
import { Controller, Get, Inject, Param, Query, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import { readCursor, signCursor } from './cursor.js';
import { cutPage } from './cut-page.js';
import { eventFrame, EventStreams } from './event-stream.js';
import { findJob, jobIdOf } from './find-job.js';
import { iso, latestShards } from './job-body.js';
import { levelsFrom, logLine } from './log-line.js';
import { nextLink } from './next-link.js';

/** Lines that are read from the database at once. */
const LINES = 1_000;
const HIGHEST_SEQ = 2_147_483_647;

/** What has happened to a job: as a log, as it happens, and where its time went (api.md, sections 4 and 6). */
@Controller('api/v1/jobs/:id')
export class JobHistoryController {
  readonly #streams: EventStreams;

  constructor(
    @Inject(JobsRepository) private readonly jobs: JobsRepository,
    @Inject(JobWatch) private readonly watch: JobWatch,
    @Inject(Metrics) metrics: Metrics,
    @Inject(CONFIG) config: Config,
    @Inject(PEPPER) private readonly pepper: string,
  ) {
    this.#streams = new EventStreams(config.sseLimit, metrics.sseStreams);
  }

  @Get('events')
  async events(
    @Tenant() tenantId: string,
    @Param('id') id: string,
    @Query() parameters: unknown,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const { after } = parseRequest(EventsQuery, parameters, { what: 'The query', kind: 'parameter' });
    const jobId = jobIdOf(id);
    const seq = resumedFrom(request) ?? after ?? 0;
    const { watch } = this;
    await this.#streams.send(request, response, async function* (gone) {
      for await (const item of watch.after(tenantId, jobId, seq, gone))
        yield item.kind === 'event' ? historyFrame(item.event) : eventFrame('job.progress', progressOf(item.state));
    });
  }

  @Get('logs')
  async logs(
    @Tenant() tenantId: string,
    @Param('id') id: string,
    @Query() parameters: unknown,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const query = parseRequest(LogQuery, parameters, { what: 'The query', kind: 'parameter' });
    const { job } = await findJob(this.jobs, tenantId, id);
    const scope = [tenantId, job.id, 'logs', query.level];
    const seq = query.cursor === undefined ? 0 : Number(readCursor(this.pepper, scope, query.cursor));
    const levels = levelsFrom(query.level ?? 'debug');
    if (query.follow === 'true') return this.#follow(tenantId, job.id, resumedFrom(request) ?? seq, levels, request, response);
    response.set('Content-Type', LOG_MEDIA_TYPE);
    if (query.limit !== undefined) {
      const lines = await this.jobs.history(tenantId, job.id, seq, query.limit + 1, levels);
      const { page, last } = cutPage(lines, query.limit);
      if (last) nextLink(request, response, signCursor(this.pepper, scope, String(last.seq)));
      response.end(page.map(textOf).join(''));
      return;
    }
    await this.#whole(tenantId, job.id, seq, levels, response);
  }

  @Get('attempts')
  async attempts(@Tenant() tenantId: string, @Param('id') id: string): Promise<AttemptList> {
    const { job } = await findJob(this.jobs, tenantId, id);
    return { data: (await this.jobs.attempts(tenantId, job.id)).map(attemptBody) };
  }

  @Get('timeline')
  async timeline(@Tenant() tenantId: string, @Param('id') id: string): Promise<TimelineBody> {
    const { job, stages } = await findJob(this.jobs, tenantId, id);
    const attempts = await this.jobs.attempts(tenantId, job.id);
    return {
      job_id: prefixed('job', job.id),
      created_at: iso(job.created_at)!,
      started_at: iso(job.started_at),
      completed_at: iso(job.completed_at),
      stages: latestShards(stages).map((stage) => {
        const tries = attempts.filter((attempt) => attempt.stage === stage.stage);
        const latest = tries.at(-1);
        const began = latest && stage.ready_at !== null && latest.started_at >= stage.ready_at ? latest.started_at : null;
        return {
          name: stage.stage,
          service: stage.service,
          status: stage.status,
          ready_at: iso(stage.ready_at),
          started_at: iso(stage.started_at),
          ended_at: iso(stage.ended_at),
          waited_seconds: began === null ? null : (began - stage.ready_at!) / 1000,
          attempts: tries.map(attemptBody),
        };
      }),
    };
  }

  /** Every line there is, however many, without holding them all. */
  async #whole(tenantId: string, jobId: string, after: number, levels: readonly string[], response: Response): Promise<void> {
    for (let seq = after; ;) {
      const lines = await this.jobs.history(tenantId, jobId, seq, LINES, levels);
      const more = response.write(lines.map(textOf).join(''));
      if (lines.length < LINES || response.destroyed) break;
      seq = lines.at(-1)!.seq;
      if (!more) await new Promise((resolve) => response.once('drain', resolve).once('close', resolve));
    }
    response.end();
  }

  #follow(tenantId: string, jobId: string, seq: number, levels: readonly string[], request: Request, response: Response): Promise<void> {
    const { watch } = this;
    return this.#streams.send(request, response, async function* (gone) {
      for await (const item of watch.after(tenantId, jobId, seq, gone)) {
        if (item.kind === 'progress') yield ': at work\n\n';
        else if (levels.includes(item.event.level)) yield historyFrame(item.event);
      }
    });
  }
}

/** The number that a stream resumes from, as browsers send it; what is no number of ours is no place to resume from. */
function resumedFrom(request: Request): number | undefined {
  const given = request.header('last-event-id');
  if (given === undefined || given === '') return undefined;
  if (/^\d{1,10}$/.test(given) && Number(given) <= HIGHEST_SEQ) return Number(given);
  throw new AppError('validation_failed', 'Last-Event-ID is not the id of an event', {
    errors: [{ header: 'Last-Event-ID', code: 'invalid_format', message: 'The id of the last event that was received.' }],
  });
}

const historyFrame = (event: HistoryRow): string => eventFrame(event.type, logLine(event), event.seq);
const textOf = (event: HistoryRow): string => `${JSON.stringify(logLine(event))}\n`;
const progressOf = ({ status, stage, progress, version }: WatchedState): ProgressEvent => ({ status, stage, progress, version });

function attemptBody({ stage, shard, epoch, worker, started_at, ended_at, outcome }: AttemptRow): AttemptBody {
  return { stage, shard, epoch, worker, started_at: iso(started_at)!, ended_at: iso(ended_at), outcome };
}
