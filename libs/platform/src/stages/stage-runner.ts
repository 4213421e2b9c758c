import { AppError, type WorkerService } from '@attune/core';
import type { Claim } from '../database/stages.repository.js';
import type { Transition } from '../database/transition.js';
import { correlated } from '../telemetry/correlation.js';
import { errorName } from '../telemetry/logger.js';
import type { Metrics } from '../telemetry/metrics.js';
import { inSpan, SpanKind } from '../telemetry/tracing.js';
import { Attempt, type AttemptEnd } from './attempt.js';
import type { RunnerParts } from './runner-parts.js';
import { ScratchFolders } from './scratch-folders.js';
import type { Stage } from './stage.js';

const TICK_MS = 1_000;
const SWEEP_MS = 10_000;

/** Works on the stages of one service: claims while a slot is free, on every ring and on every tick. */
export class StageRunner {
  readonly #running = new Map<Claim, { attempt: Attempt; done: Promise<void> }>();
  readonly #stages: ReadonlyMap<string, Stage>;
  /** Rings that wait for a slot. */
  readonly #waiting: (() => void)[] = [];
  #claiming = 0;
  #open = true;
  #patient = true;
  #timer: NodeJS.Timeout | undefined;
  #sweeper: NodeJS.Timeout | undefined;
  #sweep: Promise<void> = Promise.resolve();
  readonly #folders: ScratchFolders;

  constructor(
    readonly service: WorkerService,
    readonly worker: string,
    readonly slots: number,
    stages: readonly Stage[],
    private readonly parts: RunnerParts,
  ) {
    this.#folders = new ScratchFolders(parts.scratchDir);
    this.#stages = new Map(stages.filter((stage) => stage.service === service).map((stage) => [stage.name, stage]));
  }

  get busy(): number {
    return this.#running.size;
  }

