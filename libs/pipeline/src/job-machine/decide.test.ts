import { AppError, ERROR_KINDS, type ErrorCode, type StageName } from '@attune/core';
import { createJob, decide } from './decide.js';
import { stagesOf } from './stages-of.js';
import {
  backoffMs,
  type Effect,
  isToIsolate,
  type JobEvent,
  type JobState,
  LEASE_MS,
  MAX_LOST_LEASES,
  MAX_RESOURCE_TRIES,
  MAX_TRANSIENT_TRIES,
  type StageState,
} from './state.js';

/** A job under a clock that the test turns. */
class Life {
  state: JobState;
  effects: readonly Effect[];

  constructor(
    public now = 1_000_000,
    deadlineAt: number | null = null,
    operation: 'harmonize' | 'validate' = 'validate',
  ) {
    ({ state: this.state, effects: this.effects } = createJob(operation, deadlineAt, now));
  }

  event(event: JobEvent): this {
    ({ state: this.state, effects: this.effects } = decide(this.state, event, this.now));
    return this;
  }

  later(ms: number): this {
    this.now += ms;
    return this;
  }

  /** Claims and answers the epoch. */
  claim(stage: StageName = 'inspect', worker = 'w1'): number {
    this.event({ type: 'claim', stage, worker });
    return this.stage(stage).epoch;
  }

  fail(code: ErrorCode, epoch: number, stage: StageName = 'inspect'): this {
    return this.event({ type: 'fail', stage, epoch, error: { class: ERROR_KINDS[code].class, code, detail: 'planted' }, jitter: 0 });
  }

  stage(name: StageName = 'inspect'): StageState {
    return this.state.stages.find((stage) => stage.name === name)!;
  }

  ended(): unknown {
    return this.effects.filter(({ type }) => type === 'attempt_ended').map((effect) => (effect as { outcome: string }).outcome);
  }

  history(): string[] {
    return this.effects.flatMap((effect) => (effect.type === 'history' ? [effect.line.type] : []));
  }
}

/** The code a refusal carries; 'accepted' when there is none. */
function refusal(life: Life, event: JobEvent): string {
  try {
    decide(life.state, event, life.now);
    return 'accepted';
  } catch (error) {
    return error instanceof AppError ? error.code : 'unknown';
  }
}

describe('the way of a job', () => {
  test.each(['harmonize', 'validate'] as const)(
    'a job of operation %s passes its stages in order and is completed by the last',
    (operation) => {
      const life = new Life(0, null, operation);
      expect(life.state.status).toBe('pending');
      for (const { name, service } of stagesOf(operation)) {
        expect(life.effects).toContainEqual({ type: 'ready', stage: name, shard: 0, service });
        life.event({ type: 'commit', stage: name, epoch: life.claim(name) });
        expect(life.ended()).toEqual(['done']);
      }
      expect(life.state.status).toBe('completed');
      expect(life.effects).toContainEqual({ type: 'terminal', status: 'completed' });
      expect(life.history()).toEqual(['stage.done', 'job.status_changed']);
    },
  );

  test('a stage that waits for the one before cannot be claimed', () => {
    expect(refusal(new Life(), { type: 'claim', stage: 'plan', worker: 'w1' })).toBe('conflict_state');
  });

  test('a stage that is being worked on cannot be claimed', () => {
    const life = new Life();
    life.claim();
    expect(refusal(life.later(LEASE_MS), { type: 'claim', stage: 'inspect', worker: 'w2' })).toBe('conflict_state');
  });

  test('quarantine.limit ends the job as failed after the stage is done', () => {
    const life = new Life();
    life.event({ type: 'commit', stage: 'inspect', epoch: life.claim(), failure: { code: 'quarantine.limit', detail: 'too many' } });
    expect(life.state).toMatchObject({ status: 'failed', error: { code: 'quarantine.limit', class: 'data', stage: 'inspect' } });
    expect(life.state.stages.map(({ status }) => status)).toEqual(['done', 'cancelled', 'cancelled', 'cancelled']);
    expect(life.ended()).toEqual(['done']);
  });
});

