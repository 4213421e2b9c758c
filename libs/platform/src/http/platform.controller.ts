import { AppError, ERROR_KINDS, errorCode } from '@attune/core';
import { Controller, Get, Header, Inject, Param, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import { Public } from '../auth/authentication.js';
import { Metrics } from '../telemetry/metrics.js';
import { readVersion } from '../service/version.js';
import { HealthChecks } from './health.js';

/** What every process answers: health, version, metrics, and the pages behind the problem codes (api.md, section 4, Platform). */
@Public()
@Controller()
export class PlatformController {
  constructor(
    @Inject(HealthChecks) private readonly health: HealthChecks,
    @Inject(Metrics) private readonly metrics: Metrics,
  ) {}

  @Get('health/live')
  live(): { status: string } {
    return { status: 'live' };
  }

  @Get('health/ready')
  async ready(@Res() response: Response): Promise<void> {
    const { ready, health } = await this.health.ready();
    response.status(ready ? 200 : 503).json({ status: ready ? 'ready' : 'not_ready', checks: health.checks });
  }

  @Get('health')
  async container(): Promise<unknown> {
    return { ...(await this.health.read()), version: readVersion().version };
  }

  @Get('api/v1/health')
  async dependencies(@Res() response: Response): Promise<void> {
    const health = await this.health.read();
    response.status(health.status === 'unhealthy' ? 503 : 200).json({ ...health, version: readVersion().version });
  }

  @Get(['version', 'api/v1/version'])
  version(): unknown {
    return readVersion();
  }

  @Get(['metrics', 'api/v1/metrics'])
  async scrape(@Req() request: Request, @Res() response: Response): Promise<void> {
    if (!request.accepts(['text/plain', 'application/openmetrics-text']))
      throw new AppError('not_acceptable', 'metrics are Prometheus text');
    void this.health.read(); // the next scrape tells whether the dependencies answer; this one waits for none of them
    response.set('Content-Type', this.metrics.registry.contentType).send(await this.metrics.registry.metrics());
  }

  @Get('problems/:code')
  @Header('Content-Type', 'text/plain; charset=utf-8')
  problem(@Param('code') code: string): string {
    if (errorCode(code) !== code) throw new AppError('not_found', 'there is no such problem code');
    const kind = ERROR_KINDS[code];
    const again =
      kind.class === 'transient' || kind.class === 'resource'
        ? 'The same request may succeed later; honour Retry-After.'
        : 'The same request will fail again until something changes.';
    return `${code}\n\n${kind.title}.\nHTTP status ${kind.status}. ${again}\n`;
  }
}
