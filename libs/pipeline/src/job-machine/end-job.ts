import { AppError } from '@attune/core';
import { attemptEnded, history, problem, statusChanged } from './effects.js';
import { idle, isSame, leaseEnded } from './shards.js';
import { type AttemptOutcome, type Decision, type Effect, type JobState, type StageError, type StageState, TERMINAL } from './state.js';

export function cancel(state: JobState, now: number): Decision {
  if (TERMINAL.has(state.status)) throw new AppError('conflict_state', `the job is ${state.status}`);
  const requested: JobState = { ...state, cancelRequested: true };
  const asked = state.cancelRequested ? [] : [history('job.cancel_requested', 'Cancellation was requested.', {})];
  const running = state.stages.find((stage) => stage.status === 'running' && !leaseEnded(stage, now));
  if (running) return { state: requested, effects: asked };
  const ended = end(requested, 'cancelled', null, state.stages.find((stage) => stage.status === 'running') ?? null);
  return { state: ended.state, effects: [...asked, ...ended.effects] };
}

/** What only time can bring about: deadlines, and cancellations whose worker is dead. */
export function tick(state: JobState, now: number): Decision {
  if (TERMINAL.has(state.status)) return { state, effects: [] };
  const running = state.stages.find((stage) => stage.status === 'running') ?? null;
  if (state.deadlineAt !== null && state.deadlineAt <= now) {
    const asked = state.status === 'awaiting_review' ? (state.stages.findLast(({ status }) => status === 'done') ?? null) : null;
    return end(state, 'expired', problem('deadline_exceeded', 'the deadline has passed'), running ?? asked, 'expired');
  }
  if (state.cancelRequested && (running === null || leaseEnded(running, now))) return end(state, 'cancelled', null, running);
  return { state, effects: [] };
}

/** Ends the job; every open stage gets a higher epoch, so that nothing can commit afterwards. */
export function end(
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
