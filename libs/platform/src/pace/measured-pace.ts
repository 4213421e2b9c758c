import type { Operation, StageName, WorkerService } from '@attune/core';
import type { MeasuredAttempt, PaceRepository } from '../database/pace.repository.js';
import { errorName, type Logger } from '../telemetry/logger.js';

/** How fast a stage is: of an input, and of the usual job. */
export interface StagePace {
  readonly bytesPerSecond: number;
  readonly secondsPerJob: number;
}

/** What was measured of late. */
export interface Paces {
  readonly of: (operation: Operation, stage: StageName) => StagePace | undefined;
  /** Stages of a service that are worked on at once; at least 1. */
  readonly slots: (service: WorkerService) => number;
}

/** After so many further attempts an attempt counts for half. */
const HALF_LIFE = 10;
const KEEP = 0.5 ** (1 / HALF_LIFE);
const FRESH_MS = 10_000;

export const UNMEASURED: Paces = { of: () => undefined, slots: () => 1 };

/**
 * Exponentially weighted throughput by operation and stage. Bytes and seconds are weighted apart, so that a thousand tiny jobs, which take
 * their time for everything but bytes, say little of a large one.
 */
export function pacesOf(attempts: readonly MeasuredAttempt[], workers: readonly { service: WorkerService; slots: number }[]): Paces {
  const sums = new Map<string, { bytes: number; seconds: number; jobs: number }>();
  for (const { operation, stage, bytes, seconds } of attempts) {
    const key = `${operation} ${stage}`;
    const sum = sums.get(key) ?? { bytes: 0, seconds: 0, jobs: 0 };
    sums.set(key, { bytes: sum.bytes * KEEP + bytes, seconds: sum.seconds * KEEP + seconds, jobs: sum.jobs * KEEP + 1 });
  }
  const slots = new Map(workers.map((worker) => [worker.service, worker.slots]));
  return {
    of: (operation, stage) => {
      const sum = sums.get(`${operation} ${stage}`);
      return sum && sum.bytes > 0 ? { bytesPerSecond: sum.bytes / sum.seconds, secondsPerJob: sum.seconds / sum.jobs } : undefined;
    },
    slots: (service) => Math.max(1, slots.get(service) ?? 1),
  };
}

/** The paces as of some seconds ago. Asking costs nothing: what is old is read anew behind the back of whoever asks. */
export class MeasuredPace {
  #paces = UNMEASURED;
  #readAt = -Infinity;

  constructor(
    private readonly repository: PaceRepository,
    private readonly log: Logger,
  ) {}

  current(): Paces {
    if (performance.now() - this.#readAt > FRESH_MS) void this.refresh();
    return this.#paces;
  }

  async refresh(): Promise<void> {
    // Before it is read: however many ask meanwhile, one reads.
    this.#readAt = performance.now();
    try {
      this.#paces = pacesOf(await this.repository.measured(), await this.repository.slots());
    } catch (error) {
      this.log.warn({ error: errorName(error) }, 'the pace of stages could not be read; estimates stay as they were');
    }
  }
}
