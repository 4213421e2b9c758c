import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import { AppError } from '@attune/core';
import type { NextFunction, Request, Response } from 'express';
import type { Metrics } from '../telemetry/metrics.js';

const RESOLUTION_MS = 20;
const WINDOW_MS = 5_000;
const READS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/** How late the event loop of this process is: the 99th percentile of the last whole window, in milliseconds. */
export class LoopLag {
  readonly #delays: IntervalHistogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  readonly #timer: NodeJS.Timeout;
  ms = 0;

  constructor(windowMs = WINDOW_MS) {
    this.#delays.enable();
    this.#timer = setInterval(() => {
      // The histogram measures from tick to tick: what is beyond its resolution is the lag.
      this.ms = this.#delays.count === 0 ? 0 : Math.max(0, this.#delays.percentile(99) / 1e6 - RESOLUTION_MS);
      this.#delays.reset();
    }, windowMs);
    this.#timer.unref();
  }

  close(): void {
    clearInterval(this.#timer);
    this.#delays.disable();
  }
}

/** Answers only reads while the event loop is late, so that those who look on still can (jobs.md, section 4, Admission). */
export function shedUnderLag(lag: { readonly ms: number }, limitMs: number, metrics: Metrics) {
  return (request: Request, response: Response, next: NextFunction): void => {
    if (limitMs === 0 || lag.ms <= limitMs || READS.has(request.method)) return next();
    metrics.requestsShed.inc({ reason: 'event_loop' });
    response.setHeader('Retry-After', '2');
    next(new AppError('overloaded', 'this gateway is busy; send it again'));
  };
}
