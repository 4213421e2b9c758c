import { AppError, ERROR_KINDS, type ErrorClass, type JobStatus, type Operation, type StageName } from '@attune/core';
import { stagesOf } from './stages-of.js';
import {
  type AttemptOutcome,
  backoffMs,
  type Effect,
  type HistoryLine,
  type JobEvent,
  type JobState,
  LEASE_MS,
  MAX_CRASHES,
  MAX_LOST_LEASES,
  MAX_RESOURCE_TRIES,
  MAX_TRANSIENT_TRIES,
  type StageError,
  type StageState,
  TERMINAL,
} from './state.js';

export interface Decision {
  readonly state: JobState;
  readonly effects: readonly Effect[];
}

/** A new job: its first stage is ready, the others wait. */
export function createJob(operation: Operation, deadlineAt: number | null, now: number): Decision {
  const stages = stagesOf(operation).map(({ name, service }, index): StageState => ({
    name,
    shard: 0,
    service,
    status: index === 0 ? 'ready' : 'waiting',
    epoch: 0,
    attempt: 0,
    crashCount: 0,
    lostCount: 0,
    leaseOwner: null,
    leaseUntil: null,
    nextRunAt: now,
    error: null,
  }));
  const first = stages[0]!;
  return {
    state: { status: 'pending', generation: 1, keptGeneration: null, cancelRequested: false, deadlineAt, error: null, stages },
    effects: [history('job.created', 'The job was accepted.', {}), ready(first)],
  };
}

/**
 * The whole life of a job as one pure function: what `event` makes of `state` at `now` (milliseconds of the database clock).
 * @throws AppError stage.fenced when the epoch is not the current one, conflict_state when the state does not allow the event.
 */
export function decide(state: JobState, event: JobEvent, now: number): Decision {
  switch (event.type) {
    case 'claim':
      return claim(state, event, now);
    case 'commit':
      return commit(state, event, now);
    case 'fail':
      return fail(state, event, now);
    case 'release':
      return release(state, holder(state, event), now);
    case 'stop':
      return end(state, 'cancelled', null, holder(state, event));
    case 'answer':
      return answer(state, now);
    case 'resubmit':
      return resubmit(state, event.records, now);
    case 'cancel':
      return cancel(state, now);
    case 'tick':
      return tick(state, now);
  }
}

function claim(state: JobState, event: Extract<JobEvent, { type: 'claim' }>, now: number): Decision {
  const { stage: name, worker } = event;
  const stage = shardOf(state, event);
  const lost = stage.status === 'running' && leaseEnded(stage, now);
  if (TERMINAL.has(state.status) || state.cancelRequested || !(lost || (stage.status === 'ready' && stage.nextRunAt <= now))) {
    throw new AppError('conflict_state', `stage ${name} is not to be had`);
  }
  const lostCount = stage.lostCount + (lost ? 1 : 0);
  if (lostCount > MAX_LOST_LEASES) {
    return end(state, 'failed', problem('attempts_exhausted', `the lease was lost ${lostCount} times`), stage, 'lost');
  }
  const epoch = stage.epoch + 1;
  const claimed: StageState = {
    ...stage,
    status: 'running',
    epoch,
    attempt: stage.attempt + 1,
    lostCount,
    leaseOwner: worker,
    leaseUntil: now + LEASE_MS,
  };
  const effects: Effect[] = [];
  if (lost) {
    effects.push(attemptEnded(stage, 'lost'));
    effects.push(
      history(
        'stage.retried',
        'The worker was lost; the stage starts again.',
        { ...placeOf(stage), attempt: stage.attempt, reason: 'lease_expired' },
        'warning',
      ),
    );
  }
  effects.push({ type: 'attempt_started', stage: name, shard: stage.shard, epoch, worker });
  effects.push(history('stage.started', `Stage ${name} has started.`, { ...placeOf(stage), attempt: claimed.attempt }));
  if (state.status === 'pending') effects.push(statusChanged('processing'));
  return { state: withStage({ ...state, status: 'processing' }, claimed), effects };
}

