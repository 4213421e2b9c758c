import { AppError } from '@attune/core';
import { history, ready, statusChanged } from './effects.js';
import { withStage } from './shards.js';
import type { Decision, JobState, StageState } from './state.js';

/** The stage that asked starts again under a new epoch; what it is given now owes nothing to its earlier tries. */
export function answer(state: JobState, now: number): Decision {
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
