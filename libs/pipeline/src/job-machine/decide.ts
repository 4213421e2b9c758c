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
    state: { status: 'pending', generation: 1, cancelRequested: false, deadlineAt, error: null, stages },
    effects: [history('job.created', 'The job was accepted.', {}), { type: 'ready', stage: first.name, service: first.service }],
  };
}

/**
 * The whole life of a job as one pure function: what `event` makes of `state` at `now` (milliseconds of the database clock).
 * @throws AppError stage.fenced when the epoch is not the current one, conflict_state when the state does not allow the event.
 */
export function decide(state: JobState, event: JobEvent, now: number): Decision {
  switch (event.type) {
    case 'claim':
      return claim(state, event.stage, event.worker, now);
    case 'commit':
      return commit(state, event, now);
    case 'fail':
      return fail(state, event, now);
    case 'release':
      return release(state, event.stage, event.epoch, now);
    case 'stop':
      return end(state, 'cancelled', null, holder(state, event.stage, event.epoch));
    case 'answer':
      return answer(state, now);
    case 'cancel':
      return cancel(state, now);
    case 'tick':
      return tick(state, now);
  }
}

function claim(state: JobState, name: StageName, worker: string, now: number): Decision {
  const stage = stageNamed(state, name);
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
    effects.push({ type: 'attempt_ended', stage: name, epoch: stage.epoch, outcome: 'lost' });
    effects.push(
      history(
        'stage.retried',
        'The worker was lost; the stage starts again.',
        { stage: name, attempt: stage.attempt, reason: 'lease_expired' },
        'warning',
      ),
    );
  }
  effects.push({ type: 'attempt_started', stage: name, epoch, worker });
  effects.push(history('stage.started', `Stage ${name} has started.`, { stage: name, attempt: claimed.attempt }));
  if (state.status === 'pending') effects.push(statusChanged('processing'));
  return { state: withStage({ ...state, status: 'processing' }, claimed), effects };
}

function commit(state: JobState, event: Extract<JobEvent, { type: 'commit' }>, now: number): Decision {
  const stage = holder(state, event.stage, event.epoch);
  if (state.cancelRequested) return end(state, 'cancelled', null, stage);
  const done: StageState = { ...idle(stage), status: 'done', error: null };
  const effects: Effect[] = [
    { type: 'attempt_ended', stage: stage.name, epoch: stage.epoch, outcome: 'done' },
    history('stage.done', `Stage ${stage.name} is done.`, { stage: stage.name, attempt: stage.attempt }),
  ];
  const after = withStage(state, done);
  if (event.failure) {
    const ended = end(after, 'failed', { ...problem(event.failure.code, event.failure.detail) }, done);
    return { state: ended.state, effects: [...effects, ...ended.effects] };
  }
  const next = after.stages[after.stages.findIndex((candidate) => candidate.name === stage.name) + 1];
  if (next === undefined) {
    return {
      state: { ...after, status: 'completed' },
      effects: [...effects, statusChanged('completed'), { type: 'terminal', status: 'completed' }],
    };
  }
  if (event.review) {
    effects.push(statusChanged('awaiting_review'));
    effects.push(history('review.requested', `Stage ${stage.name} asks for a review.`, { stage: stage.name }));
    return { state: { ...after, status: 'awaiting_review' }, effects };
  }
  effects.push({ type: 'ready', stage: next.name, service: next.service });
  return { state: withStage(after, { ...next, status: 'ready', nextRunAt: now }), effects };
}

function fail(state: JobState, event: Extract<JobEvent, { type: 'fail' }>, now: number): Decision {
  const stage = holder(state, event.stage, event.epoch);
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
      { type: 'attempt_ended', stage: stage.name, epoch: stage.epoch, outcome: 'failed' },
      history(
        'stage.retried',
        `Stage ${stage.name} failed and will be tried again.`,
        { stage: stage.name, attempt: stage.attempt, code: event.error.code },
        'warning',
      ),
      { type: 'ready', stage: stage.name, service: stage.service },
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
      { type: 'ready', stage: asked.name, service: asked.service },
    ],
  };
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
function release(state: JobState, name: StageName, epoch: number, now: number): Decision {
  const stage = holder(state, name, epoch);
  if (state.cancelRequested) return end(state, 'cancelled', null, stage);
  const free: StageState = { ...idle(stage), status: 'ready', attempt: stage.attempt - 1, nextRunAt: now };
  return {
    state: withStage(state, free),
    effects: [
      { type: 'attempt_ended', stage: name, epoch, outcome: 'released' },
      history('stage.released', `Stage ${name} was handed back by a worker that shuts down.`, { stage: name, attempt: stage.attempt }),
      { type: 'ready', stage: name, service: stage.service },
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
    if (stage.status === 'running') effects.push({ type: 'attempt_ended', stage: stage.name, epoch: stage.epoch, outcome });
    const failed = status === 'failed' && stage.name === culprit?.name;
    return { ...idle(stage), status: failed ? 'failed' : 'cancelled', epoch: stage.epoch + 1, error: failed ? error : stage.error };
  });
  const stage = culprit?.name ?? state.stages.find((candidate) => candidate.status !== 'done')?.name ?? state.stages[0]!.name;
  effects.push(statusChanged(status, error?.code), { type: 'terminal', status });
  return { state: { ...state, status, stages, error: error && { ...error, stage } }, effects };
}

function holder(state: JobState, name: StageName, epoch: number): StageState {
  const stage = stageNamed(state, name);
  if (TERMINAL.has(state.status) || stage.status !== 'running' || stage.epoch !== epoch) {
    throw new AppError('stage.fenced', `epoch ${epoch} of stage ${name} is over`);
  }
  return stage;
}

function stageNamed(state: JobState, name: StageName): StageState {
  const stage = state.stages.find((candidate) => candidate.name === name);
  if (!stage) throw new AppError('conflict_state', `the job has no stage ${name}`);
  return stage;
}

const leaseEnded = (stage: StageState, now: number): boolean => stage.leaseUntil === null || stage.leaseUntil < now;
const idle = (stage: StageState): StageState => ({ ...stage, leaseOwner: null, leaseUntil: null });
const withStage = (state: JobState, changed: StageState): JobState => ({
  ...state,
  stages: state.stages.map((stage) => (stage.name === changed.name ? changed : stage)),
});
const problem = (code: StageError['code'], detail: string): StageError => ({ class: ERROR_KINDS[code].class, code, detail });

function history(type: string, message: string, data: HistoryLine['data'], level: HistoryLine['level'] = 'info'): Effect {
  return { type: 'history', line: { type, level, message, data } };
}

function statusChanged(status: JobStatus, code?: string): Effect {
  const level = status === 'failed' || status === 'expired' ? 'error' : 'info';
  return history('job.status_changed', `The job is ${status}.`, { status, ...(code ? { code } : {}) }, level);
}
