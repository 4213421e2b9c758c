import { AppError } from '@attune/core';
import { history, statusChanged } from './effects.js';
import { fresh } from './shards.js';
import { type Decision, type JobState, RECORD_STAGES, type StageState, TERMINAL } from './state.js';

/**
 * A job that has ended and whose records are kept goes on with the mended ones: the next generation. What an abandoned resubmission has left
 * undone is forgotten; its shard number is not used again.
 */
export function resubmit(state: JobState, records: number, now: number): Decision {
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
