/** What one process does beside its other work: each `yield` ends a step and says after how many milliseconds the next one comes. */
export type Actor = Generator<number, void, void>;

/** Whatever can die or stand still as a whole. */
export interface Process {
  alive: boolean;
  /** Stopped until then, as by SIGSTOP; its steps come afterwards, as if no time had passed. */
  pausedUntil: number;
}

interface Turn {
  readonly at: number;
  readonly order: number;
  readonly process: Process;
  readonly actor: Actor;
}

/** Virtual time: the steps of all actors one after the other, by their times. */
export class Scheduler {
  now = 1_000_000;
  steps = 0;
  #order = 0;
  /** A binary heap, the next turn first. */
  readonly #turns: Turn[] = [];

  spawn(process: Process, actor: Actor, afterMs = 0): void {
    this.#push({ at: this.now + afterMs, order: this.#order++, process, actor });
  }

  /** True as long as there is a step before `until`. */
  step(until: number): boolean {
    for (let turn = this.#pop(until); turn !== undefined; turn = this.#pop(until)) {
      const { process, actor, at } = turn;
      this.now = at;
      if (!process.alive) continue;
      if (process.pausedUntil > at) {
        this.#push({ ...turn, at: process.pausedUntil });
        continue;
      }
      this.steps++;
      const { value, done } = actor.next();
      if (done !== true) this.spawn(process, actor, value);
      return true;
    }
    return false;
  }

  #push(turn: Turn): void {
    const turns = this.#turns;
    let at = turns.push(turn) - 1;
    for (; at > 0;) {
      const parent = (at - 1) >> 1;
      if (!isBefore(turn, turns[parent]!)) break;
      turns[at] = turns[parent]!;
      at = parent;
    }
    turns[at] = turn;
  }

  #pop(until: number): Turn | undefined {
    const turns = this.#turns;
    const first = turns[0];
    if (first === undefined || first.at > until) return undefined;
    const last = turns.pop()!;
    let at = 0;
    for (let child = 1; child < turns.length; child = 2 * at + 1) {
      if (child + 1 < turns.length && isBefore(turns[child + 1]!, turns[child]!)) child++;
      if (!isBefore(turns[child]!, last)) break;
      turns[at] = turns[child]!;
      at = child;
    }
    if (turns.length > 0) turns[at] = last;
    return first;
  }
}

const isBefore = (one: Turn, other: Turn): boolean => one.at < other.at || (one.at === other.at && one.order < other.order);
