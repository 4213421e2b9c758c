import { type JobList, JobListQuery, jobPaths, JobStatusBody, JobStatusQuery, parseRequest } from '@attune/api';
import { AppError } from '@attune/core';
import {
  Admission,
  IdempotencyRepository,
  MappingsRepository,
  JobsRepository,
  JobWatch,
  type BlobStore,
  BLOBS,
  type Config,
  CONFIG,
  DatasetsRepository,
  Deadline,
  EgressGuard,
  type JobDetail,
  type JobRow,
  MeasuredPace,
  Metrics,
  PEPPER,
  RecentJobs,
  Rings,
  RulesRepository,
  Tenant,
  UploadsRepository,
} from '@attune/platform';
import { Controller, Get, Inject, Param, Post, Query, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import { isKnown } from './conditions.js';
import { readCursor, signCursor } from './cursor.js';
import { cutPage } from './cut-page.js';
import { findJob } from './find-job.js';
import { createdBody, jobBody, statusBody } from './job-body.js';
import { nextLink } from './next-link.js';
import { preferenceOf } from './prefer.js';
import { SharedReads } from './shared-reads.js';
import { submitOnce } from './submit-once.js';

const RETRY_AFTER_SECONDS = '1';

/** Submit, list, read, wait: the life of jobs as clients see it (api.md, section 4). */
@Controller('api/v1/jobs')
export class JobsController {
  readonly #pages = new SharedReads<{ json: string; next: string | null }>();

  constructor(
    @Inject(JobsRepository) private readonly jobs: JobsRepository,
    @Inject(RecentJobs) private readonly recent: RecentJobs,
    @Inject(DatasetsRepository) private readonly datasets: DatasetsRepository,
    @Inject(UploadsRepository) private readonly uploads: UploadsRepository,
    @Inject(IdempotencyRepository) private readonly keys: IdempotencyRepository,
    @Inject(MappingsRepository) private readonly mappings: MappingsRepository,
    @Inject(RulesRepository) private readonly rules: RulesRepository,
    @Inject(Rings) private readonly rings: Rings,
    @Inject(JobWatch) private readonly watch: JobWatch,
    @Inject(MeasuredPace) private readonly pace: MeasuredPace,
    @Inject(Metrics) private readonly metrics: Metrics,
    @Inject(BLOBS) private readonly blobs: BlobStore,
    @Inject(EgressGuard) private readonly guard: EgressGuard,
    @Inject(CONFIG) private readonly config: Config,
    @Inject(Admission) private readonly admission: Admission,
    @Inject(PEPPER) private readonly pepper: string,
  ) {}

  /** 202 at once; with `Prefer: wait` 200 with the job that has ended meanwhile, or 202 when the time is over. */
  @Post()
  async submit(@Tenant() tenantId: string, @Req() request: Request, @Res() response: Response): Promise<void> {
    const { waitSeconds, applied } = preferenceOf(request.header('prefer'));
    const submitted = await submitOnce(
      {
        jobs: this.jobs,
        datasets: this.datasets,
        uploads: this.uploads,
        keys: this.keys,
        mappings: this.mappings,
        rules: this.rules,
        admission: this.admission,
        blobs: this.blobs,
        guard: this.guard,
        metrics: this.metrics,
        uploadLimitBytes: this.config.uploadLimitBytes,
      },
      tenantId,
      request,
    );
    if (waitSeconds > 0) {
      await this.rings.ring(submitted.rings, { job_id: submitted.jobId });
      await this.#changed(tenantId, submitted.jobId, () => false, waitSeconds, response);
    }
    if (applied !== undefined) response.set('Preference-Applied', applied);
    if (submitted.replayed) response.set('Idempotent-Replayed', 'true');
    const { job } = submitted;
    if (job !== undefined && waitSeconds === 0) this.#accepted(response, job);
    else {
      const detail = await findJob(this.jobs, tenantId, submitted.jobId);
      if (waitSeconds > 0 && detail.job.completed_at !== null) this.#ended(response, detail);
      else this.#accepted(response, detail.job);
    }
    if (waitSeconds === 0) await this.rings.ring(submitted.rings, { job_id: submitted.jobId });
  }

  @Get()
  async list(
    @Tenant() tenantId: string,
    @Query() parameters: unknown,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<string> {
    const query = parseRequest(JobListQuery, parameters, { what: 'The query', kind: 'parameter' });
    const { json, next } = await this.#pages.get(`${tenantId} ${request.originalUrl}`, () => this.#page(tenantId, query));
    if (next !== null) nextLink(request, response, next);
    response.type('json');
    return json;
  }

  /** Written once for all who read the same page at a time, as dashboards do. */
  async #page(tenantId: string, query: JobListQuery): Promise<{ json: string; next: string | null }> {
    const scope = [tenantId, 'jobs', query.status, query.operation, query.created_after, query.created_before, query.q];
    const [createdAt, id] = query.cursor ? readCursor(this.pepper, scope, query.cursor).split('|') : [];
    const found = await this.jobs.list(tenantId, {
      limit: query.limit + 1,
      ...(query.status ? { status: query.status } : {}),
      ...(query.operation ? { operation: query.operation } : {}),
      ...(query.created_after ? { createdAfter: query.created_after } : {}),
      ...(query.created_before ? { createdBefore: query.created_before } : {}),
      ...(query.q ? { nameContains: query.q } : {}),
      ...(createdAt && id ? { after: { createdAt, id } } : {}),
    });
    const { page, last } = cutPage(found, query.limit);
    const next = last ? signCursor(this.pepper, scope, `${last.place.createdAt}|${last.place.id}`) : null;
    const body: JobList = { data: page.map((detail) => jobBody(detail, this.pace.current())), next_cursor: next, has_more: next !== null };
    return { json: JSON.stringify(body), next };
  }

  @Get(':id')
  async read(@Tenant() tenantId: string, @Param('id') id: string, @Req() request: Request, @Res() response: Response): Promise<void> {
    const body = jobBody(await findJob(this.recent, tenantId, id), this.pace.current());
    response.set('ETag', `"${body.version}"`);
    if (isKnown(request, String(body.version))) response.status(304).end();
    else response.json(body);
  }

  /** At once, or with `wait` as soon as the version is above `since_version`: progress alone is no new version. */
  @Get(':id/status')
  async status(
    @Tenant() tenantId: string,
    @Param('id') id: string,
    @Query() parameters: unknown,
    @Res({ passthrough: true }) response: Response,
  ): Promise<JobStatusBody> {
    const { wait, since_version: since } = parseRequest(JobStatusQuery, parameters, { what: 'The query', kind: 'parameter' });
    const detail = await findJob(this.recent, tenantId, id);
    const { job } = detail;
    const seen = since ?? job.version;
    if (!wait || job.completed_at !== null || job.version > seen) return statusBody(detail, this.pace.current());
    await this.#changed(tenantId, job.id, (version) => version > seen, wait, response);
    return statusBody(await findJob(this.jobs, tenantId, job.id), this.pace.current());
  }

  /** Waits for the version, the end of the job, the end of the time, or the end of the connection. */
  async #changed(tenantId: string, jobId: string, fact: (version: number) => boolean, seconds: number, response: Response): Promise<void> {
    const gone = new AbortController();
    const leave = (): void => gone.abort();
    response.once('close', leave);
    const deadline = new Deadline(Math.ceil(seconds * 1000), gone.signal);
    try {
      await this.watch.until(tenantId, jobId, ({ version }) => fact(version), deadline.signal);
    } catch (error) {
      // A process that shuts down answers with what it knows; so does one whose job is gone, a moment later.
      if (!(error instanceof AppError) || (error.code !== 'overloaded' && error.code !== 'gone')) throw error;
    } finally {
      deadline.close();
      response.off('close', leave);
    }
  }

  #accepted(response: Response, job: JobRow): void {
    const body = createdBody(job);
    response
      .status(202)
      .set({ Location: jobPaths(body.job_id).self, 'Retry-After': RETRY_AFTER_SECONDS })
      .json(body);
  }

  #ended(response: Response, detail: JobDetail): void {
    const body = jobBody(detail);
    response
      .status(200)
      .set({ Location: jobPaths(body.job_id).self, ETag: `"${body.version}"` })
      .json(body);
  }
}
