import { DIFF_START, type DiffPage, DiffCallAnswer, DiffPosition, DiffQuery, parseRequest } from '@attune/api';
import { AppError } from '@attune/core';
import {
  ArtifactsRepository,
  type BlobStore,
  BLOBS,
  callerOf,
  DatasetsRepository,
  DOOR,
  type JobDetail,
  JobsRepository,
  Metrics,
  PEPPER,
  type StoredArtifact,
  SynchronousDoor,
  Tenant,
} from '@attune/platform';
import { Controller, Get, Inject, Param, Query, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import { artifactOf } from './artifact-reader.js';
import { readCursor, signCursor } from './cursor.js';
import { findJob } from './find-job.js';
import { nextLink } from './next-link.js';
import { sendArtifact } from './send-artifact.js';

/** Where the values of the result come from, and what became of them. */
@Controller('api/v1/jobs/:id')
export class JobLineageController {
  constructor(
    @Inject(JobsRepository) private readonly jobs: JobsRepository,
    @Inject(ArtifactsRepository) private readonly artifacts: ArtifactsRepository,
    @Inject(DatasetsRepository) private readonly datasets: DatasetsRepository,
    @Inject(SynchronousDoor) private readonly door: SynchronousDoor,
    @Inject(BLOBS) readonly blobs: BlobStore,
    @Inject(Metrics) readonly metrics: Metrics,
    @Inject(PEPPER) private readonly pepper: string,
  ) {}

  @Get('lineage')
  async lineage(@Tenant() tenantId: string, @Param('id') id: string, @Req() request: Request, @Res() response: Response): Promise<void> {
    const artifact = await artifactOf(this.artifacts, await findJob(this.jobs, tenantId, id), 'lineage');
    await sendArtifact(this, artifact, { contentType: 'application/json' }, request, response);
  }

  /**
   * The changed values in order of the source, by a service with an engine: this process reads no records. The cursor is the place in
   * the source, good for this plan and field only. Only a job whose transform has finished has changes.
   */
  @Get('diff')
  async diff(
    @Tenant() tenantId: string,
    @Param('id') id: string,
    @Query() parameters: unknown,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<DiffPage> {
    const { limit, cursor, field } = parseRequest(DiffQuery, parameters, { what: 'The query', kind: 'parameter' });
    const detail = await findJob(this.jobs, tenantId, id);
    await artifactOf(this.artifacts, detail, 'lineage');
    const plan = await artifactOf(this.artifacts, detail, 'plan');
    const scope = [tenantId, detail.job.id, 'diff', plan.sha256, field];
    const from = cursor === undefined ? DIFF_START : DiffPosition.parse(JSON.parse(readCursor(this.pepper, scope, cursor)));
    const asked = { plan: storedObject(plan), input: await this.#input(tenantId, detail), from, limit, field: field ?? '' };
    const { data, next } = DiffCallAnswer.parse(await this.door.call(DOOR.diff, asked, callerOf(request)));
    const after = next ? signCursor(this.pepper, scope, JSON.stringify(next)) : null;
    if (after !== null) nextLink(request, response, after);
    return { data, next_cursor: after, has_more: after !== null };
  }

  async #input(tenantId: string, { job }: JobDetail): Promise<{ key: string; sha256: string; bytes: number }> {
    const input = await this.datasets.find(tenantId, job.input_sha256);
    if (input === undefined) throw new AppError('gone', 'the received bytes of the job were removed');
    return { key: input.storageKey, sha256: input.sha256, bytes: input.bytes };
  }
}

function storedObject({ storageKey, sha256, bytes }: StoredArtifact): { key: string; sha256: string; bytes: number } {
  return { key: storageKey, sha256, bytes };
}