function commit(state: JobState, event: Extract<JobEvent, { type: 'commit' }>, now: number): Decision {
  const stage = holder(state, event);
  if (state.cancelRequested) return end(state, 'cancelled', null, stage);
  const done: StageState = { ...idle(stage), status: 'done', error: null };
  const effects: Effect[] = [
    attemptEnded(stage, 'done'),
    history('stage.done', `Stage ${stage.name} is done.`, { ...placeOf(stage), attempt: stage.attempt }),
  ];
  const after = withStage(state, done);
  if (event.failure) {
    const ended = end(after, 'failed', { ...problem(event.failure.code, event.failure.detail) }, done);
    const whole = event.failure.code === 'quarantine.limit' && RECORD_STAGES.has(stage.name);
    const keptGeneration = whole ? state.generation : state.keptGeneration;
    return { state: { ...ended.state, keptGeneration }, effects: [...effects, ...ended.effects] };
  }
  const next = after.stages[after.stages.indexOf(done) + 1];
  if (next === undefined) {
    return {
      state: { ...after, status: 'completed', keptGeneration: state.generation },
      effects: [...effects, statusChanged('completed'), { type: 'terminal', status: 'completed' }],
    };
  }
  if (event.review) {
    effects.push(statusChanged('awaiting_review'));
    effects.push(history('review.requested', `Stage ${stage.name} asks for a review.`, { stage: stage.name }));
    return { state: { ...after, status: 'awaiting_review' }, effects };
  }
  effects.push(ready(next));
  return { state: withStage(after, { ...next, status: 'ready', nextRunAt: now }), effects };
}

function fail(state: JobState, event: Extract<JobEvent, { type: 'fail' }>, now: number): Decision {
  const stage = holder(state, event);
  if (state.cancelRequested) return end(state, 'cancelled', null, stage);
  const crashed = event.error.class === 'crash';
  const counted: StageState = { ...stage, crashCount: stage.crashCount + (crashed ? 1 : 0), error: event.error };
  if (!mayRetry(counted, event.error.class)) {
    const failure = crashed && event.error.code === 'engine.failed' ? problem('poison_input', event.error.detail) : event.error;
    return end(withStage(state, counted), 'failed', failure, counted, 'failed');
  }
  const again: StageState = { ...idle(counted), status: 'ready', nextRunAt: now + backoffMs(counted.attempt, event.jitter) };
  return {
    state: withStage(state, again),
    effects: [
      attemptEnded(stage, 'failed'),
      history(
        'stage.retried',
        `Stage ${stage.name} failed and will be tried again.`,
        { ...placeOf(stage), attempt: stage.attempt, code: event.error.code },
        'warning',
      ),
      ready(stage),
    ],
  };
}

/** The stage that asked starts again under a new epoch; what it is given now owes nothing to its earlier tries. */
function answer(state: JobState, now: number): Decision {
  const asked = state.stages.findLast(({ status }) => status === 'done');
  if (state.status !== 'awaiting_review' || asked === undefined) {
    throw new AppError('conflict_state', `the job is ${state.status} and awaits no review`);
  }
  const again: StageState = { ...asked, status: 'ready', epoch: asked.epoch + 1, attempt: 0, crashCount: 0, lostCount: 0, nextRunAt: now };
  return {
    state: withStage({ ...state, status: 'processing' }, again),
    effects: [
      history('review.answered', `The review of stage ${asked.name} was answered.`, { stage: asked.name }),
      statusChanged('processing'),
      ready(asked),
    ],
  };
}

/** The stages that read every record; a resubmission adds a shard to them. Those after them start from all shards again. */
const RECORD_STAGES: ReadonlySet<StageName> = new Set(['transform']);

