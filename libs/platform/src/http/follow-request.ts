import type { NextFunction, Request, Response } from 'express';
import { correlated } from '../telemetry/correlation.js';
import { inSpan, isTraced, SpanKind } from '../telemetry/tracing.js';
import { routeOf } from './measure.js';
import { requestId } from './request-id.js';

/** Everything a request starts knows its id and lies in its span, which goes on with the trace of the caller. */
export function followRequest(request: Request, response: Response, next: NextFunction): void {
  const traceparent = request.header('traceparent') ?? null;
  correlated({ request_id: requestId(request) }, () => {
    if (!isTraced()) return next();
    void inSpan(request.method, { kind: SpanKind.SERVER, traceparent, root: true }, async (span) => {
      const closed = new Promise<void>((resolve) => response.once('close', resolve));
      next();
      await closed;
      const route = routeOf(request);
      span.updateName(`${request.method} ${route}`);
      span.setAttributes({
        'http.request.method': request.method,
        'http.route': route,
        'http.response.status_code': response.statusCode,
      });
    });
  });
}
