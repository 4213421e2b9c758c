import type { NextFunction, Request, RequestHandler, Response } from 'express';
import type { Logger } from '../telemetry/logger.js';
import type { Metrics } from '../telemetry/metrics.js';
import { requestId } from './request-id.js';

/** Rate, errors and duration per route template, and one log line per request. */
export function measureRequests(metrics: Metrics, log: Logger): RequestHandler {
  return (request: Request, response: Response, next: NextFunction) => {
    const started = performance.now();
    metrics.httpInflight.inc();
    response.once('close', () => {
      metrics.httpInflight.dec();
      const seconds = (performance.now() - started) / 1000;
      const route = routeOf(request);
      metrics.httpRequests.inc({ route, method: request.method, code: String(response.statusCode) });
      metrics.httpDuration.observe({ route, method: request.method, code_class: `${Math.floor(response.statusCode / 100)}xx` }, seconds);
      log.debug(
        {
          request_id: requestId(request),
          route,
          method: request.method,
          status: response.statusCode,
          duration_ms: Math.round(seconds * 1000),
        },
        'request',
      );
    });
    next();
  };
}

/** The template, never the path: a path of nobody's route could hold anything. */
export function routeOf(request: Request): string {
  const route: unknown = (request as { route?: { path?: unknown } }).route?.path;
  return typeof route === 'string' ? route : 'unmatched';
}
