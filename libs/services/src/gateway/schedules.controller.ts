import {
  type FireBody,
  type FireList,
  FireListQuery,
  jobPaths,
  parseRequest,
  type ScheduleBody,
  ScheduleChangeRequest,
  type ScheduledJob,
  type ScheduleList,
  ScheduleListQuery,
  schedulePaths,
  ScheduleRequest,
} from '@attune/api';
import { AppError, bareId, prefixed } from '@attune/core';
import {
  Admission,
  checkCalendar,
  DatasetsRepository,
  EgressGuard,
  FiresRepository,
  IdempotencyRepository,
  JobsRepository,
  type LoggedFire,
  MappingsRepository,
  Metrics,
  PEPPER,
  readJson,
  Rings,
  RulesRepository,
  SchedulesRepository,
  type StoredSchedule,
  type Submission,
  Tenant,
} from '@attune/platform';
import { Controller, Delete, Get, HttpCode, Inject, Param, Patch, Post, Query, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import { isKnown, requireIfMatch } from './conditions.js';
import { readCursor, readPlace, signCursor, signPlace } from './cursor.js';
import { cutPage } from './cut-page.js';
import { findJob } from './find-job.js';
import { createdBody, iso } from './job-body.js';
import { locatedUnder } from './located-under.js';
import { nextLink } from './next-link.js';
import { once } from './once.js';
import { scheduledSubmission } from './scheduled-submission.js';
import { type Origin, originOf } from './submit-once.js';
import { checkJobWebhook } from './webhook-url.js';

/** Jobs that are made at times of the calendar (api.md, section 4). */
@Controller('api/v1/schedules')
export class SchedulesController {
  constructor(
    @Inject(SchedulesRepository) private readonly schedules: SchedulesRepository,
    @Inject(FiresRepository) private readonly fires: FiresRepository,
    @Inject(JobsRepository) private readonly jobs: JobsRepository,
    @Inject(DatasetsRepository) readonly datasets: DatasetsRepository,
    @Inject(MappingsRepository) readonly mappings: MappingsRepository,
    @Inject(RulesRepository) readonly rules: RulesRepository,
    @Inject(IdempotencyRepository) readonly keys: IdempotencyRepository,
    @Inject(Admission) private readonly admission: Admission,
    @Inject(Rings) private readonly rings: Rings,
    @Inject(Metrics) readonly metrics: Metrics,
    @Inject(EgressGuard) private readonly guard: EgressGuard,
    @Inject(PEPPER) private readonly pepper: string,
  ) {}

  @Post()
  async create(@Tenant() tenantId: string, @Req() request: Request, @Res() response: Response): Promise<void> {
    const asked = parseRequest(ScheduleRequest, await readJson(request), { what: 'The body' });
    const { time_zone: timeZone, catch_up: catchUp, ...rest } = asked;
    checkCalendar({ cron: asked.cron, timeZone });
    await this.#submission(tenantId, asked.job);
    const stored = await this.schedules.create(tenantId, { ...rest, timeZone, catchUp });
    const body = bodyOf(stored);
    response
      .status(201)
      .set({ Location: schedulePaths(body.schedule_id).self, ETag: tagOf(stored) })
      .json(body);
  }

  @Get()
  async list(
    @Tenant() tenantId: string,
    @Query() parameters: unknown,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<ScheduleList> {
    const query = parseRequest(ScheduleListQuery, parameters, { what: 'The query', kind: 'parameter' });
    const scope = [tenantId, 'schedules'];
    const found = await this.schedules.list(tenantId, {
      limit: query.limit + 1,
      ...readPlace(this.pepper, scope, query.cursor),
    });
    const { page, last } = cutPage(found, query.limit);
    const next = signPlace(this.pepper, scope, last);
    if (next !== null) nextLink(request, response, next);
    return { data: page.map(bodyOf), next_cursor: next, has_more: next !== null };
  }

  @Get(':id')
  async read(@Tenant() tenantId: string, @Param('id') id: string, @Req() request: Request, @Res() response: Response): Promise<void> {
    const stored = await this.schedules.find(tenantId, idOf(id));
    response.set('ETag', tagOf(stored));
    if (isKnown(request, String(stored.version))) response.status(304).end();
    else response.json(bodyOf(stored));
  }

  @Patch(':id')
  async change(@Tenant() tenantId: string, @Param('id') id: string, @Req() request: Request, @Res() response: Response): Promise<void> {
    const permits = requireIfMatch(request);
    const asked = parseRequest(ScheduleChangeRequest, await readJson(request), { what: 'The body' });
    const before = await this.schedules.find(tenantId, idOf(id));
    if (!permits(before.version)) throw new AppError('precondition_failed', 'the schedule has another version than the one that was read');
    const { time_zone: timeZone, catch_up: catchUp, ...rest } = asked;
    checkCalendar({ cron: asked.cron ?? before.cron, timeZone: timeZone ?? before.timeZone });
    if (asked.job) await this.#submission(tenantId, asked.job);
    const stored = await this.schedules.change(tenantId, before.id, before.version, { ...rest, timeZone, catchUp });
    answer(response, stored);
  }

  @Delete(':id')
  @HttpCode(204)
  async remove(@Tenant() tenantId: string, @Param('id') id: string): Promise<void> {
    await this.schedules.remove(tenantId, idOf(id));
  }

  @Post(':id/pause')
  async pause(@Tenant() tenantId: string, @Param('id') id: string, @Res() response: Response): Promise<void> {
    answer(response, await this.schedules.setPaused(tenantId, idOf(id), true));
  }

  @Post(':id/resume')
  async resume(@Tenant() tenantId: string, @Param('id') id: string, @Res() response: Response): Promise<void> {
    answer(response, await this.schedules.setPaused(tenantId, idOf(id), false));
  }

  @Post(':id/trigger')
  async trigger(@Tenant() tenantId: string, @Param('id') id: string, @Req() request: Request, @Res() response: Response): Promise<void> {
    const schedule = await this.schedules.find(tenantId, idOf(id));
    const { jobId, rings, replayed } = await once(this, tenantId, request, `POST /api/v1/schedules/${schedule.id}/trigger`, {
      read: () => Promise.resolve(null),
      fingerprint: () => 'trigger',
      perform: async (_, key) => {
        await this.admission.jobs(request, tenantId, [schedule.job.priority_class]);
        const submission = await this.#submission(tenantId, schedule.job, originOf(request));
        const made = await this.fires.trigger(tenantId, schedule.id, submission, key);
        this.metrics.scheduleFires.inc({ outcome: 'fired' });
        this.metrics.jobsSubmitted.inc({ operation_type: schedule.job.operation, source: 'schedule' });
        return { jobId: made.jobIds[0]!, rings: made.rings };
      },
    });
    const body = createdBody((await findJob(this.jobs, tenantId, jobId)).job);
    if (replayed) response.set('Idempotent-Replayed', 'true');
    response
      .status(202)
      .set({ Location: jobPaths(body.job_id).self, 'Retry-After': '1' })
      .json(body);
    await this.rings.ring(rings, { job_id: jobId });
  }

  @Get(':id/history')
  async history(
    @Tenant() tenantId: string,
    @Param('id') id: string,
    @Query() parameters: unknown,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<FireList> {
    const { limit, cursor, outcome } = parseRequest(FireListQuery, parameters, { what: 'The query', kind: 'parameter' });
    const schedule = await this.schedules.find(tenantId, idOf(id));
    const scope = [tenantId, 'fires', schedule.id, outcome];
    const after = cursor && readCursor(this.pepper, scope, cursor);
    const { page, last } = cutPage(await this.fires.list(tenantId, schedule.id, { limit: limit + 1, outcome, after }), limit);
    const next = last ? signCursor(this.pepper, scope, last.place) : null;
    if (next !== null) nextLink(request, response, next);
    return { data: page.map(fireOf), next_cursor: next, has_more: next !== null };
  }

  /** What the job stands for now: a schedule that could make none is refused while its owner is there to read why. */
  async #submission(tenantId: string, job: ScheduledJob, origin?: Origin): Promise<Submission> {
    try {
      await checkJobWebhook(this.guard, job);
      return await scheduledSubmission(this, tenantId, job, origin);
    } catch (error) {
      throw error instanceof AppError ? locatedUnder('/job', error) : error;
    }
  }
}

/** @throws AppError not_found for an id that is none. */
function idOf(id: string): string {
  const bare = bareId('sch', id);
  if (bare === undefined) throw new AppError('not_found', 'there is no such schedule');
  return bare;
}

function answer(response: Response, stored: StoredSchedule): void {
  response.status(200).set('ETag', tagOf(stored)).json(bodyOf(stored));
}

function bodyOf(stored: StoredSchedule): ScheduleBody {
  const { operation, input, options, priority_class, webhook_url } = stored.job;
  return {
    schedule_id: prefixed('sch', stored.id),
    version: stored.version,
    name: stored.name,
    cron: stored.cron,
    time_zone: stored.timeZone,
    job: { operation, input: { ...input }, options: { ...options }, priority_class, ...(webhook_url === undefined ? {} : { webhook_url }) },
    catch_up: stored.catchUp,
    paused: stored.paused,
    next_due_at: iso(stored.nextDueAt),
    fired_through: iso(stored.firedThrough),
    created_at: iso(stored.createdAt)!,
    updated_at: iso(stored.updatedAt)!,
  };
}

function fireOf(fire: LoggedFire): FireBody {
  return {
    due_at: iso(fire.dueAt)!,
    skipped_through: iso(fire.skippedThrough),
    cause: fire.cause,
    outcome: fire.outcome,
    job_id: fire.jobId && prefixed('job', fire.jobId),
    job_status: fire.jobStatus,
    problem_code: fire.problemCode,
    decided_at: iso(fire.decidedAt)!,
    lag_seconds: Math.max(0, Math.floor((fire.decidedAt - fire.dueAt) / 1000)),
  };
}

const tagOf = ({ version }: StoredSchedule): string => `"${version}"`;
