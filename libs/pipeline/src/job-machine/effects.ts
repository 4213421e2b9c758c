import { ERROR_KINDS, type JobStatus } from '@attune/core';
import type { AttemptOutcome, Effect, HistoryLine, StageError, StageState } from './state.js';

export const ready = ({ name, shard, service }: StageState): Effect => ({ type: 'ready', stage: name, shard, service });
export const attemptEnded = ({ name, shard, epoch }: StageState, outcome: AttemptOutcome): Effect => ({
  type: 'attempt_ended',
  stage: name,
  shard,
  epoch,
  outcome,
});
/** How a line of the history names a shard: the first one goes without saying. */
export const placeOf = ({ name, shard }: StageState): HistoryLine['data'] => (shard === 0 ? { stage: name } : { stage: name, shard });
export const problem = (code: StageError['code'], detail: string): StageError => ({ class: ERROR_KINDS[code].class, code, detail });

export function history(type: string, message: string, data: HistoryLine['data'], level: HistoryLine['level'] = 'info'): Effect {
  return { type: 'history', line: { type, level, message, data } };
}

export function statusChanged(status: JobStatus, code?: string): Effect {
  const level = status === 'failed' || status === 'expired' ? 'error' : 'info';
  return history('job.status_changed', `The job is ${status}.`, { status, ...(code ? { code } : {}) }, level);
}
