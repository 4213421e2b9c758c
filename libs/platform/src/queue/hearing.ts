/** A client that is well hears rings within milliseconds; one that has heard none for so long, while there was work, may be deaf. */
export const SILENCE_MS = 30_000;

/**
 * Tells when a listener is deaf: its client believes it is connected and gets nothing (jobs.md, section 6, failure 6). Its tick found work that no
 * ring had announced, it has heard no ring for `SILENCE_MS`, and rings lay on the queue at two looks in a row. Work that nobody rings for
 * (a retry whose time has come) leaves no ring on the queue, and a healthy listener takes one that lies there before the second look.
 * Times are milliseconds of one monotonic clock.
 */
export class Hearing {
  #heardAt: number;
  #missed = false;
  #rang = false;

  constructor(
    now: number,
    private readonly silenceMs = SILENCE_MS,
  ) {
    this.#heardAt = now;
  }

  /** A ring was heard. */
  heard(now: number): void {
    this.#heardAt = now;
    this.#missed = false;
    this.#rang = false;
  }

  /** Work was found that no ring had announced. */
  missed(): void {
    this.#missed = true;
  }

  /** Whether it is worth a look at the queue. */
  inDoubt(now: number): boolean {
    return this.#missed && now - this.#heardAt >= this.silenceMs;
  }

  /** What a look at the queue says: so many rings wait there. */
  isDeaf(waiting: number): boolean {
    const before = this.#rang;
    this.#rang = waiting > 0;
    return before && this.#rang;
  }
}
