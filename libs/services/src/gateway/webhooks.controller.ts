import {
  type DeliveryBody,
  type DeliveryList,
  DeliveryListQuery,
  type JobWebhookSecret,
  parseRequest,
  type RedeliverBody,
  RedeliverRequest,
  RotateSecretRequest,
  WEBHOOK_TYPES,
  type WebhookBody,
  WebhookChangeRequest,
  type WebhookList,
  WebhookListQuery,
  webhookPaths,
  WebhookRequest,
} from '@attune/api';
import { AppError, bareId, type IdPrefix, prefixed } from '@attune/core';
import {
  DeliveriesRepository,
  EgressGuard,
  type LoggedDelivery,
  PEPPER,
  readJson,
  type StoredWebhook,
  Tenant,
  webhookSecret,
  WebhooksRepository,
} from '@attune/platform';
import { Controller, Delete, Get, HttpCode, Inject, Param, Patch, Post, Query, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import { isKnown, requireIfMatch } from './conditions.js';
import { readPlace, signPlace } from './cursor.js';
import { cutPage } from './cut-page.js';
import { iso } from './job-body.js';
import { checkWebhookUrl } from './webhook-url.js';

/** Where a tenant is told of its jobs, and the log of what was sent there (api.md, section 7). */
@Controller('api/v1/webhooks')
export class WebhooksController {
  constructor(
    @Inject(WebhooksRepository) private readonly webhooks: WebhooksRepository,
    @Inject(DeliveriesRepository) private readonly deliveries: DeliveriesRepository,
    @Inject(EgressGuard) private readonly guard: EgressGuard,
    @Inject(PEPPER) private readonly pepper: string,
  ) {}

  @Post()
  async create(@Tenant() tenantId: string, @Req() request: Request, @Res() response: Response): Promise<void> {
    const asked = parseRequest(WebhookRequest, await readJson(request), { what: 'The body' });
    await checkWebhookUrl(this.guard, asked.url, '/url');
    const stored = await this.webhooks.create(tenantId, asked);
    const body = bodyOf(stored);
    response
      .status(201)
      .set({ Location: webhookPaths(body.webhook_id).self, ETag: tagOf(stored) })
      .json({ ...body, secret: this.#secretOf(stored) });
  }

  @Post('job-secret')
  @HttpCode(200)
  async takeJobSecret(@Tenant() tenantId: string, @Req() request: Request): Promise<JobWebhookSecret> {
    const { grace_seconds: grace } = parseRequest(RotateSecretRequest, (await readJson(request)) ?? {}, { what: 'The body' });
    const { version, previousUntil } = await this.webhooks.rotateJobSecret(tenantId, grace);
    return { secret: webhookSecret(this.pepper, tenantId, version), previous_secret_until: iso(previousUntil) };
  }

  @Get()
  async list(@Tenant() tenantId: string, @Query() parameters: unknown): Promise<WebhookList> {
    const query = parseRequest(WebhookListQuery, parameters, { what: 'The query', kind: 'parameter' });
    const scope = [tenantId, 'webhooks'];
    const found = await this.webhooks.list(tenantId, { limit: query.limit + 1, ...readPlace(this.pepper, scope, query.cursor) });
    const { page, last } = cutPage(found, query.limit);
    return { data: page.map(bodyOf), next_cursor: signPlace(this.pepper, scope, last), has_more: last !== undefined };
  }

  @Get(':id')
  async read(@Tenant() tenantId: string, @Param('id') id: string, @Req() request: Request, @Res() response: Response): Promise<void> {
    const stored = await this.webhooks.find(tenantId, idOf('wh', id));
    response.set('ETag', tagOf(stored));
    if (isKnown(request, String(stored.version))) response.status(304).end();
    else response.json(bodyOf(stored));
  }

  @Patch(':id')
  async change(@Tenant() tenantId: string, @Param('id') id: string, @Req() request: Request, @Res() response: Response): Promise<void> {
    const permits = requireIfMatch(request);
    const change = parseRequest(WebhookChangeRequest, await readJson(request), { what: 'The body' });
    const { id: bare, version, jobId } = await this.webhooks.find(tenantId, idOf('wh', id));
    if (change.types !== undefined) refuseOfJob(jobId, 'it is told of everything that its job comes to');
    if (!permits(version)) throw new AppError('precondition_failed', 'the webhook has another version than the one that was read');
    if (change.url !== undefined) await checkWebhookUrl(this.guard, change.url, '/url');
    const stored = await this.webhooks.change(tenantId, bare, version, change);
    response.set('ETag', tagOf(stored)).json(bodyOf(stored));
  }

  @Delete(':id')
  @HttpCode(204)
  async remove(@Tenant() tenantId: string, @Param('id') id: string): Promise<void> {
    const stored = await this.webhooks.find(tenantId, idOf('wh', id));
    refuseOfJob(stored.jobId, 'it goes with its job; disable it instead');
    await this.webhooks.remove(tenantId, stored.id);
  }

  @Get(':id/deliveries')
  async log(@Tenant() tenantId: string, @Param('id') id: string, @Query() parameters: unknown): Promise<DeliveryList> {
    const { limit, cursor, outcome } = parseRequest(DeliveryListQuery, parameters, { what: 'The query', kind: 'parameter' });
    const { id: bare } = await this.webhooks.find(tenantId, idOf('wh', id));
    const scope = [tenantId, 'deliveries', bare, outcome];
    const found = await this.deliveries.list(tenantId, bare, { limit: limit + 1, outcome, ...readPlace(this.pepper, scope, cursor) });
    const { page, last } = cutPage(found, limit);
    return { data: page.map(deliveryOf), next_cursor: signPlace(this.pepper, scope, last), has_more: last !== undefined };
  }

  @Post(':id/redeliver')
  @HttpCode(202)
  async redeliver(@Tenant() tenantId: string, @Param('id') id: string, @Req() request: Request): Promise<RedeliverBody> {
    const asked = parseRequest(RedeliverRequest, await readJson(request), { what: 'The body' });
    const which = 'delivery_id' in asked ? { id: idOf('msg', asked.delivery_id) } : { failedSince: asked.failed_since };
    return { redelivered: await this.deliveries.redeliver(tenantId, idOf('wh', id), which) };
  }

  @Post(':id/rotate-secret')
  async rotateSecret(
    @Tenant() tenantId: string,
    @Param('id') id: string,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const { grace_seconds: grace } = parseRequest(RotateSecretRequest, (await readJson(request)) ?? {}, { what: 'The body' });
    const { id: bare, jobId } = await this.webhooks.find(tenantId, idOf('wh', id));
    refuseOfJob(jobId, 'one secret signs for all single jobs; take a new one with POST /api/v1/webhooks/job-secret');
    const stored = await this.webhooks.rotateSecret(tenantId, bare, grace);
    response
      .status(200)
      .set('ETag', tagOf(stored))
      .json({ ...bodyOf(stored), secret: this.#secretOf(stored) });
  }

  #secretOf({ id, secretVersion }: StoredWebhook): string {
    return webhookSecret(this.pepper, id, secretVersion);
  }
}

/** @throws AppError not_found for an id that is none. */
function idOf(prefix: IdPrefix, id: string): string {
  const bare = bareId(prefix, id);
  if (bare === undefined) throw new AppError('not_found', prefix === 'wh' ? 'there is no such webhook' : 'there is no such delivery');
  return bare;
}

/** @throws AppError conflict_state for a webhook that belongs to one job */
function refuseOfJob(jobId: string | null, why: string): void {
  if (jobId !== null) throw new AppError('conflict_state', `the webhook belongs to one job: ${why}`);
}

function bodyOf(stored: StoredWebhook): WebhookBody {
  return {
    webhook_id: prefixed('wh', stored.id),
    ...(stored.jobId === null ? {} : { job_id: prefixed('job', stored.jobId) }),
    version: stored.version,
    url: stored.url,
    types: stored.jobId === null ? [...stored.types] : [...WEBHOOK_TYPES],
    description: stored.description,
    enabled: stored.disabledAt === null,
    disabled_reason: stored.disabledReason,
    previous_secret_until: iso(stored.previousSecretUntil),
    created_at: new Date(stored.createdAt).toISOString(),
    updated_at: new Date(stored.updatedAt).toISOString(),
  };
}

function deliveryOf(logged: LoggedDelivery): DeliveryBody {
  return {
    delivery_id: prefixed('msg', logged.id),
    job_id: prefixed('job', logged.jobId),
    type: logged.type,
    outcome: logged.outcome,
    tries: logged.tries,
    next_try_at: logged.outcome === 'pending' ? iso(logged.nextTryAt) : null,
    last_try_at: iso(logged.lastTryAt),
    last_status: logged.lastStatus,
    last_error: logged.lastError,
    created_at: new Date(logged.createdAt).toISOString(),
  };
}

const tagOf = ({ version }: StoredWebhook): string => `"${version}"`;
