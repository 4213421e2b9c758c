import { AppError, ERROR_KINDS, type ErrorCode, type StageName } from '@attune/core';
import fc from 'fast-check';
import { createJob, decide } from './decide.js';
import {
  type Effect,
  type JobEvent,
  type JobState,
  LEASE_MS,
  MAX_CRASHES,
  MAX_LOST_LEASES,
  MAX_TRANSIENT_TRIES,
  type StageState,
  TERMINAL,
} from './state.js';

const SCHEDULES = 3_000;
const FAILURES: readonly ErrorCode[] = [
  'dependency_unavailable',
  'storage_full',
  'engine.failed',
  'internal',
  'encoding',
  'deadline_exceeded',
];

/** One thing that happens. `claim` is any claim ever made: workers come back late, commit twice, and fail after they were fenced. */
type Step =
  | { readonly do: 'claim' | 'cancel' | 'tick' | 'answer' | 'resubmit' }
  | { readonly do: 'commit' | 'review' | 'refuse' | 'release' | 'stop'; readonly claim: number }
  | { readonly do: 'fail'; readonly claim: number; readonly code: ErrorCode; readonly jitter: number }
  | { readonly do: 'wait'; readonly ms: number };

/** Mostly the latest claim, now and then an older one. */
const anyClaim = fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 2, arbitrary: fc.nat({ max: 12 }) });
const ending = (verb: 'commit' | 'review' | 'refuse' | 'release' | 'stop') => fc.record({ do: fc.constant(verb), claim: anyClaim });
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 12, arbitrary: fc.constant<Step>({ do: 'claim' }) },
  { weight: 9, arbitrary: ending('commit') },
  { weight: 3, arbitrary: ending('review') },
  { weight: 4, arbitrary: fc.constant<Step>({ do: 'answer' }) },
  { weight: 2, arbitrary: fc.constant<Step>({ do: 'resubmit' }) },
  { weight: 3, arbitrary: ending('release') },
  { weight: 1, arbitrary: ending('refuse') },
  { weight: 1, arbitrary: ending('stop') },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('fail' as const),
      claim: anyClaim,
      code: fc.constantFrom(...FAILURES),
      jitter: fc.constantFrom(0, 0.5, 0.999),
    }),
  },
  { weight: 1, arbitrary: fc.constant<Step>({ do: 'cancel' }) },
  { weight: 3, arbitrary: fc.constant<Step>({ do: 'tick' }) },
  {
    weight: 8,
    arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(1, 1_000, LEASE_MS, LEASE_MS + 1, 60_000, 300_000) }),
  },
);

interface Claim {
  readonly stage: StageName;
  readonly shard: number;
  readonly epoch: number;
}

/** The job machine under a virtual clock, and beside it what must be true of everything it has ever said. */
class World {
  state: JobState;
  #now = 1_000_000;
  /** Claims that were given out, the latest first. */
  readonly #claims: Claim[] = [];
  readonly #open = new Map<string, number>();
  readonly #committed = new Set<string>();
  #terminals = 0;
  #resubmitting = false;

  constructor(operation: 'harmonize' | 'validate', deadlineMs: number | null) {
    this.state = createJob(operation, deadlineMs === null ? null : this.#now + deadlineMs, this.#now).state;
  }

  take(step: Step): void {
    switch (step.do) {
      case 'wait':
        this.#now += step.ms;
        return;
      case 'claim':
        return this.#claim();
      case 'cancel':
        return void this.#send({ type: 'cancel' });
      case 'tick':
        return void this.#send({ type: 'tick' });
      case 'answer':
        return this.#answer();
      case 'resubmit':
        return this.#resubmit();
      case 'commit':
      case 'review':
      case 'refuse':
      case 'release':
      case 'stop':
      case 'fail':
        return this.#end(step);
    }
  }

  /** Workers that are fair at last: whoever waits is waited for, whatever is free is claimed and committed. */
  settle(): void {
    for (let steps = 0; !TERMINAL.has(this.state.status); steps++) {
      if (steps > 100) throw new Error('the job does not end although its workers are fair');
      this.take({ do: 'answer' });
      const current = this.state.stages.find(({ status }) => status === 'ready' || status === 'running');
      if (current === undefined) throw new Error('nothing will ever move the job again');
      this.#now = Math.max(this.#now, current.nextRunAt, (current.leaseUntil ?? 0) + 1);
      this.take({ do: 'tick' });
      this.take({ do: 'claim' });
      this.take({ do: 'commit', claim: 0 });
    }
  }

  #claim(): void {
    const current = this.state.stages.find(({ status }) => status === 'ready' || status === 'running') ?? this.state.stages[0]!;
    const free =
      current.status === 'ready' ? current.nextRunAt <= this.#now : current.status === 'running' && current.leaseUntil! < this.#now;
    const before = this.state;
    const accepted = this.#send({ type: 'claim', stage: current.name, shard: current.shard, worker: `w${this.#claims.length}` });
    must(accepted === (free && !before.cancelRequested && !TERMINAL.has(before.status)), 'exactly what is free can be claimed');
    const { status, epoch } = this.state.stages.find(isSame(current))!;
    if (!accepted || status !== 'running') return;
    this.#claims.unshift({ stage: current.name, shard: current.shard, epoch });
    this.#open.set(keyOf({ stage: current.name, shard: current.shard }), epoch);
  }

