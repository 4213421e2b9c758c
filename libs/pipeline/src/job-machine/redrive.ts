import { AppError, type StageName } from '@attune/core';
import { history, statusChanged } from './effects.js';
import { begin, fresh } from './shards.js';
import { type Decision, type JobEvent, type JobState, RECORD_STAGES, type StageState } from './state.js';

/**
 * A job that failed or expired goes on under the next generation with all its tries: from the stage that stopped it, or from an earlier one.
 * What is done before stays done, and so does everything that an earlier, whole generation has left.
 */
export function redrive(state: JobState, event: Extract<JobEvent, { type: 'redrive' }>, now: number): Decision {
  if (state.status !== 'failed' && state.status !== 'expired')
    throw new AppError(
      'conflict_state',
      `the job is ${state.status}; only a job that failed or expired goes on, another one can be cloned`,
    );
  const at = startOf(state, event.fromStage);
  const generation = state.generation + 1;
  const stages = state.stages.map((stage, i): StageState => (i < at ? stage : fresh(stage, now)));
  const first = stages[at]!;
  const again: JobState = { ...state, status: 'processing', generation, cancelRequested: false, deadlineAt: null, error: null, stages };
  const begun = begin(again, first, now + (event.delayMs ?? 0));
  return {
    state: begun.state,
    effects: [
      history('job.redriven', `The job goes on from stage ${first.name}.`, { generation, stage: first.name }),
      statusChanged('processing'),
      ...begun.effects,
    ],
  };
}

/** Which of the stages is the first to be done again. */
function startOf({ stages, error, keptGeneration, generation }: JobState, from: StageName | undefined): number {
  if (keptGeneration === generation)
    throw new AppError('conflict_state', 'the job has refused its records; send mended ones, or clone it with other options');
  const undone = stages.findIndex(({ status }) => status !== 'done');
  // A resubmission does its few records over as a whole: its shard is the first that no whole generation has left.
  const first = keptGeneration === null ? 0 : stages.findIndex(({ name, shard }) => RECORD_STAGES.has(name) && shard >= keptGeneration);
  // A review that nobody has answered is asked for again.
  const asked = stages.findIndex(({ name }) => name === error?.stage);
  const latest = keptGeneration === null ? Math.min(undone, asked) : first;
  const at = from === undefined ? latest : stages.findIndex(({ name }, i) => name === from && i >= first);
  if (at < 0) throw new AppError('conflict_state', `there is no stage ${from} that could be done again`);
  if (at > latest) throw new AppError('conflict_state', `stage ${from} has not been reached; the job goes on from ${stages[latest]!.name}`);
  return at;
}
