import { type JobStatus, WORKER_SERVICES, type WorkerService } from '@attune/core';
import { decide } from '../decide.js';
import { TERMINAL } from '../state.js';
import { type Client, client } from './client.fixture.js';
import { SimulatedDatabase } from './database.fixture.js';
import { Dice } from './dice.fixture.js';
import { ObjectStore } from './object-store.fixture.js';
import { type Actor, type Process, Scheduler } from './scheduler.fixture.js';
import { calmAfter, type Weather, weatherOf } from './weather.fixture.js';
import { must } from './witness.fixture.js';
import { type Habits, quiet, SimulatedWorker, type World } from './worker.fixture.js';

const STORM_MS = 30_000;
/** Longest backoff of every stage, pauses and leases included, twice over. */
const SETTLED_MS = 3_600_000;
const RECONCILER_MS = 5_000;

export interface Settled {
  readonly statuses: readonly JobStatus[];
  readonly generations: number;
  readonly steps: number;
}

export interface Sabotage {
  readonly machine?: typeof decide;
  readonly habits?: Partial<Habits>;
}

/**
 * One schedule: a storm in which everything fails as often as the weather of this seed says, then calm, in which every job must come to
 * its end. The same seed is the same schedule. @throws Error at the first step after which an invariant does not hold.
 */
export function simulate(seed: number, { machine = decide, habits = {} }: Sabotage = {}): Settled {
  const simulation = new Simulation(new Dice(seed), machine, { ticks: true, removesWhatIsNobodys: true, ...habits });
  return simulation.play();
}

class Simulation implements World {
  readonly scheduler = new Scheduler();
  readonly store = new ObjectStore(() => this.dice.happens(this.weather.storeFails));
  readonly database: SimulatedDatabase;
  weather: Weather;
  readonly #clients: Client[] = [];
  readonly #workers: SimulatedWorker[] = [];
  readonly #immortal: Process = { alive: true, pausedUntil: 0 };
  #downUntil = 0;
  #born = 0;

  constructor(
    readonly dice: Dice,
    machine: typeof decide,
    readonly habits: Habits,
  ) {
    this.weather = weatherOf(dice);
    this.database = new SimulatedDatabase(
      machine,
      this.scheduler,
      () => this.#luck(),
      (service) => this.#ring(service),
      (key) => this.store.seen(key),
    );
    for (const service of WORKER_SERVICES) for (let i = dice.between(1, 3); i > 0; i--) this.#bear(service);
    for (let i = dice.between(1, 4); i > 0; i--) {
      const told: Client = { job: undefined };
      this.#clients.push(told);
      this.scheduler.spawn(this.#immortal, client(this, `key ${i}`, told));
    }
    for (let i = dice.between(1, 3); i > 0; i--) this.scheduler.spawn(this.#immortal, this.#reconciler(), dice.between(0, RECONCILER_MS));
    if (this.weather.blowMs < Infinity) this.scheduler.spawn(this.#immortal, this.#blows());
  }

  play(): Settled {
    this.#until(this.scheduler.now + STORM_MS, () => false);
    this.weather = calmAfter(this.weather);
    this.#until(this.scheduler.now + SETTLED_MS, () => this.#isOver());
    must(this.#isOver(), 'every job that was accepted comes to its end (I1)');
    must(this.database.jobs.length === this.#clients.length, 'one key is one job (I6)');
    const { jobs } = this.database;
    return {
      statuses: jobs.map(({ state }) => state.status),
      generations: Math.max(...jobs.map(({ state }) => state.generation)),
      steps: this.scheduler.steps,
    };
  }

  #until(end: number, over: () => boolean): void {
    let seen = -1;
    while (!over() && this.scheduler.step(end)) {
      const changes = this.store.changes + this.database.changes;
      if (changes !== seen) this.database.check();
      seen = changes;
    }
  }

  #isOver(): boolean {
    return this.#clients.every(({ job }) => job !== undefined && TERMINAL.has(this.database.jobs[job]!.state.status));
  }

  #luck(): 'told' | 'aborted' | 'unheard' {
    if (this.scheduler.now < this.#downUntil || this.dice.happens(this.weather.aborted)) return 'aborted';
    return this.dice.happens(this.weather.unheard) ? 'unheard' : 'told';
  }

  /** A ring may be lost, come twice, and come late: after others that were sent later. */
  #ring(service: WorkerService): void {
    const { ringLost, ringTwice, ringLateMs } = this.weather;
    if (this.dice.happens(ringLost)) return;
    for (let copies = this.dice.happens(ringTwice) ? 2 : 1; copies > 0; copies--)
      this.scheduler.spawn(this.#immortal, this.#rung(service), this.dice.next() * ringLateMs);
  }

  // eslint-disable-next-line require-yield -- one step, and it is over
  *#rung(service: WorkerService): Actor {
    this.dice.pick(this.#workers.filter((worker) => worker.service === service))?.work();
  }

  *#reconciler(): Actor {
    for (;;) {
      quiet(() => this.database.reconcile());
      yield RECONCILER_MS;
    }
  }

  /** Kills, stops, shuts down, and takes the database away for a while. */
  *#blows(): Actor {
    for (;;) {
      yield this.dice.next() * this.weather.blowMs;
      if (this.weather.blowMs === Infinity) return;
      const worker = this.dice.pick(this.#workers);
      switch (this.dice.pick(['kill', 'stop', 'shut down', 'database'] as const)) {
        case 'kill':
          worker.alive = false;
          this.#replace(worker);
          break;
        case 'stop':
          worker.pausedUntil = Math.max(worker.pausedUntil, this.scheduler.now + this.dice.between(1, 60_000));
          break;
        case 'shut down':
          worker.shutDown();
          this.#replace(worker);
          break;
        case 'database':
          this.#downUntil = this.scheduler.now + this.dice.between(1, 20_000);
      }
    }
  }

  #replace(worker: SimulatedWorker): void {
    this.#workers.splice(this.#workers.indexOf(worker), 1);
    this.#bear(worker.service);
  }

  #bear(service: WorkerService): void {
    this.#workers.push(new SimulatedWorker(service, `${service} ${this.#born++}`, this));
  }
}
