import { type BulkRedriveBody, BulkRedriveRequest, parseRequest, RedriveRequest } from '@attune/api';
import { AppError, prefixed, type WorkerService } from '@attune/core';
import {
  type BlobStore,
  BLOBS,
  GarbageRepository,
  IdempotencyRepository,
  JobsRepository,
  Metrics,
  readJson,
  type Redrive,
  RedriveRepository,
  Rings,
  Tenant,
} from '@attune/platform';
import { Controller, HttpCode, Inject, Param, Post, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import { ifMatch } from './conditions.js';
import { findJob } from './find-job.js';
import { jobBody } from './job-body.js';
import { once } from './once.js';
import { fingerprintOfValue } from './submission.js';

/** Dead letters: jobs that failed or expired go on, one or many (jobs.md, section 4). */
@Controller('api/v1/jobs')
export class JobRedriveController {
  constructor(
    @Inject(JobsRepository) private readonly jobs: JobsRepository,
    @Inject(RedriveRepository) private readonly redrives: RedriveRepository,
    @Inject(IdempotencyRepository) readonly keys: IdempotencyRepository,
    @Inject(GarbageRepository) private readonly garbage: GarbageRepository,
    @Inject(BLOBS) private readonly blobs: BlobStore,
    @Inject(Rings) private readonly rings: Rings,
    @Inject(Metrics) readonly metrics: Metrics,
  ) {}

  @Post(':id/redrive')
  async redrive(@Tenant() tenantId: string, @Param('id') id: string, @Req() request: Request, @Res() response: Response): Promise<void> {
    const { job } = await findJob(this.jobs, tenantId, id);
    const permits = ifMatch(request);
    const { rings, replayed } = await once(this, tenantId, request, `POST /api/v1/jobs/${job.id}/redrive`, {
      read: async () => parseRequest(RedriveRequest, (await readJson(request)) ?? {}, { what: 'The body' }),
      fingerprint: fingerprintOfValue,
      perform: async ({ from_stage: fromStage }, idempotency) => ({
        jobId: job.id,
        rings: await this.#redrive(tenantId, job.id, {
          ...(fromStage ? { fromStage } : {}),
          ...(permits ? { permits } : {}),
          ...(idempotency ? { idempotency } : {}),
        }),
      }),
    });
    const body = jobBody(await findJob(this.jobs, tenantId, job.id));
    if (replayed) response.set('Idempotent-Replayed', 'true');
    response
      .status(202)
      .set({ ETag: `"${body.version}"`, 'Retry-After': '1' })
      .json(body);
    await this.rings.ring(rings, { job_id: job.id });
  }

  /** Each job in a transaction of its own: what one of them refuses keeps no other from going on. */
  @Post('redrive')
  @HttpCode(200)
  async redriveMany(@Tenant() tenantId: string, @Req() request: Request): Promise<BulkRedriveBody> {
    const asked = parseRequest(BulkRedriveRequest, (await readJson(request)) ?? {}, { what: 'The body' });
    const { jobIds, matched } = await this.redrives.redrivable(
      tenantId,
      {
        ...(asked.status ? { status: asked.status } : {}),
        ...(asked.operation ? { operation: asked.operation } : {}),
        ...(asked.error_class ? { errorClass: asked.error_class } : {}),
        ...(asked.error_code ? { errorCode: asked.error_code } : {}),
        ...(asked.created_after ? { createdAfter: asked.created_after } : {}),
        ...(asked.created_before ? { createdBefore: asked.created_before } : {}),
      },
      asked.limit,
    );
    if (asked.dry_run) return { dry_run: true, matched, job_ids: jobIds.map((id) => prefixed('job', id)), refused: [] };
    const done: string[] = [];
    const refused: BulkRedriveBody['refused'] = [];
    const rings = new Set<WorkerService>();
    for (const jobId of jobIds) {
      const job_id = prefixed('job', jobId);
      try {
        const delayMs = asked.per_minute === undefined ? 0 : (done.length * 60_000) / asked.per_minute;
        const rung = await this.#redrive(tenantId, jobId, { delayMs, ...(asked.from_stage ? { fromStage: asked.from_stage } : {}) });
        for (const service of rung) rings.add(service);
        done.push(job_id);
      } catch (error) {
        if (!(error instanceof AppError) || error.errorClass !== 'caller') throw error;
        refused.push({ job_id, code: error.code, detail: error.detail });
      }
    }
    await this.rings.ring([...rings]);
    return { dry_run: false, matched, job_ids: done, refused };
  }

  /** The files of what is forgotten are removed as well as can be; what stays costs space, nothing else. */
  async #redrive(tenantId: string, jobId: string, asked: Redrive): Promise<readonly WorkerService[]> {
    const { rings, swept, before } = await this.redrives.redrive(tenantId, jobId, asked);
    this.metrics.jobsRedriven.inc({ error_class: before.error?.class ?? 'unknown' });
    await this.garbage.discard(swept, (key) => this.blobs.remove(key)).catch(() => undefined);
    return rings;
  }
}