  /** The tick finds what rings have missed: lost rings, expired leases, retries whose time has come; `onFound` is told when it did. */
  start(onFound: () => void = () => undefined): void {
    this.#timer = setInterval(() => void this.work(onFound), TICK_MS);
    this.#sweeper = setInterval(() => {
      this.#sweep = this.#sweep.then(() => this.sweep());
    }, SWEEP_MS);
    this.#sweep = this.sweep();
    void this.work();
  }

  /**
   * Claims and works until nothing is ready or no slot is free; `onFound` is told when there was something. One call per ring: the ring lasts
   * as long as its stage.
   */
  async work(onFound?: () => void): Promise<void> {
    let tell = onFound;
    while (this.#open && !this.#isFull) {
      this.#claiming++;
      const claim = await this.#claim().finally(() => this.#claiming--);
      if (claim) {
        tell?.();
        tell = undefined;
        await this.#run(claim);
      }
      this.#waiting.shift()?.();
      if (!claim) return;
    }
  }

  /** Looks for work at once and answers true; false when it could take none now, so that others have to be told. */
  look(): boolean {
    if (!this.#open || this.#isFull || this.parts.blobs.circuit?.refuses === true) return false;
    void this.work();
    return true;
  }

  /** What a ring asks for: one look for work, once there is a slot for it. Until then the ring stays, and no more are taken. */
  async heard(): Promise<void> {
    while (this.#open && this.#isFull) await new Promise<void>((wake) => this.#waiting.push(wake));
    await this.work();
  }

  /** Removes what is kept of attempts on this machine and is of no use any more; nobody else does for a stage that is at nobody's. */
  async sweep(): Promise<void> {
    const { log, stages } = this.parts;
    await this.#folders
      .sweep((jobIds) => stages.standing(jobIds))
      .catch((error: unknown) => log.warn({ error: errorName(error) }, 'scratch directories could not be swept; the next time they are'));
  }

  /** Stops claiming, lets running stages finish for `graceMs`, then hands the rest back without charging an attempt. */
  async stop(graceMs: number): Promise<void> {
    this.#open = false;
    for (const wake of this.#waiting.splice(0)) wake();
    clearInterval(this.#timer);
    clearInterval(this.#sweeper);
    const patience = setTimeout(() => {
      this.#patient = false;
      for (const { attempt } of this.#running.values()) attempt.handBack();
    }, graceMs);
    while (this.#claiming > 0 || this.#running.size > 0) {
      await Promise.allSettled([...this.#running.values()].map(({ done }) => done));
      await new Promise((resolve) => setImmediate(resolve));
    }
    clearTimeout(patience);
    await this.#sweep;
  }

  get #isFull(): boolean {
    return this.#running.size + this.#claiming >= this.slots;
  }

  async #claim(): Promise<Claim | undefined> {
    // Every stage needs the store: what cannot be worked on is better left where it is.
    if (this.parts.blobs.circuit?.refuses === true) return undefined;
    try {
      return await this.parts.stages.claim(this.service, this.worker);
    } catch (error) {
      this.parts.log.warn({ service: this.service, error: errorName(error) }, 'claiming failed; the next tick tries again');
      return undefined;
    }
  }

  async #run(claim: Claim): Promise<void> {
    const attempt = new Attempt(claim, this.worker, this.parts);
    if (!this.#patient) attempt.handBack(); // claimed while the runner was being stopped
    const ids = { job_id: claim.jobId, stage: claim.stage, epoch: claim.epoch };
    const known = claim.requestId === null ? ids : { ...ids, request_id: claim.requestId };
    const done = correlated(known, () => this.#perform(claim, attempt));
    this.#running.set(claim, { attempt, done });
    await done.finally(() => this.#running.delete(claim));
  }

  async #perform(claim: Claim, attempt: Attempt): Promise<void> {
    const { metrics, log, rings } = this.parts;
    let ended: AttemptEnd | undefined;
    const { attempt: tries } = claim;
    if (claim.takenOver) metrics.leasesExpired.inc({ stage: claim.stage });
    metrics.queueWait.observe({ operation_type: claim.operation, class: claim.priorityClass }, claim.waitedMs / 1000);
    const stop = metrics.stageDuration.startTimer({ stage: claim.stage });
    const attributes = { job_id: claim.jobId, 'messaging.destination.name': `${this.service}.${claim.stage}`, epoch: claim.epoch };
    try {
      // Child of the job's own trace, and linked to the submit because the wait between them may be hours.
      const of = { kind: SpanKind.CONSUMER, traceparent: claim.traceparent, root: true, linked: true, attributes };
      const end = await inSpan(`process ${this.service}.${claim.stage}`, of, async (span) => {
        log.info({ attempt: tries }, 'stage started');
        ended = await attempt.perform(this.#stage(claim));
        span.setAttributes({ outcome: ended.outcome, ...(ended.code === undefined ? {} : { code: ended.code }) });
        log.info({ attempt: tries, outcome: ended.outcome, code: ended.code }, 'stage ended');
        return ended;
      });
      stop({ outcome: end.outcome });
      metrics.attempts.inc({ stage: claim.stage, outcome: end.outcome });
      if (end.outcome === 'fenced') metrics.fencedWrites.inc({ stage: claim.stage });
      if (end.transition) {
        noteTerminal(metrics, claim, end.transition);
        noteRetry(metrics, end.transition);
        await rings.ring(end.transition.rings, { job_id: claim.jobId });
      }
    } catch (error) {
      // The outcome could not be written: the lease runs out and somebody takes over.
      stop({ outcome: 'lost' });
      log.error({ attempt: tries, error: errorName(error) }, 'the outcome of a stage could not be written');
    } finally {
      await this.#tidy(claim, ended);
    }
  }

  /** What the attempt leaves on this machine: something only where the stage is to be tried again, which is also so where its outcome was lost. */
  async #tidy(claim: Claim, end: AttemptEnd | undefined): Promise<void> {
    if (end !== undefined && end.transition === undefined) return this.#folders.leave(claim);
    const stage = end?.transition?.after.stages.find(({ name, shard }) => name === claim.stage && shard === claim.shard);
    await (end === undefined || stage?.status === 'ready' ? this.#folders.keep(claim) : this.#folders.clear(claim));
  }

  #stage(claim: Claim): Stage {
    const stage = this.#stages.get(claim.stage);
    if (!stage) throw new AppError('plan.unresolved', `this worker has no stage ${claim.stage}`);
    return stage;
  }
}

/** Counts an attempt that failed and is tried again, by the class of its error. */
function noteRetry(metrics: Metrics, { effects, after }: Transition): void {
  for (const effect of effects) {
    if (effect.type !== 'history' || effect.line.type !== 'stage.retried') continue;
    const stage = after.stages.find(({ name }) => name === effect.line.data['stage']);
    metrics.retries.inc({ stage: stage?.name ?? 'unknown', error_class: stage?.error?.class ?? 'unknown' });
  }
}

/** Counts the end of a job, in the process that committed it. */
export function noteTerminal(metrics: Metrics, job: { operation: string }, transition: Transition): void {
  const terminal = transition.effects.find((effect) => effect.type === 'terminal');
  if (!terminal) return;
  metrics.jobsProcessed.inc({ status: terminal.status });
  if (terminal.status === 'failed') metrics.jobsFailed.inc({ error_class: transition.after.error?.class ?? 'unknown' });
  // A later generation begins with its resubmission.
  const began = transition.job.generation > 1 ? (transition.job.started_at ?? Date.now()) : transition.job.created_at;
  metrics.jobDuration.observe({ operation_type: job.operation }, Math.max(0, Date.now() - began) / 1000);
  const asked = transition.job.cancel_requested_at;
  // Without a worker at it a job is cancelled by the request itself.
  if (terminal.status === 'cancelled') metrics.cancelLatency.observe(asked === null ? 0 : Math.max(0, Date.now() - asked) / 1000);
}
