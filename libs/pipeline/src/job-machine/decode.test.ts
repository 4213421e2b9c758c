import { ERROR_KINDS, type ErrorCode, type StageName } from '@attune/core';
import { createJob, decide } from './decide.js';
import { jobProgress } from './stages-of.js';
import { type Decision, type JobEvent, type JobState, MAX_CRASHES } from './state.js';

const NOW = 1_000_000;

/** A job of which each event is decided at the same moment. */
class Life {
  state: JobState = createJob('harmonize', null, NOW).state;
  effects: Decision['effects'] = [];

  event(event: JobEvent): this {
    ({ state: this.state, effects: this.effects } = decide(this.state, event, NOW));
    return this;
  }

  claim(stage: StageName, shard = 0): number {
    this.event({ type: 'claim', stage, shard, worker: `w${shard}` });
    return this.state.stages.find((one) => one.name === stage && one.shard === shard)!.epoch;
  }

  commit(stage: StageName, shard = 0, shards?: number): this {
    const epoch = this.claim(stage, shard);
    return this.event({ type: 'commit', stage, shard, epoch, ...(shards === undefined ? {} : { shards }) });
  }

  fail(code: ErrorCode, stage: StageName, shard: number): this {
    const error = { class: ERROR_KINDS[code].class, code, detail: 'planted' };
    return this.event({ type: 'fail', stage, shard, epoch: this.claim(stage, shard), error, jitter: 0 });
  }

  get standing(): string {
    return this.state.stages.map(({ name, shard, status }) => `${name}${shard > 0 ? ` ${shard}` : ''} ${status}`).join(', ');
  }

  get ready(): string[] {
    return this.effects.flatMap((effect) => (effect.type === 'ready' ? [`${effect.stage} ${effect.shard} ${effect.service}`] : []));
  }
}

/** A job whose plan has cut the input into so many slices. */
const cutInto = (slices: number): Life => new Life().commit('inspect').commit('plan', 0, slices);

test('a plan that has cut the input makes every slice ready at once, and the transform waits for the last of them', () => {
  const life = cutInto(3);
  expect(life.ready).toEqual(['decode 0 harmonizer', 'decode 1 harmonizer', 'decode 2 harmonizer']);
  expect(life.standing).toBe(
    'inspect done, plan done, decode ready, decode 1 ready, decode 2 ready, transform waiting, check waiting, publish waiting',
  );
  expect(life.commit('decode', 2).commit('decode', 0).ready).toEqual([]);
  expect(life.commit('decode', 1).ready).toEqual(['transform 0 harmonizer']);
  expect(life.commit('transform').commit('check').commit('publish').state.status).toBe('completed');
});

test('several workers hold slices at the same time, and one cancellation ends them all', () => {
  const life = cutInto(2);
  const epochs = [0, 1].map((shard) => life.claim('decode', shard));
  life.event({ type: 'cancel' });
  expect(life.state.status).toBe('processing');
  life.event({ type: 'stop', stage: 'decode', shard: 1, epoch: epochs[1]! });
  expect(life.state.status).toBe('cancelled');
  expect(() => life.event({ type: 'commit', stage: 'decode', shard: 0, epoch: epochs[0]! })).toThrow(/is over/);
});

test('a slice that cannot be decoded is passed over: the transform does its work, and the job goes on', () => {
  const life = cutInto(2).commit('decode', 0);
  for (let strike = 1; strike <= MAX_CRASHES; strike++) life.fail('engine.failed', 'decode', 1);
  expect(life.state.status).toBe('processing');
  expect(life.effects).toContainEqual(expect.objectContaining({ type: 'attempt_ended', outcome: 'failed' }));
  expect(life.effects).toContainEqual({ type: 'history', line: expect.objectContaining({ type: 'stage.passed_over' }) as unknown });
  expect(life.ready).toEqual(['transform 0 harmonizer']);
});

test('a redrive from the plan on keeps the shards, also where they are fewer now, and no epoch is given twice', () => {
  const life = cutInto(3);
  const before = life.claim('decode', 2);
  const error = { class: 'data', code: 'encoding', detail: 'planted' } as const;
  for (const shard of [0, 1]) life.commit('decode', shard);
  life.event({ type: 'fail', stage: 'decode', shard: 2, epoch: before, error, jitter: 0 });
  life.event({ type: 'fail', stage: 'transform', epoch: life.claim('transform'), error, jitter: 0 });
  expect(life.state.status).toBe('failed');
  life.event({ type: 'redrive', fromStage: 'plan' }).commit('plan', 0, 2);
  expect(life.ready).toHaveLength(3);
  expect(life.claim('decode', 2)).toBeGreaterThan(before);
  expect(life.state.stages.filter(({ name }) => name === 'decode')).toHaveLength(3);
});

test('a redrive of a job that expired while it was decoded begins with all slices that were not done', () => {
  const life = cutInto(3).commit('decode', 0);
  life.claim('decode', 1);
  life.state = { ...life.state, deadlineAt: NOW - 1 };
  expect(life.event({ type: 'tick' }).state.status).toBe('expired');
  expect(life.event({ type: 'redrive' }).ready.length).toBeGreaterThanOrEqual(2);
  expect(life.state.stages.filter(({ status }) => status === 'waiting').map(({ name }) => name)).toEqual(['transform', 'check', 'publish']);
});

test('the slices count for the larger part of the transform that they belong to', () => {
  const progress = (decode: number | undefined, transform: number): number =>
    jobProgress('harmonize', (name) => ({ inspect: 1, plan: 1, decode, transform })[name as 'decode']);
  const [begun, half, decoded, done] = [progress(0, 0), progress(0.5, 0), progress(1, 0), progress(1, 1)];
  expect([begun < half, half < decoded, decoded < done, done]).toEqual([true, true, true, progress(undefined, 1)]);
});