describe('leases and epochs', () => {
  test('a worker whose lease ran out cannot commit over the one who took over', () => {
    const life = new Life();
    const late = life.claim('inspect', 'w1');
    const successor = life.later(LEASE_MS + 1).claim('inspect', 'w2');
    expect(life.ended()).toEqual(['lost']);
    expect(refusal(life, { type: 'commit', stage: 'inspect', epoch: late })).toBe('stage.fenced');
    expect(life.event({ type: 'commit', stage: 'inspect', epoch: successor }).stage().status).toBe('done');
  });

  test('a worker whose lease ran out may still commit while nobody has taken over', () => {
    const life = new Life();
    const epoch = life.claim();
    life.later(10 * LEASE_MS).event({ type: 'commit', stage: 'inspect', epoch });
    expect(life.stage().status).toBe('done');
  });

  test('nothing is committed twice', () => {
    const life = new Life();
    const epoch = life.claim();
    life.event({ type: 'commit', stage: 'inspect', epoch });
    expect(refusal(life, { type: 'commit', stage: 'inspect', epoch })).toBe('stage.fenced');
  });

  test('a lost worker does not count as a crash', () => {
    const life = new Life();
    life.claim();
    life.later(LEASE_MS + 1).claim('inspect', 'w2');
    expect(life.stage()).toMatchObject({ crashCount: 0, lostCount: 1, attempt: 2, leaseOwner: 'w2' });
  });

  test('a stage that loses every lease ends its job as attempts_exhausted', () => {
    const life = new Life();
    for (let i = 0; i <= MAX_LOST_LEASES; i++) life.later(LEASE_MS + 1).claim();
    expect(life.state.status).toBe('processing');
    life.later(LEASE_MS + 1).event({ type: 'claim', stage: 'inspect', worker: 'w1' });
    expect(life.state).toMatchObject({ status: 'failed', error: { code: 'attempts_exhausted', stage: 'inspect' } });
    expect(life.ended()).toEqual(['lost']);
  });
});

describe('failures', () => {
  test('two crashes of the engine end the job as poison_input', () => {
    const life = new Life();
    life.fail('engine.failed', life.claim());
    expect(life.stage()).toMatchObject({ status: 'ready', crashCount: 1 });
    life.fail('engine.failed', life.claim());
    expect(life.state).toMatchObject({ status: 'failed', error: { code: 'poison_input', stage: 'inspect' } });
    expect(life.stage()).toMatchObject({ status: 'failed', crashCount: 2 });
  });

  test('a pass over records that crashes the engine twice gets one more try, to set them aside; then it is poison_input', () => {
    const life = new Life();
    for (const stage of ['inspect', 'plan'] as const) life.event({ type: 'commit', stage, epoch: life.claim(stage) });
    for (let crashes = 1; crashes <= 2; crashes++) {
      expect(isToIsolate(life.stage('validate'))).toBe(false);
      life.fail('engine.failed', life.claim('validate'), 'validate');
      expect(life.stage('validate')).toMatchObject({ status: 'ready', crashCount: crashes });
    }
    const epoch = life.claim('validate');
    expect(isToIsolate(life.stage('validate'))).toBe(true);
    life.fail('engine.failed', epoch, 'validate');
    expect(life.state).toMatchObject({ status: 'failed', error: { code: 'poison_input', stage: 'validate' } });
  });

  test.each(['internal', 'artifact_corrupt'] as const)('two failures with %s keep that code: the input is not to blame', (code) => {
    const life = new Life();
    life.fail(code, life.claim());
    life.fail(code, life.claim());
    expect(life.state).toMatchObject({ status: 'failed', error: { code } });
  });

  test.each([
    ['dependency_unavailable', MAX_TRANSIENT_TRIES],
    ['storage_full', MAX_RESOURCE_TRIES],
    ['encoding', 1],
    ['mapping_invalid', 1],
  ] as const)('%s is tried %i times in all', (code, tries) => {
    const life = new Life();
    for (let i = 1; i < tries; i++) {
      life.fail(code, life.claim());
      expect(life.state.status).toBe('processing');
      expect(life.ended()).toEqual(['failed']);
    }
    life.fail(code, life.claim());
    expect(life.state).toMatchObject({ status: 'failed', error: { code, detail: 'planted' } });
  });

  test('a failed stage is not to be had before its backoff is over', () => {
    const life = new Life();
    life.event({
      type: 'fail',
      stage: 'inspect',
      epoch: life.claim(),
      error: { class: 'transient', code: 'overloaded', detail: '' },
      jitter: 0.5,
    });
    const claim: JobEvent = { type: 'claim', stage: 'inspect', worker: 'w1' };
    expect(refusal(life.later(499), claim)).toBe('conflict_state');
    expect(refusal(life.later(1), claim)).toBe('accepted');
  });

  test('a retry that the budget holds back comes later, and comes', () => {
    const life = new Life();
    const error = { class: 'transient', code: 'overloaded', detail: '' } as const;
    life.event({ type: 'fail', stage: 'inspect', epoch: life.claim(), error, jitter: 0.5, notBeforeMs: 60_000 });
    const claim: JobEvent = { type: 'claim', stage: 'inspect', worker: 'w1' };
    expect(refusal(life.later(59_999), claim)).toBe('conflict_state');
    expect(refusal(life.later(1), claim)).toBe('accepted');
  });

  test('the backoff doubles from one second and never exceeds five minutes', () => {
    expect([1, 2, 3, 9, 10, 60].map((attempt) => backoffMs(attempt, 1))).toEqual([1_000, 2_000, 4_000, 256_000, 300_000, 300_000]);
    expect(backoffMs(8, 0)).toBe(0);
  });

  test('an outage that lasts is never charged, and is no strike: the stage comes back within fifteen seconds as often as it takes', () => {
    const life = new Life();
    const error = { class: 'transient', code: 'dependency_unavailable', detail: 'planted' } as const;
    for (let i = 0; i < 3 * MAX_TRANSIENT_TRIES; i++) {
      life.event({ type: 'park', stage: 'inspect', epoch: life.claim(), error, jitter: 0.9 });
      expect(life.ended()).toEqual(['parked']);
      expect(life.history()).toEqual(['stage.parked']);
      const claim: JobEvent = { type: 'claim', stage: 'inspect', worker: 'w1' };
      expect(refusal(life.later(5_000), claim)).toBe('conflict_state');
      expect(refusal(life.later(10_000), claim)).toBe('accepted');
    }
    expect(life.stage()).toMatchObject({ status: 'ready', attempt: 0, crashCount: 0, lostCount: 0, leaseOwner: null, error });
  });

  test('a hand-back is not charged', () => {
    const life = new Life();
    for (let i = 0; i < 3 * MAX_TRANSIENT_TRIES; i++) {
      life.event({ type: 'release', stage: 'inspect', epoch: life.claim() });
      expect(life.ended()).toEqual(['released']);
    }
    expect(life.stage()).toMatchObject({ status: 'ready', attempt: 0, crashCount: 0, leaseOwner: null });
    life.fail('dependency_unavailable', life.claim());
    expect(life.state.status).toBe('processing');
  });
});

