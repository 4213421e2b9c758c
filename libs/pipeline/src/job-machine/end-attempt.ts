import type { ErrorClass } from '@attune/core';
import { attemptEnded, history, placeOf, problem, ready, statusChanged } from './effects.js';
import { end } from './end-job.js';
import { holder, idle, withStage } from './shards.js';
import {
  backoffMs,
  type Decision,
  type Effect,
  type JobEvent,
  type JobState,
  isToIsolate,
  MAX_CRASHES,
  MAX_CRASHES_OF_PASS,
  MAX_RESOURCE_TRIES,
  MAX_TRANSIENT_TRIES,
  parkMs,
  RECORD_STAGES,
  type StageState,
} from './state.js';

export function commit(state: JobState, event: Extract<JobEvent, { type: 'commit' }>, now: number): Decision {
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

export function fail(state: JobState, event: Extract<JobEvent, { type: 'fail' }>, now: number): Decision {
  const stage = holder(state, event);
  if (state.cancelRequested) return end(state, 'cancelled', null, stage);
  const crashed = event.error.class === 'crash';
  const counted: StageState = { ...stage, crashCount: stage.crashCount + (crashed ? 1 : 0), error: event.error };
  if (!mayRetry(counted, event.error.class)) {
    const failure = crashed && event.error.code === 'engine.failed' ? problem('poison_input', event.error.detail) : event.error;
    return end(withStage(state, counted), 'failed', failure, counted, 'failed');
  }
  const pauseMs = Math.max(backoffMs(counted.attempt, event.jitter), event.notBeforeMs ?? 0);
  const again: StageState = { ...idle(counted), status: 'ready', nextRunAt: now + pauseMs };
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

function mayRetry(stage: StageState, errorClass: ErrorClass): boolean {
  // A worker that died says nothing about the dependency.
  const charged = stage.attempt - stage.lostCount;
  switch (errorClass) {
    case 'transient':
      return charged < MAX_TRANSIENT_TRIES;
    case 'resource':
      return charged < MAX_RESOURCE_TRIES;
    case 'crash':
      return stage.crashCount < (isToIsolate(stage) ? MAX_CRASHES_OF_PASS : MAX_CRASHES);
    case 'caller':
    case 'data':
    case 'cancelled':
    case 'deadline':
      return false;
  }
}

/** Nobody's tries are used up by the outage of something that every job needs. */
export function park(state: JobState, event: Extract<JobEvent, { type: 'park' }>, now: number): Decision {
  const stage = holder(state, event);
  if (state.cancelRequested) return end(state, 'cancelled', null, stage);
  const nextRunAt = now + parkMs(event.jitter);
  const parked: StageState = { ...idle(stage), status: 'ready', attempt: stage.attempt - 1, nextRunAt, error: event.error };
  return {
    state: withStage(state, parked),
    effects: [
      attemptEnded(stage, 'parked'),
      history(
        'stage.parked',
        `Stage ${stage.name} waits until what it needs works again.`,
        { ...placeOf(stage), attempt: stage.attempt, code: event.error.code },
        'warning',
      ),
      ready(stage),
    ],
  };
}

/** A worker that shuts down hands its stage back; the attempt is not charged. */
export function release(state: JobState, event: Extract<JobEvent, { type: 'release' }>, now: number): Decision {
  const stage = holder(state, event);
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
