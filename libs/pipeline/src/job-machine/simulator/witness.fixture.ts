import { type JobStatus, type StageStatus } from '@attune/core';
import {
  type Effect,
  type JobEvent,
  type JobState,
  MAX_CRASHES_OF_PASS,
  MAX_LOST_LEASES,
  MAX_TRANSIENT_TRIES,
  PARALLEL_STAGES,
  type StageState,
  TERMINAL,
} from '../state.js';
import { isSame } from '../shards.js';
import type { JobFacts } from './job-facts.fixture.js';

/** Where a job may go within one generation; a new one leads from any end to `processing`. */
const JOB_GRAPH: Record<JobStatus, readonly JobStatus[]> = {
  pending: ['processing', 'failed', 'cancelled', 'expired'],
  processing: ['awaiting_review', 'completed', 'failed', 'cancelled', 'expired'],
  awaiting_review: ['processing', 'failed', 'cancelled', 'expired'],
  completed: [],
  failed: [],
  cancelled: [],
  expired: [],
};
const STAGE_GRAPH: Record<StageStatus, readonly StageStatus[]> = {
  waiting: ['ready', 'cancelled'],
  ready: ['running', 'cancelled'],
  running: ['ready', 'done', 'failed', 'cancelled'],
  done: ['ready', 'waiting'],
  failed: ['ready', 'waiting'],
  cancelled: ['ready', 'waiting'],
};
/** Events that begin a generation. */
const RENEWING: ReadonlySet<JobEvent['type']> = new Set(['resubmit', 'redrive']);

interface Held {
  readonly epoch: number;
  leaseUntil: number;
}

/** Remembers of one job what was granted and what has ended, apart from the machine, and compares every step with it. */
export class Witness {
  /** The highest epoch ever granted, by place. */
  readonly #granted = new Map<string, number>();
  readonly #held = new Map<string, Held>();
  readonly #attempts = new Set<string>();
  #terminals = 0;

  /** What the machine has made of a new job, or of `before`. */
  saw(
    before: JobState | undefined,
    event: JobEvent | undefined,
    effects: readonly Effect[],
    { state, history }: JobFacts,
    now: number,
  ): void {
    const renewing = event !== undefined && RENEWING.has(event.type);
    if (before !== undefined && event !== undefined) this.#holder(before, event, state, now);
    this.#ends(before, state, effects, renewing);
    this.#graph(before, state, renewing);
    this.#attemptsOf(state, effects);
    this.#told(before, state, effects, history);
    this.#whole(before, state, effects);
  }

  beat(stage: StageState, leaseUntil: number): void {
    const held = this.#held.get(placeOf(stage));
    must(held?.epoch === stage.epoch, 'only the holder of the latest epoch renews its lease (I4)');
    held!.leaseUntil = leaseUntil;
  }

  #holder(before: JobState, event: JobEvent, state: JobState, now: number): void {
    const place = 'stage' in event ? `${event.stage}/${event.shard ?? 0}` : '';
    switch (event.type) {
      case 'claim': {
        const held = this.#held.get(place);
        must(held === undefined || held.leaseUntil < now, 'a lease is not taken before it has ended');
        must(!before.cancelRequested && !TERMINAL.has(before.status), 'nothing is claimed of a job that stops');
        if (TERMINAL.has(state.status)) break;
        const stage = state.stages.find((one) => placeOf(one) === place)!;
        must(stage.epoch > (this.#granted.get(place) ?? 0), 'every claim has a higher epoch than all before (I4)');
        this.#granted.set(place, stage.epoch);
        this.#held.set(place, { epoch: stage.epoch, leaseUntil: stage.leaseUntil! });
        return;
      }
      case 'commit':
      case 'fail':
      case 'park':
      case 'release':
      case 'stop':
        must(this.#held.get(place)?.epoch === event.epoch, 'only the holder of the latest epoch is heard (I4)');
        must(!TERMINAL.has(before.status), 'nothing is heard after the end (I14)');
        this.#held.delete(place);
        if (event.type === 'park' || event.type === 'release') this.#unchargedAt(place, before, state);
        if (before.cancelRequested) must(state.status === 'cancelled', 'a cancellation outweighs what comes in late (I14)');
        break;
      case 'answer':
      case 'resubmit':
      case 'redrive':
      case 'cancel':
      case 'tick':
        break;
    }
    if (TERMINAL.has(state.status)) this.#held.clear();
  }

  /** Its claim has charged one attempt, and that one is given back. */
  #unchargedAt(place: string, before: JobState, state: JobState): void {
    const [held, left] = [before, state].map(({ stages }) => stages.find((stage) => placeOf(stage) === place)!);
    must(left!.status !== 'ready' || left!.attempt === held!.attempt - 1, 'what is handed back or parked is not charged');
    must(left!.crashCount === held!.crashCount && left!.lostCount === held!.lostCount, 'what is handed back or parked is no strike');
  }

  #ends(before: JobState | undefined, state: JobState, effects: readonly Effect[], renewing: boolean): void {
    must(state.generation === (before?.generation ?? 0) + (renewing || !before ? 1 : 0), 'a generation follows the other');
    if (renewing) this.#terminals = 0;
    must(renewing || !before || !TERMINAL.has(before.status) || state === before, 'an end is left by a new generation only (I1)');
    this.#terminals += effects.filter(({ type }) => type === 'terminal').length;
    must(this.#terminals === (TERMINAL.has(state.status) ? 1 : 0), 'each generation has exactly one end (I1)');
    must(state.status !== 'completed' || state.stages.every(({ status }) => status === 'done'), 'completed means that all stages are done');
    must((state.status === 'failed' || state.status === 'expired') === (state.error !== null), 'who fails says why, and nobody else');
  }

  #graph(before: JobState | undefined, state: JobState, renewing: boolean): void {
    if (before !== undefined && before.status !== state.status)
      must(renewing || JOB_GRAPH[before.status].includes(state.status), `a job does not go from ${before.status} to ${state.status} (I5)`);
    for (const stage of state.stages) {
      const earlier = before?.stages.find((one) => isSame(one, stage));
      if (earlier === stage) continue;
      must(stage.epoch >= (earlier?.epoch ?? 0), 'epochs never fall (I4)');
      must((stage.status === 'running') === (stage.leaseUntil !== null && stage.leaseOwner !== null), 'a stage has a holder while it runs');
      must(stage.crashCount <= MAX_CRASHES_OF_PASS && stage.lostCount <= MAX_LOST_LEASES, 'crashes and lost leases are bounded');
      must(stage.attempt <= MAX_TRANSIENT_TRIES + MAX_LOST_LEASES + MAX_CRASHES_OF_PASS, 'attempts are bounded');
      if (earlier === undefined || earlier.status === stage.status) continue;
      must(STAGE_GRAPH[earlier.status].includes(stage.status), `a stage does not go from ${earlier.status} to ${stage.status} (I5)`);
      must(earlier.status !== 'done' || renewing || before?.status === 'awaiting_review', 'what is done stays done');
    }
    const others = (one: JobState): number => one.stages.filter(({ name }) => !PARALLEL_STAGES.has(name)).length;
    must(
      renewing || !before || others(before) === others(state),
      'shards come and go with generations only, but for those that a plan adds',
    );
    const pieces = before?.stages.filter(({ name }) => PARALLEL_STAGES.has(name)) ?? [];
    must(
      pieces.every((piece) => state.stages.some((one) => isSame(one, piece))),
      'a piece that was cut stays one',
    );
  }