  /** A person answers; the stage that asked may commit once more. */
  #answer(): void {
    const before = this.state;
    const accepted = this.#send({ type: 'answer' });
    must(accepted === (before.status === 'awaiting_review'), 'only a review can be answered');
    if (!accepted) return;
    const again = this.state.stages.find(({ status }) => status === 'ready')!;
    must(again.epoch > before.stages.find(isSame(again))!.epoch, 'an answered stage has a new epoch');
    this.#committed.delete(keyOf({ stage: again.name, shard: again.shard }));
  }

  /** Mended records come in; the next generation may end once more, and commit what it does over. */
  #resubmit(): void {
    const before = this.state;
    this.#resubmitting = true;
    const accepted = this.#send({ type: 'resubmit', records: 1 });
    this.#resubmitting = false;
    const may = TERMINAL.has(before.status) && before.keptGeneration !== null && before.stages.some(({ name }) => name === 'transform');
    must(accepted === may, 'mended records are taken exactly where others are kept');
    if (!accepted) return;
    must(
      this.state.generation === before.generation + 1 && this.state.keptGeneration === before.keptGeneration,
      'a generation follows the other',
    );
    for (const { name, shard, status } of this.state.stages) if (status !== 'done') this.#committed.delete(keyOf({ stage: name, shard }));
  }

  #end(step: Exclude<Step, { do: 'claim' | 'cancel' | 'tick' | 'answer' | 'resubmit' | 'wait' }>): void {
    const claim = this.#claims[step.claim];
    // A worker stops by itself only after its heartbeat has told it of the cancellation.
    if (!claim || (step.do === 'stop' && !this.state.cancelRequested)) return;
    const before = this.state;
    const accepted = this.#send(eventOf(step, claim));
    must(
      accepted === (!TERMINAL.has(before.status) && this.#open.get(keyOf(claim)) === claim.epoch),
      'only the holder of the latest epoch is heard',
    );
    if (!accepted) return;
    this.#open.delete(keyOf(claim));
    if ((step.do !== 'commit' && step.do !== 'review' && step.do !== 'refuse') || before.cancelRequested) return;
    must(!this.#committed.has(keyOf(claim)), 'a stage is committed once');
    this.#committed.add(keyOf(claim));
  }

  /** True when the machine accepts the event; then everything that must hold is checked. */
  #send(event: JobEvent): boolean {
    const before = this.state;
    try {
      const { state, effects } = decide(before, event, this.#now);
      this.state = state;
      this.#check(before, effects);
      return true;
    } catch (error) {
      if (error instanceof AppError && (error.code === 'stage.fenced' || error.code === 'conflict_state')) return false;
      throw error;
    }
  }

  #check(before: JobState, effects: readonly Effect[]): void {
    const { state } = this;
    const terminal = TERMINAL.has(state.status);
    must(!TERMINAL.has(before.status) || state === before || this.#resubmitting, 'a terminal status is left by mended records only');
    if (this.#resubmitting) this.#terminals = 0;
    this.#terminals += effects.filter(({ type }) => type === 'terminal').length;
    must(this.#terminals === (terminal ? 1 : 0), 'there is exactly one terminal status');
    must(
      this.#resubmitting ||
        !before.cancelRequested ||
        ['processing', 'cancelled', 'expired'].includes(state.status) ||
        TERMINAL.has(before.status),
      'cancellation is kept',
    );
    const done = state.stages.findIndex(({ status }) => status !== 'done');
    must(done < 0 || state.stages.slice(done).every(({ status }) => status !== 'done'), 'stages are done in order');
    must(
      state.stages.filter(({ status }) => status === 'ready' || status === 'running').length ===
        (terminal || state.status === 'awaiting_review' ? 0 : 1),
      'one stage is open until the end, and none during a review',
    );
    must(state.status !== 'completed' || done < 0, 'completed means that all stages are done');
    must(state.status !== 'failed' || state.error !== null, 'a failure says why');
    const answered = before.status === 'awaiting_review' && state.status === 'processing';
    must(state.keptGeneration !== state.generation || terminal, 'what is kept is over');
    for (const stage of state.stages)
      this.#checkStage(before.stages.find(isSame(stage)), stage, answered || (this.#resubmitting && stage.name !== 'transform'));
  }

  /** `again`: the stage may start over. */
  #checkStage(earlier: StageState | undefined, stage: StageState, again: boolean): void {
    must(earlier !== undefined || this.#resubmitting, 'shards come with mended records only');
    must(stage.epoch >= (earlier?.epoch ?? 0), 'epochs never fall');
    must(earlier?.status !== 'done' || stage.status === 'done' || again, 'what is done stays done');
    must(
      (stage.status === 'running') === (stage.leaseUntil !== null && stage.leaseOwner !== null),
      'a stage has a holder while it is running, and only then',
    );
    must(stage.crashCount <= MAX_CRASHES && stage.lostCount <= MAX_LOST_LEASES, 'crashes and lost leases are bounded');
    must(stage.attempt <= MAX_TRANSIENT_TRIES + MAX_LOST_LEASES + MAX_CRASHES, 'attempts are bounded');
  }
}

const keyOf = ({ stage, shard }: { stage: StageName; shard: number }): string => `${stage}/${shard}`;
const isSame = (one: StageState) => (other: StageState) => one.name === other.name && one.shard === other.shard;

/** The `expect` of a loop that runs a million times. */
function must(fact: boolean, invariant: string): void {
  if (!fact) throw new Error(`broken: ${invariant}`);
}

function eventOf(
  step: Exclude<Step, { do: 'claim' | 'cancel' | 'tick' | 'answer' | 'resubmit' | 'wait' }>,
  { stage, shard, epoch }: Claim,
): JobEvent {
  switch (step.do) {
    case 'commit':
      return { type: 'commit', stage, shard, epoch };
    case 'review':
      return { type: 'commit', stage, shard, epoch, review: true };
    case 'refuse':
      return { type: 'commit', stage, shard, epoch, failure: { code: 'quarantine.limit', detail: 'too many' } };
    case 'fail':
      return {
        type: 'fail',
        stage,
        shard,
        epoch,
        error: { class: ERROR_KINDS[step.code].class, code: step.code, detail: '' },
        jitter: step.jitter,
      };
    case 'release':
    case 'stop':
      return { type: step.do, stage, shard, epoch };
  }
}

/** A failure prints its seed and its shortest schedule; `seed` and `path` of the report replay it. */
test('whatever workers, time and callers do, every job keeps its invariants after every step and ends in exactly one status', () => {
  const ends = new Map<string, number>();
  fc.assert(
    fc.property(
      fc.constantFrom('harmonize' as const, 'validate' as const),
      fc.option(fc.constantFrom(5_000, 400_000), { freq: 4, nil: null }),
      fc.array(anyStep, { maxLength: 80, size: 'max' }),
      (operation, deadlineMs, steps) => {
        const world = new World(operation, deadlineMs);
        for (const step of steps) world.take(step);
        world.settle();
        ends.set(world.state.status, (ends.get(world.state.status) ?? 0) + 1);
      },
    ),
    { numRuns: SCHEDULES },
  );
  // Schedules that all end the same way would prove little.
  for (const status of TERMINAL) expect(ends.get(status)).toBeGreaterThan(SCHEDULES / 50);
});

test('a job that loses every worker is given up after a bounded number of leases', () => {
  const world = new World('validate', null);
  for (let i = 0; i <= MAX_LOST_LEASES + 1; i++) {
    world.take({ do: 'claim' });
    world.take({ do: 'wait', ms: LEASE_MS + 1 });
  }
  expect(world.state).toMatchObject({ status: 'failed', error: { code: 'attempts_exhausted' } });
});
