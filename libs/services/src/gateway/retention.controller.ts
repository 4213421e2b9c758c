import {
  type DatasetHoldBody,
  type JobBody,
  parseRequest,
  type RetentionBody,
  type RetentionDueBody,
  RetentionDueQuery,
  RetentionRequest,
} from '@attune/api';
import { AppError, bareId, prefixed } from '@attune/core';
import { JobsRepository, readJson, RetentionRepository, type RetentionPolicy, Tenant } from '@attune/platform';
import { Controller, Get, HttpCode, Inject, Param, Post, Put, Query, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import { requireIfMatch } from './conditions.js';
import { findJob, jobIdOf } from './find-job.js';
import { jobBody } from './job-body.js';

/** How long a tenant keeps what it has, and what a legal hold keeps for longer (api.md, section 4, Admin). */
@Controller('api/v1')
export class RetentionController {
  constructor(
    @Inject(RetentionRepository) private readonly retention: RetentionRepository,
    @Inject(JobsRepository) private readonly jobs: JobsRepository,
  ) {}

  @Get('retention')
  async read(@Tenant() tenantId: string, @Res() response: Response): Promise<void> {
    send(response, await this.retention.policy(tenantId));
  }

  @Put('retention')
  async decide(@Tenant() tenantId: string, @Req() request: Request, @Res() response: Response): Promise<void> {
    const permits = requireIfMatch(request);
    const { raw_days: rawDays, results_days: resultsDays } = parseRequest(RetentionRequest, await readJson(request), { what: 'The body' });
    const { version } = await this.retention.policy(tenantId);
    if (!permits(version)) throw new AppError('precondition_failed', 'the policy has another version than the one that was read');
    send(response, await this.retention.decide(tenantId, version, { rawDays, resultsDays }));
  }

  @Get('retention/due')
  async due(@Tenant() tenantId: string, @Query() parameters: unknown): Promise<RetentionDueBody> {
    const query = parseRequest(RetentionDueQuery, parameters, { what: 'The query', kind: 'parameter' });
    const { due, total } = await this.retention.due(tenantId, query.within_days, query.limit);
    const data = due.map(({ kind, id, dueAt, bytes }) => ({
      kind,
      id: prefixed(kind === 'job' ? 'job' : 'ds', id),
      due_at: new Date(dueAt).toISOString(),
      bytes,
    }));
    return { data, total };
  }

  @Post('jobs/:id/hold')
  @HttpCode(200)
  hold(@Tenant() tenantId: string, @Param('id') id: string, @Res() response: Response): Promise<void> {
    return this.#holdJob(tenantId, id, true, response);
  }

  @Post('jobs/:id/release')
  @HttpCode(200)
  release(@Tenant() tenantId: string, @Param('id') id: string, @Res() response: Response): Promise<void> {
    return this.#holdJob(tenantId, id, false, response);
  }

  @Post('datasets/:id/hold')
  @HttpCode(200)
  holdDataset(@Tenant() tenantId: string, @Param('id') id: string): Promise<DatasetHoldBody> {
    return this.#holdDataset(tenantId, id, true);
  }

  @Post('datasets/:id/release')
  @HttpCode(200)
  releaseDataset(@Tenant() tenantId: string, @Param('id') id: string): Promise<DatasetHoldBody> {
    return this.#holdDataset(tenantId, id, false);
  }

  async #holdJob(tenantId: string, id: string, held: boolean, response: Response): Promise<void> {
    await this.retention.holdJob(tenantId, jobIdOf(id), held);
    const body: JobBody = jobBody(await findJob(this.jobs, tenantId, id));
    response.set('ETag', `"${body.version}"`).json(body);
  }

  async #holdDataset(tenantId: string, id: string, held: boolean): Promise<DatasetHoldBody> {
    const datasetId = bareId('ds', id);
    if (datasetId === undefined) throw new AppError('not_found', 'there is no such dataset');
    await this.retention.holdDataset(tenantId, datasetId, held);
    return { dataset_id: prefixed('ds', datasetId), legal_hold: held };
  }
}

function send(response: Response, { rawDays, resultsDays, version }: RetentionPolicy): void {
  const body: RetentionBody = { raw_days: rawDays, results_days: resultsDays, version };
  response.set('ETag', `"${version}"`).json(body);
}
