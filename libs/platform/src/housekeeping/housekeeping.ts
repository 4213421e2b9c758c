import type { GarbageRepository } from '../database/garbage.repository.js';
import { errorName, type Logger } from '../telemetry/logger.js';
import type { GarbageCollector } from './garbage-collector.js';

const EVERY_SECONDS = 3_600;

/** The chores that the leader does once an hour, whoever leads then; beside the passes of the reconciler, which never wait for them. */
export class Housekeeping {
  readonly #stop = new AbortController();
  #underWay: Promise<void> | undefined;

  constructor(
    private readonly garbage: GarbageRepository,
    private readonly collector: GarbageCollector,
    private readonly log: Logger,
  ) {}

  /** Begins what is due, unless it is under way; resolves when nothing is left to do. */
  tidy(): Promise<void> {
    this.#underWay ??= this.#tidy().finally(() => (this.#underWay = undefined));
    return this.#underWay;
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#underWay;
  }

  async #tidy(): Promise<void> {
    try {
      if (!(await this.garbage.beginChore('gc', EVERY_SECONDS))) return;
      const { swept } = await this.collector.collect({ dryRun: false, signal: this.#stop.signal });
      const sum = (of: 'objects' | 'bytes'): number => Object.values(swept).reduce((total, amount) => total + amount[of], 0);
      this.log.info({ objects: sum('objects'), bytes: sum('bytes') }, 'garbage was collected');
    } catch (error) {
      if (!this.#stop.signal.aborted)
        this.log.warn({ error: errorName(error) }, 'garbage could not be collected; in an hour it is tried again');
    }
  }
}