/**
 * A job that has ended and whose records are kept goes on with the mended ones: the next generation. What an abandoned resubmission has left
 * undone is forgotten; its shard number is not used again.
 */
function resubmit(state: JobState, records: number, now: number): Decision {
  const { keptGeneration, stages: all } = state;
  const at = all.findIndex(({ name }) => RECORD_STAGES.has(name));
  if (!TERMINAL.has(state.status)) throw new AppError('conflict_state', `the job is ${state.status}; resubmit when it has ended`);
  if (at < 0) throw new AppError('conflict_state', 'a validation keeps no records; mend the file and validate it again');
  if (keptGeneration === null) throw new AppError('conflict_state', `the job is ${state.status} and has kept no records`);
  const generation = state.generation + 1;
  const { name, service } = all[at]!;
  const kept = all.filter((stage) => stage.name !== name || stage.shard < keptGeneration);
  const added: StageState = { ...fresh({ ...all[at]!, epoch: 0 }, now), shard: generation - 1, status: 'ready' };
  const stages = kept.map((stage, i): StageState => (i > at && stage.name !== name ? fresh(stage, now) : stage));
  stages.splice(stages.findLastIndex((stage) => stage.name === name) + 1, 0, added);
  return {
    state: { ...state, status: 'processing', generation, cancelRequested: false, deadlineAt: null, error: null, stages },
    effects: [
      history('job.resubmitted', 'Mended records came in.', { generation, records }),
      statusChanged('processing'),
      { type: 'ready', stage: name, shard: added.shard, service },
    ],
  };
}

/** As before the first attempt; the epoch stays, so that whoever held the stage cannot commit any more. */
function fresh(stage: StageState, now: number): StageState {
  return { ...idle(stage), status: 'waiting', attempt: 0, crashCount: 0, lostCount: 0, nextRunAt: now, error: null };
}

function mayRetry(stage: StageState, errorClass: ErrorClass): boolean {
  // A worker that died says nothing about the dependency.
  const charged = stage.attempt - stage.lostCount;
  switch (errorClass) {
    case 'transient':
      return charged < MAX_TRANSIENT_TRIES;
    case 'resource':
      return charged < MAX_RESOURCE_TRIES;
    case 'crash':
      return stage.crashCount < MAX_CRASHES;
    case 'caller':
    case 'data':
    case 'cancelled':
    case 'deadline':
      return false;
  }
}

/** A worker that shuts down hands its stage back; the attempt is not charged. */
function release(state: JobState, stage: StageState, now: number): Decision {
  if (state.cancelRequested) return end(state, 'cancelled', null, stage);
  const free: StageState = { ...idle(stage), status: 'ready', attempt: stage.attempt - 1, nextRunAt: now };
  return {
    state: withStage(state, free),
    effects: [
      attemptEnded(stage, 'released'),
      history('stage.released', `Stage ${stage.name} was handed back by a worker that shuts down.`, {
        ...placeOf(stage),
        attempt: stage.attempt,
      }),
      ready(stage),
    ],
  };
}

function cancel(state: JobState, now: number): Decision {
  if (TERMINAL.has(state.status)) throw new AppError('conflict_state', `the job is ${state.status}`);
  const requested: JobState = { ...state, cancelRequested: true };
  const asked = state.cancelRequested ? [] : [history('job.cancel_requested', 'Cancellation was requested.', {})];
  const running = state.stages.find((stage) => stage.status === 'running' && !leaseEnded(stage, now));
  if (running) return { state: requested, effects: asked };
  const ended = end(requested, 'cancelled', null, state.stages.find((stage) => stage.status === 'running') ?? null);
  return { state: ended.state, effects: [...asked, ...ended.effects] };
}

