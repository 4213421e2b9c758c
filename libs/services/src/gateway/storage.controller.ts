import { type CollectionBody, CollectionRequest, parseRequest } from '@attune/api';
import { type Collection, GarbageCollector, Operators, readJson, Tenant } from '@attune/platform';
import { Controller, HttpCode, Inject, Post, Req } from '@nestjs/common';
import type { Request } from 'express';

/** What is stored, for how long, and what is removed (api.md, section 4, Admin). */
@Controller('api/v1/operations')
export class StorageController {
  constructor(
    @Inject(Operators) private readonly operators: Operators,
    @Inject(GarbageCollector) private readonly collector: GarbageCollector,
  ) {}

  @Post('gc')
  @HttpCode(200)
  async collect(@Tenant() tenantId: string, @Req() request: Request): Promise<CollectionBody> {
    await this.operators.expect(tenantId);
    const { dry_run: dryRun } = parseRequest(CollectionRequest, (await readJson(request)) ?? {}, { what: 'The body' });
    return bodyOf(await this.collector.collect({ dryRun }));
  }
}

function bodyOf({ dryRun, stored, marked, swept, uploads, rows }: Collection): CollectionBody {
  return {
    dry_run: dryRun,
    stored,
    objects: (['input', 'job', 'other'] as const).map((reason) => ({ reason, marked: marked[reason], swept: swept[reason] })),
    uploads,
    rows: { idempotency_keys: rows.idempotencyKeys, rate_limits: rows.rateLimits, webhook_deliveries: rows.deliveries },
  };
}