describe('cancellation and deadline', () => {
  test('a job nobody works on is cancelled at once', () => {
    const life = new Life();
    life.event({ type: 'cancel' });
    expect(life.state).toMatchObject({ status: 'cancelled', cancelRequested: true, error: null });
    expect(life.state.stages.every(({ status, epoch }) => status === 'cancelled' && epoch === 1)).toBe(true);
    expect(life.history()).toEqual(['job.cancel_requested', 'job.status_changed']);
  });

  test.each(['commit', 'fail', 'park', 'release', 'stop'] as const)(
    'while a worker runs, cancellation waits for it and its %s ends the job as cancelled',
    (type) => {
      const life = new Life();
      const epoch = life.claim();
      life.event({ type: 'cancel' });
      expect(life.state).toMatchObject({ status: 'processing', cancelRequested: true });
      const error = { class: 'transient', code: 'dependency_unavailable', detail: 'planted' } as const;
      if (type === 'fail' || type === 'park') life.event({ type, stage: 'inspect', epoch, error, jitter: 0 });
      else life.event({ type, stage: 'inspect', epoch });
      expect(life.state.status).toBe('cancelled');
      expect(life.ended()).toEqual(['cancelled']);
    },
  );

  test('a cancelled job whose worker is dead ends when the lease has run out', () => {
    const life = new Life();
    life.claim();
    life.event({ type: 'cancel' });
    expect(life.later(LEASE_MS).event({ type: 'tick' }).state.status).toBe('processing');
    expect(life.later(1).event({ type: 'tick' }).state.status).toBe('cancelled');
    expect(life.ended()).toEqual(['cancelled']);
  });

  test('a job whose worker is dead already is cancelled at once', () => {
    const life = new Life();
    life.claim();
    expect(life.later(LEASE_MS + 1).event({ type: 'cancel' }).state.status).toBe('cancelled');
  });

  test('a stage of a job with requested cancellation is not to be had', () => {
    const life = new Life();
    life.claim();
    life.event({ type: 'cancel' }).later(LEASE_MS + 1);
    expect(refusal(life, { type: 'claim', stage: 'inspect', worker: 'w2' })).toBe('conflict_state');
  });

  test('nothing commits after cancelled', () => {
    const life = new Life();
    const epoch = life.claim();
    life.later(LEASE_MS + 1).event({ type: 'cancel' });
    for (const type of ['commit', 'release', 'stop'] as const)
      expect(refusal(life, { type, stage: 'inspect', epoch })).toBe('stage.fenced');
    expect(life.stage().epoch).toBeGreaterThan(epoch);
  });

  test('asking twice for cancellation is one line of history', () => {
    const life = new Life();
    life.claim();
    life.event({ type: 'cancel' });
    expect(life.event({ type: 'cancel' }).history()).toEqual([]);
  });

  test('a deadline that has passed ends the job as expired, and its worker is fenced', () => {
    const life = new Life(0, 5_000);
    const epoch = life.claim();
    expect(life.later(4_999).event({ type: 'tick' }).state.status).toBe('processing');
    life.later(1).event({ type: 'tick' });
    expect(life.state).toMatchObject({ status: 'expired', error: { code: 'deadline_exceeded', class: 'deadline' } });
    expect(life.ended()).toEqual(['expired']);
    expect(refusal(life, { type: 'commit', stage: 'inspect', epoch })).toBe('stage.fenced');
  });

  test('a job that has ended is neither cancelled nor changed by time', () => {
    const life = new Life(0, 5_000);
    life.fail('encoding', life.claim());
    expect(refusal(life, { type: 'cancel' })).toBe('conflict_state');
    const before = life.state;
    expect(life.later(60_000).event({ type: 'tick' }).state).toBe(before);
    expect(life.effects).toEqual([]);
  });
});

