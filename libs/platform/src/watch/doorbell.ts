import type { Database } from '../database/database.js';
import { errorName, type Logger } from '../telemetry/logger.js';

const CHANNEL = 'attune_job_events';
const RETRY_MS = 1_000;

/**
 * Rings when something is written into a job's history: one listening connection for the whole process, as long as somebody wants to
 * hear of a job. A ring is a hint and may be lost; whoever needs the truth also looks by the clock.
 */
export class Doorbell {
  readonly #listeners = new Map<string, Set<() => void>>();
  readonly #timer: NodeJS.Timeout;
  #hangUp: (() => Promise<void>) | undefined;
  #connecting = false;
  #closed = false;

  constructor(
    private readonly database: Database,
    private readonly log: Logger,
  ) {
    this.#timer = setInterval(() => this.#connect(), RETRY_MS).unref();
  }

  /** Calls `ring` at every ring for the job; answers what ends that. */
  listen(jobId: string, ring: () => void): () => void {
    const listeners = this.#listeners.get(jobId) ?? new Set();
    this.#listeners.set(jobId, listeners.add(ring));
    this.#connect();
    return () => {
      listeners.delete(ring);
      if (listeners.size === 0 && this.#listeners.get(jobId) === listeners) this.#listeners.delete(jobId);
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#timer);
    await this.#hangUp?.().catch(() => undefined);
  }

  /** Connects when somebody listens and there is no connection; until there is, the clock has to do. */
  #connect(): void {
    if (this.#hangUp || this.#connecting || this.#closed || this.#listeners.size === 0) return;
    this.#connecting = true;
    this.database
      .listen(
        CHANNEL,
        (jobId) => this.#listeners.get(jobId)?.forEach((ring) => ring()),
        () => (this.#hangUp = undefined),
      )
      .then(
        (hangUp) => {
          this.#hangUp = hangUp;
          if (this.#closed) void hangUp().catch(() => undefined);
        },
        (error: unknown) => this.log.debug({ error: errorName(error) }, 'nobody rings for jobs yet'),
      )
      .finally(() => (this.#connecting = false));
  }
}
