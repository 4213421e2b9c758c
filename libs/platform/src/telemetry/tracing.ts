import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { ExpressInstrumentation } from '@opentelemetry/instrumentation-express';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { PgInstrumentation } from '@opentelemetry/instrumentation-pg';
import { NodeSDK } from '@opentelemetry/sdk-node';

/** Sends traces to a collector; spans carry ids, never statements' parameters or values. Answers how to flush and stop. */
export function startTracing(url: string, serviceName: string): () => Promise<void> {
  const sdk = new NodeSDK({
    serviceName,
    traceExporter: new OTLPTraceExporter({ url }),
    // Without a parent every poll of the queue would be a trace of its own.
    instrumentations: [new HttpInstrumentation(), new ExpressInstrumentation(), new PgInstrumentation({ requireParentSpan: true })],
  });
  sdk.start();
  return () => sdk.shutdown();
}
