import { bareId } from '@attune/core';
import type { NextFunction, Request, Response } from 'express';
import type { JobDetail } from '../database/job-detail.js';
import type { JobsRepository } from '../database/jobs.repository.js';
import type { Metrics } from '../telemetry/metrics.js';
import type { Doorbell } from './doorbell.js';

/** An answer is this old at most, whatever rings or does not. */
const RECENT_MS = 900;
const JOBS = 10_000;
const READS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);
/** Requests that make jobs change none that are there. */
const SUBMITS: ReadonlySet<string> = new Set(['/api/v1/jobs', '/api/v1/jobs/batch']);

interface Remembered {
  readonly jobId: string;
  readonly detail: Promise<JobDetail | undefined>;
  readonly untilMs: number;
  readonly hangUp: () => void;
}

/**
 * Jobs as they were read a moment ago, for those who poll: many readers of one job cost one question. An answer is forgotten when the bell
 * rings for the job, when a request through this gateway has changed it, and after 0.9 s in any case, so that it lags a commit by less than
 * a second.
 */
export class RecentJobs {
  readonly #jobs = new Map<string, Remembered>();

  constructor(
    private readonly jobs: JobsRepository,
    private readonly bell: Doorbell,
    private readonly metrics: Metrics,
  ) {}

  /** As `JobsRepository.find`. */
  find(tenantId: string, jobId: string): Promise<JobDetail | undefined> {
    const key = `${tenantId} ${jobId}`;
    const known = this.#jobs.get(key);
    if (known !== undefined && known.untilMs > performance.now()) {
      this.metrics.jobReads.inc({ from: 'memory' });
      return known.detail;
    }
    this.metrics.jobReads.inc({ from: 'database' });
    this.#drop(key);
    this.#dropOld();
    // From here on a ring says that the answer may be old, also while it is being read.
    const asked: Remembered = {
      jobId,
      hangUp: this.bell.listen(jobId, () => this.#drop(key, asked)),
      untilMs: performance.now() + RECENT_MS,
      detail: this.jobs.find(tenantId, jobId),
    };
    this.#jobs.set(key, asked);
    asked.detail.then(
      (found) => found ?? this.#drop(key, asked),
      () => this.#drop(key, asked),
    );
    return asked.detail;
  }

  forget(jobId: string): void {
    for (const [key, known] of this.#jobs) if (known.jobId === jobId) this.#drop(key, known);
  }

  clear(): void {
    for (const [key, known] of this.#jobs) this.#drop(key, known);
  }

  #drop(key: string, only?: Remembered): void {
    const known = this.#jobs.get(key);
    if (known === undefined || (only !== undefined && known !== only)) return;
    this.#jobs.delete(key);
    known.hangUp();
  }

  /** The first ones are the oldest. */
  #dropOld(): void {
    const now = performance.now();
    for (const [key, known] of this.#jobs) {
      if (known.untilMs > now && this.#jobs.size < JOBS) return;
      this.#drop(key, known);
    }
  }
}

/** Before an answer to a change leaves, what was remembered of what it may have changed is forgotten: who reads next reads it anew. */
export function forgetChanged(recent: RecentJobs) {
  return (request: Request, response: Response, next: NextFunction): void => {
    if (!READS.has(request.method) && !SUBMITS.has(request.path)) {
      const writeHead = response.writeHead.bind(response) as (...given: unknown[]) => Response;
      response.writeHead = (...given: unknown[]): Response => {
        const [, named] = /^\/api\/v1\/jobs\/([^/]+)/.exec(request.path) ?? [];
        const jobId = named === undefined ? undefined : bareId('job', named);
        if (jobId === undefined) recent.clear();
        else recent.forget(jobId);
        return writeHead(...given);
      };
    }
    next();
  };
}
