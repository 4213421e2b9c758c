import type { LoggerService } from '@nestjs/common';
import { AppError } from '@attune/core';
import { pino, type Logger } from 'pino';

export type { Logger };

/** JSON lines on standard output. Callers pass ids, counts, codes and names of fields, never a value of a record. */
export function createLogger(level: string, service: string): Logger {
  return pino({ level, base: { service }, timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: (label) => ({ level: label }) } });
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
    log: (message) => log.debug(text(message)),
    debug: (message) => log.debug(text(message)),
    verbose: (message) => log.trace(text(message)),
    warn: (message) => log.warn(text(message)),
    error: (message) => log.error(text(message)),
    fatal: (message) => log.fatal(text(message)),
  };
}