/** What only time can bring about: deadlines, and cancellations whose worker is dead. */
function tick(state: JobState, now: number): Decision {
  if (TERMINAL.has(state.status)) return { state, effects: [] };
  const running = state.stages.find((stage) => stage.status === 'running') ?? null;
  if (state.deadlineAt !== null && state.deadlineAt <= now) {
    return end(state, 'expired', problem('deadline_exceeded', 'the deadline has passed'), running, 'expired');
  }
  if (state.cancelRequested && (running === null || leaseEnded(running, now))) return end(state, 'cancelled', null, running);
  return { state, effects: [] };
}

/** Ends the job; every open stage gets a higher epoch, so that nothing can commit afterwards. */
function end(
  state: JobState,
  status: 'failed' | 'cancelled' | 'expired',
  error: StageError | null,
  culprit: StageState | null,
  outcome: AttemptOutcome = 'cancelled',
): Decision {
  const effects: Effect[] = [];
  const stages = state.stages.map((stage): StageState => {
    if (stage.status === 'done' || stage.status === 'failed') return stage;
    if (stage.status === 'running') effects.push(attemptEnded(stage, outcome));
    const failed = status === 'failed' && culprit !== null && isSame(stage, culprit);
    return { ...idle(stage), status: failed ? 'failed' : 'cancelled', epoch: stage.epoch + 1, error: failed ? error : stage.error };
  });
  const stage = culprit?.name ?? state.stages.find((candidate) => candidate.status !== 'done')?.name ?? state.stages[0]!.name;
  effects.push(statusChanged(status, error?.code), { type: 'terminal', status });
  return { state: { ...state, status, stages, error: error && { ...error, stage } }, effects };
}

interface Place {
  readonly stage: StageName;
  readonly shard?: number;
}

function holder(state: JobState, event: Place & { readonly epoch: number }): StageState {
  const stage = state.stages.find(({ name, shard }) => name === event.stage && shard === (event.shard ?? 0));
  if (TERMINAL.has(state.status) || stage?.status !== 'running' || stage.epoch !== event.epoch) {
    throw new AppError('stage.fenced', `epoch ${event.epoch} of stage ${event.stage} is over`);
  }
  return stage;
}

function shardOf(state: JobState, place: Place): StageState {
  const stage = state.stages.find(({ name, shard }) => name === place.stage && shard === (place.shard ?? 0));
  if (!stage) throw new AppError('conflict_state', `the job has no stage ${place.stage}`);
  return stage;
}

const leaseEnded = (stage: StageState, now: number): boolean => stage.leaseUntil === null || stage.leaseUntil < now;
const idle = (stage: StageState): StageState => ({ ...stage, leaseOwner: null, leaseUntil: null });
const withStage = (state: JobState, changed: StageState): JobState => ({
  ...state,
  stages: state.stages.map((stage) => (isSame(stage, changed) ? changed : stage)),
});
const isSame = (one: StageState, other: StageState): boolean => one.name === other.name && one.shard === other.shard;
const ready = ({ name, shard, service }: StageState): Effect => ({ type: 'ready', stage: name, shard, service });
const attemptEnded = ({ name, shard, epoch }: StageState, outcome: AttemptOutcome): Effect => ({
  type: 'attempt_ended',
  stage: name,
  shard,
  epoch,
  outcome,
});
/** How a line of the history names a shard: the first one goes without saying. */
const placeOf = ({ name, shard }: StageState): HistoryLine['data'] => (shard === 0 ? { stage: name } : { stage: name, shard });
const problem = (code: StageError['code'], detail: string): StageError => ({ class: ERROR_KINDS[code].class, code, detail });

function history(type: string, message: string, data: HistoryLine['data'], level: HistoryLine['level'] = 'info'): Effect {
  return { type: 'history', line: { type, level, message, data } };
}

function statusChanged(status: JobStatus, code?: string): Effect {
  const level = status === 'failed' || status === 'expired' ? 'error' : 'info';
  return history('job.status_changed', `The job is ${status}.`, { status, ...(code ? { code } : {}) }, level);
}
