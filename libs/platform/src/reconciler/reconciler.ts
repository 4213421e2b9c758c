import type { Database } from '../database/database.js';
import type { ReconcilerRepository } from '../database/reconciler.repository.js';
import type { Rings } from '../queue/rings.js';
import { noteTerminal } from '../stages/stage-runner.js';
import { errorName, type Logger } from '../telemetry/logger.js';
import type { Metrics } from '../telemetry/metrics.js';

const PASS_MS = 5_000;
/** Of all gateways one does a pass at a time. */
const LEADER_LOCK = 0x7265636f;

/** Sets right what no event brings about, and exports what is true of all jobs together. */
export class Reconciler {
  #timer: NodeJS.Timeout | undefined;
  #pass: Promise<void> = Promise.resolve();

  constructor(
    private readonly database: Database,
    private readonly repository: ReconcilerRepository,
    private readonly rings: Rings,
    private readonly metrics: Metrics,
    private readonly log: Logger,
  ) {}

  start(): void {
    this.#timer = setInterval(() => {
      this.#pass = this.#pass.then(() => this.pass());
    }, PASS_MS);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#pass;
  }

  /** One full pass, if no other gateway is at it. */
  async pass(): Promise<void> {
    try {
      await this.database.transaction(async (query) => {
        const [leader] = await query<{ mine: boolean }>('SELECT pg_try_advisory_xact_lock($1) AS mine', [LEADER_LOCK]);
        if (leader?.mine) await this.#repair();
      });
    } catch (error) {
      this.log.warn({ error: errorName(error) }, 'a pass of the reconciler failed; the next one tries again');
    }
  }

  async #repair(): Promise<void> {
    for (const transition of await this.repository.tick()) {
      this.metrics.reconcilerRepairs.inc({ kind: transition.after.status });
      noteTerminal(this.metrics, transition.job, transition);
    }
    await this.rings.ring(await this.repository.servicesWithReadyWork());
    const { backlogJobs, backlogAge, inflight, lostJobs } = this.metrics;
    for (const gauge of [backlogJobs, backlogAge, inflight]) gauge.reset();
    for (const backlog of await this.repository.backlog()) {
      backlogJobs.set({ stage: backlog.stage, class: backlog.class }, backlog.ready);
      backlogAge.set({ stage: backlog.stage, class: backlog.class }, backlog.ageSeconds);
      inflight.inc({ stage: backlog.stage }, backlog.running);
    }
    lostJobs.set(await this.repository.lostJobs());
  }
}