describe('review', () => {
  const asked = (deadlineAt: number | null = null): Life => {
    const life = new Life(1_000_000, deadlineAt, 'harmonize');
    life.event({ type: 'commit', stage: 'inspect', epoch: life.claim() });
    return life.event({ type: 'commit', stage: 'plan', epoch: life.claim('plan'), review: true });
  };

  test('a stage that is unsure stops the job: nothing is ready, nobody holds a lease, and the history says why', () => {
    const life = asked();
    expect(life.state).toMatchObject({ status: 'awaiting_review', error: null });
    expect(life.state.stages.map(({ status }) => status)).toEqual(['done', 'done', 'waiting', 'waiting', 'waiting']);
    expect(life.history()).toEqual(['stage.done', 'job.status_changed', 'review.requested']);
    expect(life.effects.some(({ type }) => type === 'ready' || type === 'terminal')).toBe(false);
    for (const stage of ['plan', 'transform'] as const) {
      expect(refusal(life, { type: 'claim', stage, worker: 'w1' })).toBe('conflict_state');
    }
  });

  test('the answer starts the stage that asked again, under a new epoch and with all its tries; then the job goes on', () => {
    const life = asked();
    const before = life.stage('plan').epoch;
    life.event({ type: 'answer' });
    expect(life.state.status).toBe('processing');
    expect(life.stage('plan')).toMatchObject({ status: 'ready', epoch: before + 1, attempt: 0 });
    expect(life.effects).toContainEqual({ type: 'ready', stage: 'plan', shard: 0, service: 'harmonizer' });
    expect(life.history()).toEqual(['review.answered', 'job.status_changed']);
    life.event({ type: 'commit', stage: 'plan', epoch: life.claim('plan') });
    expect(life.stage('transform').status).toBe('ready');
  });

  test('who held the stage before the answer is fenced', () => {
    const life = asked();
    const epoch = life.stage('plan').epoch;
    expect(refusal(life.event({ type: 'answer' }), { type: 'commit', stage: 'plan', epoch })).toBe('stage.fenced');
  });

  test('only a job in review can be answered, and only once', () => {
    const life = new Life();
    expect(refusal(life, { type: 'answer' })).toBe('conflict_state');
    life.claim();
    expect(refusal(life, { type: 'answer' })).toBe('conflict_state');
    const answered = asked().event({ type: 'answer' });
    expect(refusal(answered, { type: 'answer' })).toBe('conflict_state');
    expect(refusal(asked().event({ type: 'cancel' }), { type: 'answer' })).toBe('conflict_state');
  });

  test('a review is cancelled at once, and expires at its deadline', () => {
    expect(asked().event({ type: 'cancel' }).state.status).toBe('cancelled');
    const life = asked(2_000_000);
    expect(life.event({ type: 'tick' }).state.status).toBe('awaiting_review');
    life.now = 2_000_000;
    expect(life.event({ type: 'tick' }).state).toMatchObject({ status: 'expired', error: { code: 'deadline_exceeded' } });
  });

  test('a failure outweighs a review, and the last stage has nothing to ask', () => {
    const life = new Life();
    const failure = { code: 'quarantine.limit', detail: 'too many' } as const;
    life.event({ type: 'commit', stage: 'inspect', epoch: life.claim(), review: true, failure });
    expect(life.state.status).toBe('failed');
    const last = new Life();
    for (const { name } of stagesOf('validate'))
      last.event({ type: 'commit', stage: name, epoch: last.claim(name), review: name === 'check' });
    expect(last.state.status).toBe('completed');
  });
});
