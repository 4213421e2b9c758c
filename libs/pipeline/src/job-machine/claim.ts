import { AppError } from '@attune/core';
import { attemptEnded, history, placeOf, problem, statusChanged } from './effects.js';
import { end } from './end-job.js';
import { leaseEnded, shardOf, withStage } from './shards.js';
import { type Decision, type Effect, type JobEvent, type JobState, LEASE_MS, MAX_LOST_LEASES, type StageState, TERMINAL } from './state.js';

export function claim(state: JobState, event: Extract<JobEvent, { type: 'claim' }>, now: number): Decision {
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
