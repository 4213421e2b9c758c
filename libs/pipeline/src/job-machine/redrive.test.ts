import { AppError, ERROR_KINDS, type ErrorCode, type StageName } from '@attune/core';
import { createJob, decide } from './decide.js';
import { stagesOf } from './stages-of.js';
import type { JobEvent, JobState } from './state.js';

const NOW = 1_000_000;

const after = (state: JobState, event: JobEvent, now = NOW): JobState => decide(state, event, now).state;
const created = (deadlineAt: number | null = null): JobState => createJob('harmonize', deadlineAt, NOW).state;
const shardOf = (state: JobState, name: StageName, shard = 0) => state.stages.find((one) => one.name === name && one.shard === shard)!;

function claimed(state: JobState, stage: StageName, shard = 0): { state: JobState; epoch: number } {
  const next = after(state, { type: 'claim', stage, shard, worker: 'w' });
  return { state: next, epoch: shardOf(next, stage, shard).epoch };
}

function passed(from: JobState, stages: readonly StageName[], shard = 0): JobState {
  let state = from;
  for (const stage of stages) {
    const { state: held, epoch } = claimed(state, stage, stage === 'transform' ? shard : 0);
    state = after(held, { type: 'commit', stage, shard: stage === 'transform' ? shard : 0, epoch });
  }
  return state;
}

function failed(from: JobState, stage: StageName, code: ErrorCode = 'encoding', shard = 0): JobState {
  const { state, epoch } = claimed(from, stage, shard);
  return after(state, { type: 'fail', stage, shard, epoch, error: { class: ERROR_KINDS[code].class, code, detail: '' }, jitter: 0 });
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
const completed = (): JobState =>
  passed(
    created(),
    stagesOf('harmonize').map(({ name }) => name),
  );

test('a failed job goes on from the stage that failed, under the next generation; what is done stays done', () => {
  const before = failed(passed(created(), ['inspect', 'plan', 'transform']), 'check');
  const { state, effects } = decide(before, { type: 'redrive' }, NOW);
  expect(state).toMatchObject({ status: 'processing', generation: 2, keptGeneration: null, error: null });
  expect(places(state)).toEqual(['inspect#0 done', 'plan#0 done', 'transform#0 done', 'check#0 ready', 'publish#0 waiting']);
  expect(effects.map((effect) => (effect.type === 'history' ? effect.line.type : effect.type))).toEqual([
    'job.redriven',
    'job.status_changed',
    'ready',
  ]);
  expect(passed(state, ['check', 'publish'])).toMatchObject({ status: 'completed', generation: 2, keptGeneration: 2 });
});

test('from an earlier stage on, everything is done again, and who held a stage before is fenced', () => {
  const before = failed(passed(created(), ['inspect', 'plan', 'transform']), 'check');
  const state = after(before, { type: 'redrive', fromStage: 'plan' });
  expect(places(state)).toEqual(['inspect#0 done', 'plan#0 ready', 'transform#0 waiting', 'check#0 waiting', 'publish#0 waiting']);
  const { state: held } = claimed(state, 'plan');
  expect(refusal(held, { type: 'commit', stage: 'plan', epoch: shardOf(before, 'plan').epoch })).toBe('stage.fenced');
});

test('a stage that is done again has all its tries, even where the engine had its strikes', () => {
  const poisoned = failed(failed(created(), 'inspect', 'engine.failed'), 'inspect', 'engine.failed');
  expect(poisoned).toMatchObject({ status: 'failed', error: { code: 'poison_input' } });
  const state = after(poisoned, { type: 'redrive' });
  expect(shardOf(state, 'inspect')).toMatchObject({ status: 'ready', attempt: 0, crashCount: 0, lostCount: 0, error: null });
  expect(failed(state, 'inspect', 'engine.failed').status).toBe('processing');
});

test('an expired job goes on without its deadline', () => {
  const expired = after(created(NOW + 1), { type: 'tick' }, NOW + 1);
  expect(expired.status).toBe('expired');
  expect(after(expired, { type: 'redrive' })).toMatchObject({ status: 'processing', deadlineAt: null });
});

test('a review that nobody answered before the deadline is asked for again', () => {
  const { state, epoch } = claimed(passed(created(NOW + 1), ['inspect']), 'plan');
  const expired = after(after(state, { type: 'commit', stage: 'plan', epoch, review: true }), { type: 'tick' }, NOW + 1);
  expect(expired).toMatchObject({ status: 'expired', error: { stage: 'plan' } });
  expect(places(after(expired, { type: 'redrive' }))).toEqual([
    'inspect#0 done',
    'plan#0 ready',
    'transform#0 waiting',
    'check#0 waiting',
    'publish#0 waiting',
  ]);
});

test('it may be asked to begin later', () => {
  const state = after(failed(created(), 'inspect'), { type: 'redrive', delayMs: 500 });
  const claim: JobEvent = { type: 'claim', stage: 'inspect', worker: 'w' };
  expect(refusal(state, claim)).toBe('conflict_state');
  expect(after(state, claim, NOW + 500).status).toBe('processing');
});

test('a job that is open, completed or cancelled does not go on, and none from a stage it never came to', () => {
  for (const state of [created(), completed(), after(created(), { type: 'cancel' })])
    expect(refusal(state, { type: 'redrive' })).toBe('conflict_state');
  for (const fromStage of ['check', 'validate'] as const)
    expect(refusal(failed(created(), 'inspect'), { type: 'redrive', fromStage })).toBe('conflict_state');
});

test('a job that failed by its quarantine has refused its records: trying again cannot mend them', () => {
  const { state, epoch } = claimed(passed(created(), ['inspect', 'plan']), 'transform');
  const limited = after(state, { type: 'commit', stage: 'transform', epoch, failure: { code: 'quarantine.limit', detail: 'too many' } });
  for (const event of [{ type: 'redrive' }, { type: 'redrive', fromStage: 'inspect' }] as const)
    expect(refusal(limited, event)).toBe('conflict_state');
});

test('a resubmission that failed is done over as a whole, and the generation before it stays as it is', () => {
  const resubmitted = passed(after(completed(), { type: 'resubmit', records: 4 }), ['transform'], 1);
  const before = failed(resubmitted, 'check');
  expect(refusal(before, { type: 'redrive', fromStage: 'plan' })).toBe('conflict_state');
  const state = after(before, { type: 'redrive' });
  expect(state).toMatchObject({ generation: 3, keptGeneration: 1 });
  expect(places(state).slice(1)).toEqual(['plan#0 done', 'transform#0 done', 'transform#1 ready', 'check#0 waiting', 'publish#0 waiting']);
  expect(passed(state, ['transform', 'check', 'publish'], 1)).toMatchObject({ status: 'completed', keptGeneration: 3 });
});
