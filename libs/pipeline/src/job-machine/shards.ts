import { AppError, type StageName } from '@attune/core';
import { ready } from './effects.js';
import { type Decision, type JobState, PARALLEL_STAGES, type StageState, TERMINAL } from './state.js';

interface Place {
  readonly stage: StageName;
  readonly shard?: number;
}

export function holder(state: JobState, event: Place & { readonly epoch: number }): StageState {
  const stage = state.stages.find(({ name, shard }) => name === event.stage && shard === (event.shard ?? 0));
  if (TERMINAL.has(state.status) || stage?.status !== 'running' || stage.epoch !== event.epoch) {
    throw new AppError('stage.fenced', `epoch ${event.epoch} of stage ${event.stage} is over`);
  }
  return stage;
}

/** @throws AppError conflict_state when there is none. */
export function shardOf(state: JobState, place: Place): StageState {
  const stage = state.stages.find(({ name, shard }) => name === place.stage && shard === (place.shard ?? 0));
  if (!stage) throw new AppError('conflict_state', `the job has no stage ${place.stage}`);
  return stage;
}

/** As before the first attempt; the epoch stays, so that whoever held the stage cannot commit any more. */
export function fresh(stage: StageState, now: number): StageState {
  return { ...idle(stage), status: 'waiting', attempt: 0, crashCount: 0, lostCount: 0, nextRunAt: now, error: null };
}

/** Makes a shard ready, and with it those behind it that are worked on at the same time. */
export function begin(state: JobState, first: StageState, nextRunAt: number): Decision {
  const { stages } = state;
  const at = stages.indexOf(first);
  const begun = stages.filter((stage, i) => i === at || (i > at && stage.name === first.name && PARALLEL_STAGES.has(stage.name)));
  const changed = stages.map((stage): StageState => (begun.includes(stage) ? { ...stage, status: 'ready', nextRunAt } : stage));
  return { state: { ...state, stages: changed }, effects: begun.map(ready) };
}

export const leaseEnded = (stage: StageState, now: number): boolean => stage.leaseUntil === null || stage.leaseUntil < now;
export const idle = (stage: StageState): StageState => ({ ...stage, leaseOwner: null, leaseUntil: null });
export const withStage = (state: JobState, changed: StageState): JobState => ({
  ...state,
  stages: state.stages.map((stage) => (isSame(stage, changed) ? changed : stage)),
});
export const isSame = (one: StageState, other: StageState): boolean => one.name === other.name && one.shard === other.shard;
