import { parseRequest, type QuotaBody, QuotaRequest } from '@attune/api';
import { AppError } from '@attune/core';
import { Operators, QuotasRepository, readJson, Tenant, TenantsRepository, type TenantQuotas } from '@attune/platform';
import { Controller, Get, Inject, Param, Put, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import { requireIfMatch } from './conditions.js';

/** What tenants may take of the installation (api.md, section 4, Admin): each reads its own, operators decide. */
@Controller('api/v1/quotas')
export class QuotasController {
  constructor(
    @Inject(QuotasRepository) private readonly quotas: QuotasRepository,
    @Inject(TenantsRepository) private readonly tenants: TenantsRepository,
    @Inject(Operators) private readonly operators: Operators,
  ) {}

  @Get()
  async own(@Tenant() tenantId: string, @Res() response: Response): Promise<void> {
    await this.#send(response, tenantId, await this.quotas.of(tenantId));
  }

  @Get(':tenant')
  async read(@Tenant() tenantId: string, @Param('tenant') name: string, @Res() response: Response): Promise<void> {
    const subject = await this.#subject(tenantId, name);
    await this.#send(response, subject, await this.quotas.of(subject));
  }

  @Put(':tenant')
  async decide(
    @Tenant() tenantId: string,
    @Param('tenant') name: string,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const subject = await this.#subject(tenantId, name);
    const permits = requireIfMatch(request);
    const asked = parseRequest(QuotaRequest, await readJson(request), { what: 'The body' });
    const { version } = await this.quotas.of(subject);
    if (!permits(version)) throw new AppError('precondition_failed', 'the quotas have another version than the one that was read');
    const decided = await this.quotas.decide(subject, version, {
      queuedJobs: asked.queued_jobs,
      bytesPerDay: asked.bytes_per_day,
      concurrentUploads: asked.concurrent_uploads,
      weights: asked.weights,
    });
    await this.#send(response, subject, decided);
  }

  async #subject(tenantId: string, name: string): Promise<string> {
    await this.operators.expect(tenantId);
    const subject = await this.tenants.idOf(name);
    if (subject === undefined) throw new AppError('not_found', 'there is no tenant of this name');
    return subject;
  }

  async #send(response: Response, tenantId: string, decided: TenantQuotas): Promise<void> {
    const { queuedJobs, bytesToday } = await this.quotas.use(tenantId);
    const body: QuotaBody = {
      queued_jobs: decided.queuedJobs,
      bytes_per_day: decided.bytesPerDay,
      concurrent_uploads: decided.concurrentUploads,
      weights: decided.weights,
      use: { queued_jobs: queuedJobs, bytes_today: bytesToday },
      version: decided.version,
    };
    response.set('ETag', `"${decided.version}"`).json(body);
  }
}
