import { type BatchBody, BatchRequest, parseRequest, type StoredJobRequest } from '@attune/api';
import { AppError, prefixed } from '@attune/core';
import {
  Admission,
  type BlobStore,
  BLOBS,
  type Config,
  CONFIG,
  DatasetsRepository,
  EgressGuard,
  IdempotencyRepository,
  JobsRepository,
  MappingsRepository,
  Metrics,
  readJson,
  Rings,
  RulesRepository,
  type Submission,
  Tenant,
  UploadsRepository,
} from '@attune/platform';
import { Controller, Inject, Post, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import { referredInput } from './job-input.js';
import { locatedUnder } from './located-under.js';
import type { JobInput } from './keep-received.js';
import { once } from './once.js';
import { fingerprintOfValue } from './submission.js';
import { originOf, type SubmitParts, submissionOf } from './submit-once.js';
import { checkJobWebhook } from './webhook-url.js';

const ROUTE = 'POST /api/v1/jobs/batch';

/** Many jobs over bytes that are here already, in one request: all of them are made, or none. */
@Controller('api/v1/jobs')
export class JobBatchController {
  readonly #parts: SubmitParts;

  constructor(
    @Inject(JobsRepository) private readonly jobs: JobsRepository,
    @Inject(DatasetsRepository) datasets: DatasetsRepository,
    @Inject(UploadsRepository) uploads: UploadsRepository,
    @Inject(IdempotencyRepository) keys: IdempotencyRepository,
    @Inject(MappingsRepository) mappings: MappingsRepository,
    @Inject(RulesRepository) rules: RulesRepository,
    @Inject(Rings) private readonly rings: Rings,
    @Inject(Metrics) private readonly metrics: Metrics,
    @Inject(BLOBS) blobs: BlobStore,
    @Inject(EgressGuard) guard: EgressGuard,
    @Inject(Admission) private readonly admission: Admission,
    @Inject(CONFIG) { uploadLimitBytes }: Config,
  ) {
    this.#parts = { jobs, datasets, uploads, keys, mappings, rules, metrics, blobs, guard, admission, uploadLimitBytes };
  }

  @Post('batch')
  async submit(@Tenant() tenantId: string, @Req() request: Request, @Res() response: Response): Promise<void> {
    const { jobId, rings, replayed } = await once(this.#parts, tenantId, request, ROUTE, {
      read: async () => parseRequest(BatchRequest, await readJson(request), { what: 'The body' }),
      fingerprint: fingerprintOfValue,
      perform: async ({ jobs }, key) => {
        await this.admission.jobs(
          request,
          tenantId,
          jobs.map(({ priority_class: priorityClass }) => priorityClass),
        );
        await this.#checkWebhooks(jobs);
        const submissions = await this.#submissions(tenantId, request, jobs);
        const made = await this.jobs
          .submitAll(tenantId, submissions, key, (at) => `/jobs/${at}`)
          .catch(async (error: unknown) => {
            if (!(error instanceof AppError) || error.code !== 'overloaded') throw error;
            // Bytes may have been removed since they were found: whoever names them is told which.
            this.#parts.datasets.forgetNamed();
            await this.#submissions(tenantId, request, jobs);
            throw error;
          });
        for (const { operation } of jobs) this.metrics.jobsSubmitted.inc({ operation_type: operation, source: 'http' });
        return { jobId: made.jobIds[0]!, rings: made.rings };
      },
    });
    const ids = await this.jobs.togetherWith(tenantId, jobId);
    const body: BatchBody = { job_ids: ids.map((id) => prefixed('job', id)) };
    if (replayed) response.set('Idempotent-Replayed', 'true');
    response.status(202).set('Retry-After', '1').json(body);
    await this.rings.ring(rings);
  }

  /** Each host is looked up once. */
  async #checkWebhooks(jobs: readonly StoredJobRequest[]): Promise<void> {
    const seen = new Set<string>();
    for (const [at, job] of jobs.entries()) {
      if (job.webhook_url === undefined) continue;
      const { protocol, username, password, host } = new URL(job.webhook_url);
      const asked = `${protocol}//${username}:${password}@${host}/`;
      if (seen.has(asked)) continue;
      seen.add(asked);
      await checkJobWebhook(this.#parts.guard, { webhook_url: asked }).catch((error: unknown) => {
        throw error instanceof AppError ? locatedUnder(`/jobs/${at}`, error) : error;
      });
    }
  }

  /** Bytes that several jobs name are looked up once. */
  async #submissions(tenantId: string, request: Request, jobs: readonly StoredJobRequest[]): Promise<readonly Submission[]> {
    const inputs = new Map<string, JobInput>();
    const submissions: Submission[] = [];
    for (const [at, job] of jobs.entries()) {
      try {
        const named = JSON.stringify(job.input);
        const input = inputs.get(named) ?? (await referredInput(this.#parts, tenantId, job.input));
        inputs.set(named, input);
        submissions.push(await submissionOf(this.#parts, tenantId, originOf(request), job, input));
      } catch (error) {
        throw error instanceof AppError ? locatedUnder(`/jobs/${at}`, error) : error;
      }
    }
    return submissions;
  }
}
