import type { Operation } from '@attune/core';
import { answer } from './answer.js';
import { claim } from './claim.js';
import { history, ready } from './effects.js';
import { commit, fail, park, release } from './end-attempt.js';
import { cancel, end, tick } from './end-job.js';
import { redrive } from './redrive.js';
import { resubmit } from './resubmit.js';
import { holder } from './shards.js';
import { stagesOf } from './stages-of.js';
import type { Decision, JobEvent, JobState, StageState } from './state.js';

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
    case 'park':
      return park(state, event, now);
    case 'release':
      return release(state, event, now);
    case 'stop':
      return end(state, 'cancelled', null, holder(state, event));
    case 'answer':
      return answer(state, now);
    case 'resubmit':
      return resubmit(state, event.records, now);
    case 'redrive':
      return redrive(state, event, now);
    case 'cancel':
      return cancel(state, now);
    case 'tick':
      return tick(state, now);
  }
}