  /** The row of an attempt is there before the work, and is closed once. */
  #attemptsOf(state: JobState, effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.type !== 'attempt_started' && effect.type !== 'attempt_ended') continue;
      const attempt = `${effect.stage}/${effect.shard}/${effect.epoch}`;
      const wasOpen = this.#attempts.delete(attempt);
      must(wasOpen === (effect.type === 'attempt_ended'), 'an attempt begins once and ends once');
      if (effect.type === 'attempt_started') this.#attempts.add(attempt);
    }
    const running = state.stages.filter(({ status }) => status === 'running').length;
    must(this.#attempts.size === running, 'an attempt is open exactly while its stage runs');
  }

  #told(before: JobState | undefined, state: JobState, effects: readonly Effect[], history: string[]): void {
    const told = effects.flatMap((effect) =>
      effect.type === 'history' && effect.line.type === 'job.status_changed' ? [effect.line.data['status']] : [],
    );
    must(told.length <= 1 && (told[0] ?? state.status) === state.status, 'the history tells the status that is (I5)');
    must(before === undefined || told.length === 1 || before.status === state.status, 'no status changes untold (I5)');
    for (const effect of effects) if (effect.type === 'history') history.push(state.status);
  }

  #whole(before: JobState | undefined, state: JobState, effects: readonly Effect[]): void {
    const open = state.stages.filter(({ status }) => status === 'ready' || status === 'running');
    const stands = TERMINAL.has(state.status) || state.status === 'awaiting_review';
    const together = ({ name }: StageState): boolean => name === open[0]!.name && PARALLEL_STAGES.has(name);
    const isOne = open.length === 1 || (open.length > 1 && open.every(together));
    must(stands ? open.length === 0 : isOne, 'one stage is open until the end, and none during a review (I1)');
    const undone = state.stages.findIndex(({ status }) => status !== 'done');
    const isBeside = ({ name }: StageState): boolean => PARALLEL_STAGES.has(name) && name === state.stages[undone]!.name;
    must(undone < 0 || state.stages.slice(undone).every((stage) => stage.status !== 'done' || isBeside(stage)), 'stages are done in order');
    must(state.keptGeneration !== state.generation || TERMINAL.has(state.status), 'what is kept is over');
    for (const stage of open) {
      if (stage.status !== 'ready' || before?.stages.find((one) => isSame(one, stage))?.status === 'ready') continue;
      const rung = effects.some((effect) => effect.type === 'ready' && effect.stage === stage.name && effect.shard === stage.shard);
      must(rung, 'a stage that becomes ready gets its fair place and a ring');
    }
  }
}

const placeOf = ({ name, shard }: StageState): string => `${name}/${shard}`;

/** The `expect` of a loop that runs a million times. */
export function must(fact: boolean, invariant: string): void {
  if (!fact) throw new Error(`broken: ${invariant}`);
}
