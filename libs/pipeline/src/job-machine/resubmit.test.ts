import { AppError, ERROR_KINDS, type ErrorCode, type StageName } from '@attune/core';
import { createJob, decide } from './decide.js';
import { stagesOf } from './stages-of.js';
import type { JobEvent, JobState } from './state.js';

const NOW = 1_000_000;
const FAILURE = { code: 'quarantine.limit', detail: 'too many' } as const;

const after = (state: JobState, event: JobEvent): JobState => decide(state, event, NOW).state;
const resubmitted = (state: JobState): JobState => after(state, { type: 'resubmit', records: 4 });

/** One shard claimed and committed. */
function passed(state: JobState, stage: StageName, shard = 0, failure?: typeof FAILURE): JobState {
  const claimed = after(state, { type: 'claim', stage, shard, worker: 'w' });
  const { epoch } = claimed.stages.find((one) => one.name === stage && one.shard === shard)!;
  return after(claimed, { type: 'commit', stage, shard, epoch, ...(failure ? { failure } : {}) });
}

function completed(operation: 'harmonize' | 'validate' = 'harmonize'): JobState {
  let { state } = createJob(operation, null, NOW);
  for (const { name } of stagesOf(operation)) state = passed(state, name);
  return state;
}

function limited(): JobState {
  let { state } = createJob('harmonize', null, NOW);
  for (const name of ['inspect', 'plan'] as const) state = passed(state, name);
  return passed(state, 'transform', 0, FAILURE);
}

function refusal(state: JobState, event: JobEvent): string {
  try {
    decide(state, event, NOW);
    return 'accepted';
  } catch (error) {
    return error instanceof AppError ? error.code : 'unknown';
  }
}

const places = ({ stages }: JobState): string[] => stages.map(({ name, shard, status }) => `${name}#${shard} ${status}`);

test('a completed job goes on with a shard for the mended records; the stages after it start over, and the earlier shard stays done', () => {
  const before = completed();
  const { state, effects } = decide(before, { type: 'resubmit', records: 4 }, NOW);
  expect(state).toMatchObject({ status: 'processing', generation: 2, keptGeneration: 1 });
  expect(places(state)).toEqual([
    'inspect#0 done',
    'plan#0 done',
    'transform#0 done',
    'transform#1 ready',
    'check#0 waiting',
    'publish#0 waiting',
  ]);
  expect(effects.map((effect) => (effect.type === 'history' ? effect.line.type : effect.type))).toEqual([
    'job.resubmitted',
    'job.status_changed',
    'ready',
  ]);
  expect(state.stages.map(({ epoch }) => epoch)).toEqual([1, 1, 1, 0, 1, 1]);
  const end = passed(passed(passed(state, 'transform', 1), 'check'), 'publish');
  expect(end).toMatchObject({ status: 'completed', generation: 2, keptGeneration: 2 });
  expect(places(resubmitted(end)).slice(2, 5)).toEqual(['transform#0 done', 'transform#1 done', 'transform#2 ready']);
});

test('who held a later stage in the generation before is fenced', () => {
  const before = completed();
  const state = passed(resubmitted(before), 'transform', 1);
  const { epoch } = before.stages.find(({ name }) => name === 'check')!;
  expect(refusal(state, { type: 'commit', stage: 'check', epoch })).toBe('stage.fenced');
  const claimed = after(state, { type: 'claim', stage: 'check', worker: 'w' });
  expect(refusal(claimed, { type: 'commit', stage: 'check', epoch })).toBe('stage.fenced');
});

test('a job that failed by its quarantine goes on from there, and fails so again when too little was mended', () => {
  expect(limited()).toMatchObject({ status: 'failed', keptGeneration: 1 });
  const state = resubmitted(limited());
  expect(places(state).slice(2)).toEqual(['transform#0 done', 'transform#1 ready', 'check#0 waiting', 'publish#0 waiting']);
  expect(passed(state, 'transform', 1, FAILURE)).toMatchObject({ status: 'failed', generation: 2, keptGeneration: 2 });
  expect(passed(passed(passed(state, 'transform', 1), 'check'), 'publish').status).toBe('completed');
});

test.each(['before', 'after'] as const)(
  'a resubmission that is cancelled %s its records were taken keeps the generation before, and the next one starts from there',
  (moment) => {
    const state = moment === 'before' ? resubmitted(completed()) : passed(resubmitted(completed()), 'transform', 1);
    const cancelled = after(state, { type: 'cancel' });
    expect(cancelled).toMatchObject({ status: 'cancelled', generation: 2, keptGeneration: 1 });
    const again = resubmitted(cancelled);
    expect(again).toMatchObject({ generation: 3, keptGeneration: 1, cancelRequested: false });
    expect(places(again).slice(2, 5)).toEqual(['transform#0 done', 'transform#2 ready', 'check#0 waiting']);
  },
);

test('so does one that fails', () => {
  let state = resubmitted(completed());
  const code: ErrorCode = 'encoding';
  state = after(state, { type: 'claim', stage: 'transform', shard: 1, worker: 'w' });
  state = after(state, {
    type: 'fail',
    stage: 'transform',
    shard: 1,
    epoch: 1,
    error: { class: ERROR_KINDS[code].class, code, detail: '' },
    jitter: 0,
  });
  expect(state).toMatchObject({ status: 'failed', keptGeneration: 1, error: { code: 'encoding', stage: 'transform' } });
  expect(places(state).slice(2)).toEqual(['transform#0 done', 'transform#1 failed', 'check#0 cancelled', 'publish#0 cancelled']);
  expect(resubmitted(state)).toMatchObject({ generation: 3, error: null });
});

test('nothing is sent back to a job that is at work, to one that was never whole, and to a validation', () => {
  const open = createJob('harmonize', null, NOW).state;
  for (const state of [open, resubmitted(completed()), after(open, { type: 'cancel' }), completed('validate')])
    expect(refusal(state, { type: 'resubmit', records: 1 })).toBe('conflict_state');
});
