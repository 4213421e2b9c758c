import { type JobBody, type MappingBody, parseRequest } from '@attune/api';
import { AppError, Detection, GivenMapping, Plan, SampleProfile } from '@attune/core';
import { makePlan } from '@attune/pipeline';
import {
  ArtifactsRepository,
  type BlobStore,
  BLOBS,
  type JobDetail,
  JobsRepository,
  MappingsRepository,
  readJson,
  Rings,
  Tenant,
} from '@attune/platform';
import { Controller, Get, HttpCode, Inject, Param, Put, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import { artifactOf, readJsonArtifact } from './artifact-reader.js';
import { isKnown, requireIfMatch } from './conditions.js';
import { findJob } from './find-job.js';
import { jobBody } from './job-body.js';

/** Which column became which field, and a person's answer to it (api.md, section 4). */
@Controller('api/v1/jobs/:id/mapping')
export class JobMappingController {
  constructor(
    @Inject(JobsRepository) private readonly jobs: JobsRepository,
    @Inject(ArtifactsRepository) private readonly artifacts: ArtifactsRepository,
    @Inject(MappingsRepository) private readonly mappings: MappingsRepository,
    @Inject(BLOBS) private readonly blobs: BlobStore,
    @Inject(Rings) private readonly rings: Rings,
  ) {}

  @Get()
  async read(@Tenant() tenantId: string, @Param('id') id: string, @Req() request: Request, @Res() response: Response): Promise<void> {
    const artifact = await artifactOf(this.artifacts, await findJob(this.jobs, tenantId, id), 'plan');
    response.set('ETag', `"${artifact.sha256}"`);
    if (isKnown(request, artifact.sha256)) {
      response.status(304).end();
      return;
    }
    const body: MappingBody = Plan.parse(await readJsonArtifact(this.blobs, artifact)).mapping;
    response.json(body);
  }

  /** Answers the review of a job that waits for one: its plan is made again with this mapping, and the job goes on. */
  @Put()
  @HttpCode(202)
  async answer(
    @Tenant() tenantId: string,
    @Param('id') id: string,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<JobBody> {
    const permits = requireIfMatch(request);
    const detail = await findJob(this.jobs, tenantId, id);
    const { job } = detail;
    if (job.status !== 'awaiting_review')
      throw new AppError('conflict_state', `the job is ${job.status} and awaits no review; clone it with the mapping instead`);
    const plan = await artifactOf(this.artifacts, detail, 'plan');
    if (!permits(plan.sha256)) throw new AppError('precondition_failed', 'the mapping is another one than If-Match names');
    const mapping = parseRequest(GivenMapping, await readJson(request), { what: 'The mapping' });
    const fingerprint = await this.#tryOut(detail, mapping);
    const { rings } = await this.jobs.answerReview(tenantId, job.id, mapping);
    await this.mappings.remember(tenantId, fingerprint, mapping);
    await this.rings.ring(rings, { job_id: job.id });
    const body = jobBody(await findJob(this.jobs, tenantId, job.id));
    response.set('ETag', `"${body.version}"`);
    return body;
  }

  /**
   * Makes the plan here and now, so that a mapping that does not fit is a problem and not a failed job; answers the fingerprint
   * of the columns it is for.
   * @throws AppError mapping_invalid
   */
  async #tryOut(detail: JobDetail, given: GivenMapping): Promise<string> {
    const detection = Detection.parse(await readJsonArtifact(this.blobs, await artifactOf(this.artifacts, detail, 'detection')));
    const profile = SampleProfile.parse(await readJsonArtifact(this.blobs, await artifactOf(this.artifacts, detail, 'sample_profile')));
    const { options, created_at: createdAt } = detail.job;
    makePlan({ detection, profile, options, receivedAt: new Date(createdAt).toISOString(), given });
    return detection.fingerprint;
  }
}
