import type { HistoryRow } from '../database/jobs.repository.js';
import { LOOK_LINES, type Look } from '../database/watch.repository.js';

/** Lines that are remembered for watchers who come later or read slowly; older ones are read from the database. */
const REMEMBERED = 256;

/** What is known of one watched job, shared by all who watch it. Its watchers hold a place in the history each and nothing else. */
export class WatchedJob {
  watchers = 0;
  look: Look | undefined;
  /** The job does not exist. */
  missing = false;
  /** All lines that were there at the last look are known. */
  caughtUp = false;
  #events: HistoryRow[] = [];
  #lastSeq = 0;
  #changed!: Promise<void>;
  #wake: () => void = () => undefined;

  /** `end` is what stops the ringing. */
  constructor(
    readonly id: string,
    readonly end: () => void,
  ) {
    this.#renew();
  }

  /** The highest line that is known. */
  get lastSeq(): number {
    return this.#lastSeq;
  }

  /** Resolves at the next change. */
  get changed(): Promise<void> {
    return this.#changed;
  }

  /** Answers whether there is more to fetch at once. */
  take(look: Look | undefined): boolean {
    const before = this.look;
    this.missing = look === undefined;
    this.look = look;
    const fresh = look?.events.filter(({ seq }) => seq > this.#lastSeq) ?? [];
    this.#events.push(...fresh);
    this.#lastSeq = fresh.at(-1)?.seq ?? this.#lastSeq;
    if (this.#events.length > REMEMBERED) this.#events = this.#events.slice(-REMEMBERED);
    const caughtUp = (look?.events.length ?? 0) < LOOK_LINES;
    const changed = before === undefined || fresh.length > 0 || caughtUp !== this.caughtUp || !sameState(before, look);
    this.caughtUp = caughtUp;
    if (changed) this.wake();
    return !caughtUp;
  }

  /** Lets everybody look who waits for a change. */
  wake(): void {
    const wake = this.#wake;
    this.#renew();
    wake();
  }

  #renew(): void {
    this.#changed = new Promise((resolve) => (this.#wake = resolve));
  }

  /** Remembered lines after `seq`; undefined when some of them are no longer remembered. */
  after(seq: number): readonly HistoryRow[] | undefined {
    if (seq >= this.#lastSeq) return [];
    const first = this.#events[0];
    return first === undefined || first.seq > seq + 1 ? undefined : this.#events.filter((event) => event.seq > seq);
  }
}

function sameState(before: Look, now: Look | undefined): boolean {
  return (
    now !== undefined &&
    before.version === now.version &&
    before.deleted === now.deleted &&
    Object.entries(now.progress).every(([stage, progress]) => before.progress[stage] === progress)
  );
}
