import { CloneRequest, type JobBody, JobOptionsRequest, jobPaths, parseRequest } from '@attune/api';
import { AppError, prefixed } from '@attune/core';
import {
  activeTraceparent,
  type BlobStore,
  BLOBS,
  eraseFrom,
  failpoint,
  IdempotencyRepository,
  JobsRepository,
  Metrics,
  noteTerminal,
  readJson,
  requestId,
  Rings,
  Tenant,
} from '@attune/platform';
import { Controller, Delete, Inject, Param, Post, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import { ifMatch } from './conditions.js';
import { findJob, jobIdOf } from './find-job.js';
import { createdBody, jobBody } from './job-body.js';
import { expectLoadable } from './loadable.js';
import { once } from './once.js';
import { fingerprintOfValue } from './submission.js';

const OptionsWithoutMapping = JobOptionsRequest.omit({ mapping: true, rules_id: true });

/** What can be done to a job that is there: cancel, delete, clone (api.md, section 4). */
@Controller('api/v1/jobs/:id')
export class JobActionsController {
  constructor(
    @Inject(JobsRepository) private readonly jobs: JobsRepository,
    @Inject(IdempotencyRepository) readonly keys: IdempotencyRepository,
    @Inject(BLOBS) private readonly blobs: BlobStore,
    @Inject(Rings) private readonly rings: Rings,
    @Inject(Metrics) readonly metrics: Metrics,
  ) {}

  @Post('cancel')
  async cancel(@Tenant() tenantId: string, @Param('id') id: string, @Req() request: Request, @Res() response: Response): Promise<void> {
    const jobId = jobIdOf(id);
    await findJob(this.jobs, tenantId, id);
    const permits = ifMatch(request);
    const { replayed } = await once(this, tenantId, request, `POST /api/v1/jobs/${jobId}/cancel`, {
      read: () => Promise.resolve(null),
      fingerprint: () => 'cancel',
      perform: async (_, idempotency) => {
        const transition = await this.jobs.cancel(tenantId, jobId, {
          ...(permits ? { permits } : {}),
          ...(idempotency ? { idempotency } : {}),
        });
        await failpoint('cancel.after_flag');
        noteTerminal(this.metrics, transition.job, transition);
        return { jobId, rings: [] };
      },
    });
    if (replayed) response.set('Idempotent-Replayed', 'true');
    await this.#send(response, tenantId, id);
  }

  /** An open job is cancelled (202); one that has ended is deleted with everything that it has left (204), and is gone then (410). */
  @Delete()
  async remove(@Tenant() tenantId: string, @Param('id') id: string, @Req() request: Request, @Res() response: Response): Promise<void> {
    const jobId = jobIdOf(id);
    const deletion = await this.jobs.delete(tenantId, jobId, eraseFrom(this.blobs), { permits: ifMatch(request) });
    if (deletion.kind === 'deleted') {
      response.status(204).end();
      return;
    }
    await failpoint('cancel.after_flag');
    noteTerminal(this.metrics, deletion.transition.job, deletion.transition);
    await this.#send(response, tenantId, id);
  }

  /** A new job over the same bytes, with the options and mapping of this one unless others are given. */
  @Post('clone')
  async clone(@Tenant() tenantId: string, @Param('id') id: string, @Req() request: Request, @Res() response: Response): Promise<void> {
    const { job } = await findJob(this.jobs, tenantId, id);
    const {
      jobId,
      job: made,
      rings,
      replayed,
    } = await once(this, tenantId, request, `POST /api/v1/jobs/${job.id}/clone`, {
      read: async () => parseRequest(CloneRequest, (await readJson(request)) ?? {}, { what: 'The body' }),
      fingerprint: fingerprintOfValue,
      perform: async (asked, idempotency) => {
        const options = parseRequest(
          OptionsWithoutMapping,
          { ...job.options, ...asked.options },
          { what: 'Member options', base: '/options' },
        );
        expectLoadable(job.operation, options);
        const submitted = await this.jobs
          .submit({
            tenantId,
            operation: job.operation,
            options,
            priorityClass: job.priority_class,
            mapping: asked.mapping ?? (await this.jobs.mappingOf(tenantId, job.id)),
            datasetId: job.dataset_id,
            inputSha256: job.input_sha256,
            bytesIn: job.bytes_in,
            inputName: job.input_name,
            traceparent: activeTraceparent() ?? request.header('traceparent') ?? null,
            requestId: requestId(request),
            clonedFrom: job.id,
            ...(idempotency ? { idempotency } : {}),
          })
          .catch((error: unknown) => {
            // Its bytes go with the job itself: whoever asks again is told so.
            throw error instanceof AppError && error.code === 'overloaded'
              ? new AppError('gone', 'the bytes of the job were removed; submit the file again')
              : error;
          });
        this.metrics.jobsSubmitted.inc({ operation_type: job.operation, source: 'clone' });
        return submitted;
      },
    });
    const body = createdBody(made ?? (await findJob(this.jobs, tenantId, jobId)).job);
    if (replayed) response.set('Idempotent-Replayed', 'true');
    response
      .status(202)
      .set({ Location: jobPaths(body.job_id).self, 'Retry-After': '1' })
      .json(body);
    await this.rings.ring(rings, { job_id: jobId });
  }

  async #send(response: Response, tenantId: string, id: string): Promise<void> {
    const body: JobBody = jobBody(await findJob(this.jobs, tenantId, prefixed('job', jobIdOf(id))));
    response.status(202).set('ETag', `"${body.version}"`).json(body);
  }
}
