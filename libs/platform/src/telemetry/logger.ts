import { AppError } from '@attune/core';
import type { LoggerService } from '@nestjs/common';
import { trace } from '@opentelemetry/api';
import { destination, type DestinationStream, pino } from 'pino';
import { correlation } from './correlation.js';
import { scrub } from './scrub.js';

/** Every field that may be logged; another is dropped. Ids, counts, codes, names of fields and settings, never a value of a record. */
export const LOG_FIELDS = [
  'request_id',
  'trace_id',
  'job_id',
  'stage',
  'epoch',
  'attempt',
  'outcome',
  'code',
  'error',
  'at',
  'what',
  'route',
  'method',
  'status',
  'duration_ms',
  'service',
  'signal',
  'url',
  'grpc_port',
  'data_dir',
  'database',
  'objects',
  'bytes',
  'dropped_fields',
] as const;
export type LogFields = { readonly [Name in (typeof LOG_FIELDS)[number]]?: string | number | undefined };

type Say = (fields: LogFields, message: string) => void;

/** What may be said, and how: fields that are listed, and a sentence of ours. */
export interface Logger {
  readonly debug: Say;
  readonly info: Say;
  readonly warn: Say;
  readonly error: Say;
}

const ALLOWED: ReadonlySet<string> = new Set(LOG_FIELDS);

/**
 * JSON lines on standard output. Three nets hold a value of a record back: the type takes listed fields only, a field that is not
 * listed is dropped at run time and counted, and texts that look like a person's number, address or birth date are struck out.
 */
export function createLogger(level: string, service: string, out: DestinationStream = lasting(process.stdout.fd)): Logger {
  return pino(
    {
      level,
      base: { service },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }), log: listed },
      mixin: () => ({ ...correlation(), ...traceId() }),
      hooks: {
        logMethod(args, method) {
          method.apply(this, args.map((arg: unknown) => (typeof arg === 'string' ? scrub(arg) : arg)) as Parameters<typeof method>);
        },
      },
    },
    out,
  );
}

/** Bytes of lines that wait for room. */
const WAITING = 1 << 20;

/**
 * Lines to an open file that may be on a full disk, or have no reader any more: what cannot be written waits, up to a bound, and goes out before
 * the next line; beyond it lines are lost. The process goes on, whatever it writes to its standard streams elsewhere.
 */
export function lasting(fd: number): DestinationStream {
  const out = destination({ fd, sync: true, maxLength: WAITING });
  out.on('error', () => undefined);
  for (const stream of [process.stdout, process.stderr]) if (stream.listenerCount('error') === 0) stream.on('error', () => undefined);
  return out;
}

function listed(fields: Record<string, unknown>): Record<string, unknown> {
  const kept: Record<string, unknown> = {};
  let dropped = 0;
  for (const [name, value] of Object.entries(fields)) {
    if (!ALLOWED.has(name) || (typeof value !== 'string' && typeof value !== 'number' && value !== undefined)) dropped++;
    else kept[name] = typeof value === 'string' ? scrub(value) : value;
  }
  return dropped === 0 ? kept : { ...kept, dropped_fields: dropped };
}

function traceId(): { trace_id?: string } {
  const span = trace.getActiveSpan()?.spanContext();
  return span === undefined ? {} : { trace_id: span.traceId };
}

/** The name of an error for logs: a code of ours or a class name, never a message, which might quote a value. */
export function errorName(error: unknown): string {
  if (error instanceof AppError) return error.cause === undefined ? error.code : `${error.code} (${errorName(error.cause)})`;
  if (!(error instanceof Error)) return typeof error;
  const { code } = error as NodeJS.ErrnoException;
  return code === undefined ? error.name : `${error.name} ${code}`;
}

/** Nest's own words go to the same place; its start-up chatter only when debugging. */
export function nestLogger(log: Logger): LoggerService {
  const text = (message: unknown): string => (typeof message === 'string' ? message : errorName(message));
  return {
    log: (message) => log.debug({}, text(message)),
    debug: (message) => log.debug({}, text(message)),
    verbose: () => undefined,
    warn: (message) => log.warn({}, text(message)),
    error: (message) => log.error({}, text(message)),
    fatal: (message) => log.error({}, text(message)),
  };
}
