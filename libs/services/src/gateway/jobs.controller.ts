import {
  type JobBody,
  type JobList,
  JobListQuery,
  type JobStatusBody,
  jobPaths,
  LOG_LEVELS,
  LOG_MEDIA_TYPE,
  parseRequest,
} from '@attune/api';
import { AppError, bareId, prefixed } from '@attune/core';
import {
  IdempotencyRepository,
  JobsRepository,
  type BlobStore,
  BLOBS,
  type Config,
  CONFIG,
  DatasetsRepository,
  Metrics,
  noteTerminal,
  PEPPER,
  Rings,
  Tenant,
} from '@attune/platform';
import { Controller, Delete, Get, Header, HttpCode, Inject, Param, Post, Query, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import { readCursor, signCursor } from './cursor.js';
import { createdBody, jobBody, statusBody } from './job-body.js';
import { submitOnce } from './submit-once.js';
import { findJob } from './find-job.js';

const RETRY_AFTER_SECONDS = '1';
const LOG_LINES = 10_000;

/** Submit, read, list, cancel: the life of jobs as clients see it (api.md, section 4). */
@Controller('api/v1/jobs')
export class JobsController {
  constructor(
    @Inject(JobsRepository) private readonly jobs: JobsRepository,
    @Inject(DatasetsRepository) private readonly datasets: DatasetsRepository,
    @Inject(IdempotencyRepository) private readonly keys: IdempotencyRepository,
    @Inject(Rings) private readonly rings: Rings,
    @Inject(Metrics) private readonly metrics: Metrics,
    @Inject(BLOBS) private readonly blobs: BlobStore,
    @Inject(CONFIG) private readonly config: Config,
    @Inject(PEPPER) private readonly pepper: string,
  ) {}

  @Post()
  async submit(@Tenant() tenantId: string, @Req() request: Request, @Res() response: Response): Promise<void> {
    const { jobId, rings, replayed } = await submitOnce(
      {
        jobs: this.jobs,
        datasets: this.datasets,
        keys: this.keys,
        blobs: this.blobs,
        metrics: this.metrics,
        uploadLimitBytes: this.config.uploadLimitBytes,
      },
      tenantId,
      request,
    );
    const body = createdBody(await findJob(this.jobs, tenantId, jobId));
    if (replayed) response.set('Idempotent-Replayed', 'true');
    response
      .status(202)
      .set({ Location: jobPaths(body.job_id).self, 'Retry-After': RETRY_AFTER_SECONDS })
      .json(body);
    await this.rings.ring(rings, { job_id: jobId });
  }

  @Get()
  async list(@Tenant() tenantId: string, @Query() parameters: unknown): Promise<JobList> {
    const query = parseRequest(JobListQuery, parameters, { what: 'The query', kind: 'parameter' });
    const scope = [tenantId, 'jobs', query.status, query.operation, query.created_after];
    const [createdAt, id] = query.cursor ? readCursor(this.pepper, scope, query.cursor).split(' ') : [];
    const found = await this.jobs.list(tenantId, {
      limit: query.limit + 1,
      ...(query.status ? { status: query.status } : {}),
      ...(query.operation ? { operation: query.operation } : {}),
      ...(query.created_after ? { createdAfter: query.created_after } : {}),
      ...(createdAt && id ? { after: { createdAt: Number(createdAt), id } } : {}),
    });
    const page = found.slice(0, query.limit);
    const last = page.at(-1);
    const more = found.length > query.limit && last !== undefined;
    const data: JobBody[] = [];
    for (const { id: jobId } of page) data.push(jobBody(await findJob(this.jobs, tenantId, jobId)));
    return { data, next_cursor: more ? signCursor(this.pepper, scope, `${last.created_at} ${last.id}`) : null, has_more: more };
  }

  @Get(':id')
  async read(@Tenant() tenantId: string, @Param('id') id: string, @Req() request: Request, @Res() response: Response): Promise<void> {
    const body = jobBody(await findJob(this.jobs, tenantId, id));
    response.set('ETag', `"${body.version}"`);
    if (request.header('if-none-match') === `"${body.version}"`) response.status(304).end();
    else response.json(body);
  }

  @Get(':id/status')
  async status(@Tenant() tenantId: string, @Param('id') id: string): Promise<JobStatusBody> {
    return statusBody(await findJob(this.jobs, tenantId, id));
  }

  @Get(':id/logs')
  @Header('Content-Type', LOG_MEDIA_TYPE)
  async logs(@Tenant() tenantId: string, @Param('id') id: string, @Query('level') level?: string): Promise<string> {
    const least = level === undefined ? 0 : (LOG_LEVELS as readonly string[]).indexOf(level);
    if (least < 0)
      throw new AppError('validation_failed', 'there is no such level', {
        errors: [{ parameter: 'level', code: 'invalid_value', message: `One of ${LOG_LEVELS.join(', ')}.` }],
      });
    const { job } = await findJob(this.jobs, tenantId, id);
    const lines = await this.jobs.history(tenantId, job.id, 0, LOG_LINES);
    return lines
      .filter((line) => (LOG_LEVELS as readonly string[]).indexOf(line.level) >= least)
      .map(({ seq, at, level: lineLevel, type, message, data }) => {
        const { stage, attempt, ...rest } = data;
        return `${JSON.stringify({ seq, at: new Date(at).toISOString(), level: lineLevel, type, message, ...(stage ? { stage } : {}), ...(attempt ? { attempt } : {}), data: rest })}\n`;
      })
      .join('');
  }

  @Post(':id/cancel')
  @HttpCode(202)
  async cancel(@Tenant() tenantId: string, @Param('id') id: string): Promise<JobBody> {
    const jobId = bareId('job', id);
    if (jobId === undefined) throw new AppError('not_found', 'there is no such job');
    const transition = await this.jobs.cancel(tenantId, jobId);
    noteTerminal(this.metrics, transition.job, transition);
    return jobBody(await findJob(this.jobs, tenantId, prefixed('job', jobId)));
  }

  /** Cancels an open job; a job that has ended stays as it is (409). */
  @Delete(':id')
  @HttpCode(202)
  async remove(@Tenant() tenantId: string, @Param('id') id: string): Promise<JobBody> {
    return this.cancel(tenantId, id);
  }
}
