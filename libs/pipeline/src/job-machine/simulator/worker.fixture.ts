import { AppError, ERROR_KINDS, type ErrorCode, type StageName, type WorkerService } from '@attune/core';
import type { Claimed, Left, SimulatedDatabase } from './database.fixture.js';
import type { Dice } from './dice.fixture.js';
import { badAfter, type JobFacts, latest } from './job-facts.fixture.js';
import type { ObjectStore } from './object-store.fixture.js';
import type { Actor, Process, Scheduler } from './scheduler.fixture.js';
import type { Weather } from './weather.fixture.js';

const TICK_MS = 1_000;
const HEARTBEAT_MS = 2_000;

/** What a worker does that a test may take away from it, to see that somebody notices. */
export interface Habits {
  /** Looks for work by itself, not only on a ring. */
  readonly ticks: boolean;
  /** Removes what it has stored only when the database has said that it does not count. */
  readonly removesWhatIsNobodys: boolean;
}

export interface World {
  readonly dice: Dice;
  readonly scheduler: Scheduler;
  readonly database: SimulatedDatabase;
  readonly store: ObjectStore;
  readonly habits: Habits;
  weather: Weather;
}

/** One worker process with one slot: claims, beats while it works, stores, commits; and dies, stands still or shuts down at any step. */
export class SimulatedWorker implements Process {
  alive = true;
  pausedUntil = 0;
  #open = true;
  #interruption: 'fenced' | 'cancelled' | 'released' | undefined;
  #claim: Claimed | undefined;

  constructor(
    readonly service: WorkerService,
    readonly name: string,
    private readonly world: World,
  ) {
    if (world.habits.ticks) world.scheduler.spawn(this, this.#ticks(), world.dice.between(0, TICK_MS));
  }

  /** On a ring and on every tick. */
  work(): void {
    if (!this.alive || !this.#open || this.#claim !== undefined || this.pausedUntil > this.world.scheduler.now) return;
    const claim = quiet(() => this.world.database.claim(this.service, this.name));
    if (claim === undefined) return;
    this.#claim = claim;
    this.#interruption = undefined;
    this.world.scheduler.spawn(this, this.#attempt(claim), 1);
    this.world.scheduler.spawn(this, this.#beats(claim), HEARTBEAT_MS);
  }

  /** Claims nothing any more, and hands back what it holds. */
  shutDown(): void {
    this.#open = false;
    this.#interruption ??= 'released';
  }

  *#ticks(): Actor {
    for (;;) {
      this.work();
      yield TICK_MS;
    }
  }

  *#beats(claim: Claimed): Actor {
    for (; this.#claim === claim; yield HEARTBEAT_MS) {
      try {
        if (this.world.database.heartbeat(claim, this.name).cancelRequested) this.#interruption ??= 'cancelled';
      } catch (error) {
        if (codeOf(error) === 'stage.fenced') this.#interruption ??= 'fenced';
      }
    }
  }

  *#attempt(claim: Claimed): Actor {
    const { dice, database, store, weather } = this.world;
    let key: string | undefined;
    try {
      for (let left = this.#moment(); left > 0 && !this.#interruption; left -= 1_000) yield Math.min(left, 1_000);
      const left = this.#result(claim);
      yield this.#moment();
      if (dice.happens(weather.stageFails)) throw new AppError(dice.pick(weather.codes), 'planted');
      store.put(left.key, left.content);
      key = left.key;
      if (this.#interruption) throw new AppError('stage.cancelled', 'the stage was stopped');
      // Whoever stands still here comes back with a commit that is over.
      yield this.#moment();
      const swept = database.commit(claim, left);
      key = undefined;
      yield 1;
      for (const old of swept) quiet(() => store.remove(old));
    } catch (error) {
      yield dice.between(1, 200);
      if (this.#endsAs(claim, codeOf(error)) && key !== undefined) quiet(() => store.remove(key!));
    }
    this.#claim = undefined;
    this.work();
  }

  #moment(): number {
    return this.world.dice.between(1, this.world.weather.longestStageMs);
  }

  /** True when the database has it that this epoch left nothing. */
  #endsAs(claim: Claimed, code: ErrorCode): boolean {
    const { database, dice, habits } = this.world;
    const careless = !habits.removesWhatIsNobodys;
    if (code === 'stage.fenced' || this.#interruption === 'fenced') return careless;
    try {
      if (this.#interruption) database.giveUp(claim, this.#interruption === 'cancelled' ? 'stop' : 'release');
      else {
        const error = { class: ERROR_KINDS[code].class, code, detail: '' };
        if (code === 'dependency_unavailable' && dice.happens(this.world.weather.parks)) database.park(claim, error, dice.next());
        else database.fail(claim, error, dice.next());
      }
      return true;
    } catch (error) {
      codeOf(error);
      return careless;
    }
  }

  /** What the stage makes of the artifacts that are there. @throws AppError dependency_unavailable, artifact_corrupt */
  #result(claim: Claimed): Left {
    const { stage, shard, epoch } = claim;
    const job = this.world.database.read(claim.job);
    const key = `${claim.job}/${stage}/${shard}/${epoch}`;
    const read = (from: StageName, of = 0): string => {
      const row = latest(job.artifacts, from, of);
      if (row === undefined) throw new AppError('artifact_corrupt', `an earlier stage left no ${from}`);
      return this.world.store.get(row.key);
    };
    switch (stage) {
      case 'inspect':
        return { key, content: `detection ${claim.job}` };
      case 'plan':
        return { key, content: `plan of ${read('inspect')} and mapping ${job.mapping ?? 'none'}` };
      case 'decode':
        return { key, content: `piece ${shard} by ${read('plan')}` };
      case 'validate':
        return { key, content: `findings by ${read('plan')}` };
      case 'transform': {
        const quarantined = badAfter(job, shard);
        const ledger = { in: job.records, out: job.records - quarantined, quarantined };
        return { key, content: `silver of ${shard === 0 ? 'input' : `${job.mended.get(shard)} mended`} by ${read('plan')}`, ledger };
      }
      case 'check': {
        const taken = latest(job.ledgers, 'transform')?.ledger.out;
        const ledger = taken === undefined ? {} : { ledger: { in: taken, out: taken, quarantined: 0 } };
        return { key, content: `quality of ${inputs(job, read).join(' + ')}`, ...ledger };
      }
      case 'publish':
        return { key, content: `result of ${inputs(job, read).join(' + ')} with ${read('check')}` };
    }
  }
}

/** One line per shard that left rows for this generation. */
function inputs(job: JobFacts, read: (stage: StageName, shard?: number) => string): string[] {
  if (job.operation === 'validate') return [read('validate')];
  const shards = new Set(job.artifacts.filter(({ stage }) => stage === 'transform').map(({ shard }) => shard));
  return [...shards].sort((a, b) => a - b).map((shard) => read('transform', shard));
}

export function codeOf(error: unknown): ErrorCode {
  if (error instanceof AppError) return error.code;
  throw error;
}

/** What it answers, or undefined where a server has failed or refused. */
export function quiet<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    codeOf(error);
    return undefined;
  }
}
