import type { GarbageRepository } from '../database/garbage.repository.js';
import { errorName, type Logger } from '../telemetry/logger.js';
import type { Amount, GarbageCollector } from './garbage-collector.js';
import type { Retention } from './retention.js';

const EVERY_SECONDS = 3_600;

/** The chores that the leader does once an hour, whoever leads then; beside the passes of the reconciler, which never wait for them. */
export class Housekeeping {
  readonly #stop = new AbortController();
  #underWay: Promise<void> | undefined;

  constructor(
    private readonly garbage: GarbageRepository,
    private readonly collector: GarbageCollector,
    private readonly retention: Retention,
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
    await this.#chore('retention', 'what was kept long enough was removed', () => this.retention.expire(this.#stop.signal));
    await this.#chore('gc', 'garbage was collected', async () => {
      const { swept } = await this.collector.collect({ dryRun: false, signal: this.#stop.signal });
      const sum = (of: keyof Amount): number => Object.values(swept).reduce((total, amount) => total + amount[of], 0);
      return { objects: sum('objects'), bytes: sum('bytes') };
    });
  }

  async #chore(name: string, done: string, work: () => Promise<Amount>): Promise<void> {
    try {
      if (this.#stop.signal.aborted || !(await this.garbage.beginChore(name, EVERY_SECONDS))) return;
      this.log.info(await work(), done);
    } catch (error) {
      if (!this.#stop.signal.aborted)
        this.log.warn({ what: name, error: errorName(error) }, 'a chore failed; in an hour it is tried again');
    }
  }
}
