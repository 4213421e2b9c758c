import type { ErrorClass } from '@attune/core';
import { attemptEnded, history, placeOf, problem, ready, statusChanged } from './effects.js';
import { end } from './end-job.js';
import { begin, fresh, holder, idle, withStage } from './shards.js';
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
  PARALLEL_STAGES,
  parkMs,
  RECORD_STAGES,
  type StageState,
} from './state.js';

export function commit(state: JobState, event: Extract<JobEvent, { type: 'commit' }>, now: number): Decision {
  const stage = holder(state, event);
  if (state.cancelRequested) return end(state, 'cancelled', null, stage);
  const done: StageState = { ...idle(stage), status: 'done', error: null };
  const effects: Effect[] = [attemptEnded(stage, 'done'), doneLine(stage, event.reusedFrom)];
  const after = withStage(state, done);
  if (event.failure) {
    const ended = end(after, 'failed', { ...problem(event.failure.code, event.failure.detail) }, done);
    const whole = event.failure.code === 'quarantine.limit' && RECORD_STAGES.has(stage.name);
    const keptGeneration = whole ? state.generation : state.keptGeneration;
    return { state: { ...ended.state, keptGeneration }, effects: [...effects, ...ended.effects] };
  }
  if (event.review && after.stages.at(-1) !== done) {
    effects.push(statusChanged('awaiting_review'));
    effects.push(history('review.requested', `Stage ${stage.name} asks for a review.`, { stage: stage.name }));
    return { state: { ...after, status: 'awaiting_review' }, effects };
  }
  const opened = openNext(event.shards === undefined ? after : withDecode(after, done, event.shards, now), done, now);
  return { state: opened.state, effects: [...effects, ...opened.effects] };
}

function doneLine(stage: StageState, reusedFrom: string | undefined): Effect {
  const data = { ...placeOf(stage), attempt: stage.attempt };
  if (reusedFrom === undefined) return history('stage.done', `Stage ${stage.name} is done.`, data);
  return history('stage.done', `Stage ${stage.name} is done: a job before has made the same of the same.`, {
    ...data,
    reused_from: reusedFrom,
  });
}

/** What a shard that is done makes ready: what comes next, once everything before is done. Nothing left: the job is completed. */
function openNext(state: JobState, done: StageState, now: number): Decision {
  const { stages } = state;
  const next = stages.find((stage, i) => stage.status !== 'done' && (stage.name === done.name || i > stages.indexOf(done)));
  if (next === undefined) {
    return {
      state: { ...state, status: 'completed', keptGeneration: state.generation },
      effects: [statusChanged('completed'), { type: 'terminal', status: 'completed' }],
    };
  }
  // The other shards are ready or at work already.
  if (next.name === done.name && PARALLEL_STAGES.has(next.name)) return { state, effects: [] };
  return begin(state, next, now);
}

/** The shards of `decode` behind the plan, where there is a transform; those that an earlier generation has added stay. */
function withDecode(state: JobState, plan: StageState, shards: number, now: number): JobState {
  const { stages } = state;
  const kept = stages.filter(({ name }) => name === 'decode').length;
  const pass = stages.find(({ name }) => RECORD_STAGES.has(name));
  if (pass === undefined) return state;
  const added = Array.from({ length: Math.max(0, shards - kept) }, (_, i): StageState =>
    fresh({ ...plan, name: 'decode', shard: kept + i, service: pass.service, epoch: 0 }, now),
  );
  const at = stages.indexOf(plan) + 1 + kept;
  return { ...state, stages: [...stages.slice(0, at), ...added, ...stages.slice(at)] };
}

export function fail(state: JobState, event: Extract<JobEvent, { type: 'fail' }>, now: number): Decision {
  const stage = holder(state, event);
  if (state.cancelRequested) return end(state, 'cancelled', null, stage);
  const crashed = event.error.class === 'crash';
  const counted: StageState = { ...stage, crashCount: stage.crashCount + (crashed ? 1 : 0), error: event.error };
  if (!mayRetry(counted, event.error.class)) {
    if (PARALLEL_STAGES.has(stage.name)) return passOver(state, counted, now);
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

/** The shard is over without having left anything. */
function passOver(state: JobState, stage: StageState, now: number): Decision {
  const over: StageState = { ...idle(stage), status: 'done' };
  const opened = openNext(withStage(state, over), over, now);
  const data = { ...placeOf(stage), attempt: stage.attempt, code: stage.error!.code };
  const line = history('stage.passed_over', `Stage ${stage.name} could not be done; the next one does its work.`, data, 'warning');
  return { state: opened.state, effects: [attemptEnded(stage, 'failed'), line, ...opened.effects] };
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
