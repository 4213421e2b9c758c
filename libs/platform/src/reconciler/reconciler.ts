import type { Database } from '../database/database.js';
import type { ReconcilerRepository } from '../database/reconciler.repository.js';
import type { Housekeeping } from '../housekeeping/housekeeping.js';
import type { Rings } from '../queue/rings.js';
import { noteTerminal } from '../stages/stage-runner.js';
import { errorName, type Logger } from '../telemetry/logger.js';
import type { Metrics } from '../telemetry/metrics.js';
import { type Servers, TruthGauges } from './truth-gauges.js';

const PASS_MS = 5_000;
/** Of all gateways one is the leader, for as long as its session with the database lives. */
const LEADER_LOCK = 0x7265636f;

/** Sets right what no event brings about, and exports what is true of all jobs together: in one process of all. */
export class Reconciler {
  readonly #gauges: TruthGauges;
  readonly #stop = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #pass: Promise<void> = Promise.resolve();
  #giveBack: (() => Promise<void>) | undefined;

  constructor(
    private readonly database: Database,
    private readonly repository: ReconcilerRepository,
    private readonly rings: Rings,
    private readonly metrics: Metrics,
    private readonly log: Logger,
    private readonly housekeeping: Housekeeping,
    servers: Servers,
    /** What else the leader does in each pass. */
    private readonly eachPass: readonly ((signal: AbortSignal) => Promise<void>)[] = [],
  ) {
    this.#gauges = new TruthGauges(repository, servers, metrics);
  }

  start(): void {
    this.#timer = setInterval(() => {
      this.#pass = this.#pass.then(() => this.pass());
    }, PASS_MS);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#stop.abort();
    await this.#pass;
    await this.housekeeping.stop();
    await this.#giveBack?.();
  }

  /** One full pass, if no other gateway leads. */
  async pass(): Promise<void> {
    try {
      if (await this.#leads()) await this.#repair();
    } catch (error) {
      this.log.warn({ error: errorName(error) }, 'a pass of the reconciler failed; the next one tries again');
    }
  }

  async #leads(): Promise<boolean> {
    if (this.#giveBack !== undefined) return true;
    this.#giveBack = await this.database.hold(LEADER_LOCK, () => {
      this.#giveBack = undefined;
      this.#gauges.forget();
    });
    this.metrics.leader.set(this.#giveBack === undefined ? 0 : 1);
    return this.#giveBack !== undefined;
  }

  async #repair(): Promise<void> {
    for (const transition of await this.repository.tick()) {
      this.metrics.reconcilerRepairs.inc({ kind: transition.after.status });
      noteTerminal(this.metrics, transition.job, transition);
    }
    await this.repository.moveFairBound();
    await this.rings.ring(await this.repository.servicesWithReadyWork());
    await this.#gauges.refresh();
    void this.housekeeping.tidy();
    for (const work of this.eachPass) {
      // Object storage that is down stops no schedule.
      await work(this.#stop.signal).catch((error: unknown) =>
        this.log.warn({ error: errorName(error) }, 'work of the leader failed; the next pass tries again'),
      );
    }
  }
}
