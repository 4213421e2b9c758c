import { AppError, type JobStatus } from '@attune/core';
import { jobProgress, TERMINAL } from '@attune/pipeline';
import type { HistoryRow } from '../database/jobs.repository.js';
import type { Look, WatchRepository } from '../database/watch.repository.js';
import { errorName, type Logger } from '../telemetry/logger.js';
import type { Doorbell } from './doorbell.js';
import { WatchedJob } from './watched-job.js';

const POLL_MS = 1_000;

/** How a job stands at a moment. */
export interface WatchedState {
  readonly status: JobStatus;
  readonly stage: string | null;
  readonly version: number;
  /** 0..100; never falls within a generation. */
  readonly progress: number;
}

/** What a watcher is told: a line of the history, which has a number to resume from, or how far the job is, which has none. */
export type WatchItem =
  { readonly kind: 'event'; readonly event: HistoryRow } | { readonly kind: 'progress'; readonly state: WatchedState };

/**
 * Watches jobs for everybody in this process who wants to know: the doorbell, and one query a second over
 * all watched jobs in case a bell was lost. The rows are the truth; a bell only makes the next look come sooner.
 */
export class JobWatch {
  readonly #jobs = new Map<string, WatchedJob>();
  readonly #due = new Set<WatchedJob>();
  readonly #timer: NodeJS.Timeout;
  #closed = false;
  #looking = false;
  #failing = false;

  constructor(
    private readonly bell: Doorbell,
    private readonly repository: WatchRepository,
    private readonly log: Logger,
  ) {
    this.#timer = setInterval(() => this.#tick(), POLL_MS).unref();
  }

  /** Jobs that are being watched. */
  get jobs(): number {
    return this.#jobs.size;
  }

  /**
   * Every line of the history after `seq`, in order and without a gap, and progress between them. Ends after the terminal line, when the
   * job is deleted, when the signal aborts, and when the process shuts down (then without a terminal line: resume elsewhere).
   * @throws AppError not_found for a job of another tenant alike, gone, overloaded while the process shuts down.
   */
  async *after(tenantId: string, jobId: string, seq: number, signal?: AbortSignal): AsyncGenerator<WatchItem, void> {
    const job = await this.#join(tenantId, jobId, signal);
    let told = -1;
    let last = seq;
    try {
      while (!this.#stopped(signal)) {
        const next = job.changed;
        const look = job.look;
        for (const event of job.after(last) ?? (await this.repository.history(jobId, last))) {
          yield { kind: 'event', event };
          last = event.seq;
        }
        if (look === undefined || look.deleted) return;
        if (last < job.lastSeq) continue;
        if (job.caughtUp) {
          if (TERMINAL.has(look.status)) return;
          const state = stateOf(look);
          if (state.progress !== told) yield { kind: 'progress', state };
          told = state.progress;
        }
        await raced(next, signal);
      }
    } finally {
      this.#leave(job);
    }
  }

  /**
   * The job's state as soon as the fact holds, or as it is when the signal aborts or the process shuts down.
   * @throws AppError not_found, gone, overloaded as `after`.
   */
  async until(tenantId: string, jobId: string, fact: (state: WatchedState) => boolean, signal: AbortSignal): Promise<WatchedState> {
    const job = await this.#join(tenantId, jobId, signal);
    try {
      for (;;) {
        const next = job.changed;
        const state = stateOf(permitted(job, tenantId));
        if (fact(state) || TERMINAL.has(state.status) || this.#stopped(signal)) return state;
        await raced(next, signal);
      }
    } finally {
      this.#leave(job);
    }
  }

  /** Ends every watch, so that watchers go on elsewhere. */
  close(): void {
    clearInterval(this.#timer);
    this.#closed = true;
    for (const job of this.#jobs.values()) job.wake();
  }

  #stopped(signal?: AbortSignal): boolean {
    return this.#closed || signal?.aborted === true;
  }

  /** Waits for the first look at the job, which many new watchers share. */
  async #join(tenantId: string, jobId: string, signal?: AbortSignal): Promise<WatchedJob> {
    if (this.#closed) throw new AppError('overloaded', 'this process shuts down');
    const job = this.#jobs.get(jobId) ?? this.#begin(jobId);
    job.watchers++;
    try {
      while (job.look === undefined && !job.missing) {
        const next = job.changed;
        this.#ask(job);
        await raced(next, signal);
        if (this.#stopped(signal)) throw new AppError('overloaded', 'the watch has ended before it began');
      }
      permitted(job, tenantId);
      return job;
    } catch (error) {
      this.#leave(job);
      throw error;
    }
  }

  #begin(jobId: string): WatchedJob {
    const job = new WatchedJob(
      jobId,
      this.bell.listen(jobId, () => this.#ask(job)),
    );
    this.#jobs.set(jobId, job);
    return job;
  }

  #leave(job: WatchedJob): void {
    job.watchers--;
    if (job.watchers > 0) return;
    job.end();
    this.#jobs.delete(job.id);
    this.#due.delete(job);
  }

  #ask(job: WatchedJob): void {
    this.#due.add(job);
    void this.#look();
  }

  #tick(): void {
    for (const job of this.#jobs.values()) this.#due.add(job);
    void this.#look();
  }

  /** One query at a time over everything that is due; what rings meanwhile is in the next one. */
  async #look(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    try {
      while (this.#due.size > 0 && !this.#closed) {
        const due = [...this.#due];
        this.#due.clear();
        const looks = await this.repository.look(due.map(({ id, lastSeq }) => ({ id, seq: lastSeq })));
        const byId = new Map(looks.map((look) => [look.id, look]));
        for (const job of due) if (job.take(byId.get(job.id)) && job.watchers > 0) this.#due.add(job);
        this.#failing = false;
      }
    } catch (error) {
      if (!this.#failing) this.log.warn({ error: errorName(error) }, 'watched jobs could not be read; the next second tries again');
      this.#failing = true;
    } finally {
      this.#looking = false;
    }
  }
}

/** @throws AppError not_found, gone */
function permitted(job: WatchedJob, tenantId: string): Look {
  const { look } = job;
  if (look?.tenant_id !== tenantId) throw new AppError('not_found', 'there is no such job');
  if (look.deleted) throw new AppError('gone', 'the job was deleted');
  return look;
}

function stateOf({ status, stage, version, operation, progress }: Look): WatchedState {
  const percent =
    status === 'completed'
      ? 100
      : Math.min(
          99,
          jobProgress(operation, (name) => progress[name]),
        );
  return { status, stage, version, progress: percent };
}

/** Resolves with the promise or when the signal aborts. */
async function raced(promise: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) return promise;
  if (signal.aborted) return;
  let wake = (): void => undefined;
  const aborted = new Promise<void>((resolve) => (wake = resolve));
  signal.addEventListener('abort', wake, { once: true });
  await Promise.race([promise, aborted]);
  signal.removeEventListener('abort', wake);
}
