import { AppError } from '@attune/core';
import {
  type Attributes,
  context,
  type Context,
  INVALID_SPAN_CONTEXT,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { errorName } from './logger.js';

export { SpanKind };

/**
 * Sends traces to a collector. Spans are made at our own seams (requests, calls, stages, tasks) and not by patching
 * libraries: what they carry is what is written here, ids and codes, never a statement, a parameter or a value. A collector that is
 * away costs nothing but the spans. Answers how to flush and stop. The libraries behind it are loaded here: a process without a collector
 * starts half a second sooner.
 */
export async function startTracing(url: string, serviceName: string, ratio: number): Promise<() => Promise<void>> {
  traced = true;
  const { NodeSDK, tracing } = await import('@opentelemetry/sdk-node');
  const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-http');
  const sdk = new NodeSDK({
    serviceName,
    traceExporter: new OTLPTraceExporter({ url, timeoutMillis: 2_000 }),
    sampler: new tracing.ParentBasedSampler({ root: new tracing.TraceIdRatioBasedSampler(ratio) }),
    instrumentations: [],
  });
  sdk.start();
  return () => sdk.shutdown().catch(() => undefined);
}

export interface SpanOf {
  readonly kind?: SpanKind;
  readonly attributes?: Attributes;
  /** W3C traceparent of the parent; absent: what is active here. */
  readonly traceparent?: string | null;
  /** Begins a trace where no parent is given, whatever is active. */
  readonly root?: boolean;
  /** Linked to its parent besides, because the wait between them may be hours. */
  readonly linked?: boolean;
}

let traced = false;

/** Whether there is a collector; if not, spans are not worth their time. */
export function isTraced(): boolean {
  return traced;
}

/** Does the work inside a span; an error is noted by its code and goes on. Without a collector nothing of that is done but the work. */
export async function inSpan<T>(name: string, of: SpanOf, work: (span: Span) => Promise<T>): Promise<T> {
  if (!traced) return work(trace.wrapSpanContext(INVALID_SPAN_CONTEXT));
  const parent = of.traceparent ? contextOf(of.traceparent) : of.root ? ROOT_CONTEXT : context.active();
  const from = trace.getSpanContext(parent);
  const options = {
    kind: of.kind ?? SpanKind.INTERNAL,
    attributes: of.attributes ?? {},
    ...(of.linked && from ? { links: [{ context: from }] } : {}),
  };
  return trace.getTracer('attune').startActiveSpan(name, options, parent, async (span) => {
    try {
      return await work(span);
    } catch (error) {
      span.setStatus({ code: SpanStatusCode.ERROR, message: error instanceof AppError ? error.code : errorName(error) });
      throw error;
    } finally {
      span.end();
    }
  });
}

/** W3C traceparent of the active span; undefined when nothing is traced. */
export function activeTraceparent(): string | undefined {
  const carrier: Record<string, string> = {};
  propagation.inject(context.active(), carrier);
  return carrier['traceparent'];
}

function contextOf(traceparent: string): Context {
  return propagation.extract(ROOT_CONTEXT, { traceparent });
}

/** A span over a time that has passed, under the active one: what a process without a collector of its own has told. */
export function pastSpan(name: string, startedAt: number, endedAt: number): void {
  trace.getTracer('attune').startSpan(name, { startTime: startedAt }).end(endedAt);
}
