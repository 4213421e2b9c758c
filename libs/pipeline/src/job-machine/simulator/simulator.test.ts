import { readFileSync } from 'node:fs';
import path from 'node:path';
import { decide } from '../decide.js';
import { type JobEvent, type JobState, TERMINAL } from '../state.js';
import { type Sabotage, simulate } from './simulation.fixture.js';

/** A night multiplies them: TEST_SIMULATIONS=100 is a million. */
const SCHEDULES = 10_000 * Number(process.env['TEST_SIMULATIONS'] ?? 1);
const REGRESSIONS = readFileSync(path.join(__dirname, 'regressions.txt'), 'utf8')
  .split('\n')
  .filter((line) => /^\d/.test(line))
  .map((line) => Number.parseInt(line, 10));

// Refusals are thrown by the million; nobody reads their stacks.
const { stackTraceLimit } = Error;
beforeAll(() => void (Error.stackTraceLimit = 0));
afterAll(() => void (Error.stackTraceLimit = stackTraceLimit));

/** What the schedule breaks; empty when every invariant holds after every step. */
function broken(seed: number, sabotage?: Sabotage): string {
  try {
    simulate(seed, sabotage);
    return '';
  } catch (error) {
    return `seed ${seed}: ${(error as Error).message}`;
  }
}

test('what has failed once does not fail again', () => {
  expect(REGRESSIONS.map((seed) => broken(seed)).filter(Boolean)).toEqual([]);
});

test('whatever is lost, repeated, late, dead, asleep or refused, every job keeps its invariants after every step and comes to its one end', () => {
  const ends = new Map<string, number>();
  let resubmitted = 0;
  for (let seed = 0; seed < SCHEDULES; seed++) {
    try {
      const { statuses, generations } = simulate(seed);
      for (const status of statuses) ends.set(status, (ends.get(status) ?? 0) + 1);
      if (generations > 1) resubmitted++;
    } catch (error) {
      throw new Error(`seed ${seed} (add it to regressions.txt): ${(error as Error).message}`, { cause: error });
    }
  }
  // Schedules that all end the same way would prove little.
  for (const status of TERMINAL) expect(ends.get(status)).toBeGreaterThan(SCHEDULES / 50);
  expect(resubmitted).toBeGreaterThan(SCHEDULES / 20);
}, 600_000);

const holding = (state: JobState, event: JobEvent) =>
  state.stages.find((stage) => 'stage' in event && stage.name === event.stage && stage.shard === (event.shard ?? 0));

/** Faults planted into the machine and into its workers, and what must notice them. */
const SABOTAGES: readonly [fault: string, notices: string, Sabotage][] = [
  [
    'a commit is taken whatever its epoch',
    '(I4)',
    {
      machine: (state, event, now) =>
        decide(state, event.type === 'commit' ? { ...event, epoch: holding(state, event)?.epoch ?? event.epoch } : event, now),
    },
  ],
  [
    'a lease is taken before it has ended',
    'a lease is not taken before it has ended',
    {
      machine: (state, event, now) =>
        decide(
          event.type === 'claim' ? withStages(state, (stage) => ({ ...stage, leaseUntil: stage.leaseUntil && 0 })) : state,
          event,
          now,
        ),
    },
  ],
  [
    'a claim after a lost lease keeps the epoch',
    '(I4)',
    {
      machine: (state, event, now) => {
        const decision = decide(state, event, now);
        const held = event.type === 'claim' ? holding(state, event) : undefined;
        if (held?.status !== 'running') return decision;
        return {
          ...decision,
          state: withStages(decision.state, (stage) => (stage.name === held.name ? { ...stage, epoch: held.epoch } : stage)),
        };
      },
    },
  ],
  [
    'a commit does not look at a cancellation',
    '(I14)',
    { machine: (state, event, now) => decide(event.type === 'commit' ? { ...state, cancelRequested: false } : state, event, now) },
  ],
  [
    'a commit leaves the next stage waiting',
    '(I1)',
    {
      machine: (state, event, now) => {
        const decision = decide(state, event, now);
        if (event.type !== 'commit') return decision;
        return {
          ...decision,
          state: withStages(decision.state, (stage) => (stage.status === 'ready' ? { ...stage, status: 'waiting' } : stage)),
        };
      },
    },
  ],
  [
    'the transform begins before every piece is decoded',
    '(I1)',
    {
      machine: (state, event, now) => {
        const isPiece = event.type === 'commit' && event.stage === 'decode';
        const done = isPiece
          ? withStages(state, (stage) =>
              stage.name === 'decode' && stage !== holding(state, event) ? { ...stage, status: 'done' } : stage,
            )
          : state;
        const decision = decide(done, event, now);
        const before = (stage: JobState['stages'][number]) =>
          state.stages.find(({ name, shard }) => name === stage.name && shard === stage.shard)!;
        if (!isPiece || TERMINAL.has(decision.state.status)) return decision;
        return {
          ...decision,
          state: withStages(decision.state, (stage) => (stage.name === 'decode' && stage.shard !== event.shard ? before(stage) : stage)),
        };
      },
    },
  ],
  [
    'the history keeps quiet about a retry that ended the job',
    '(I5)',
    {
      machine: (state, event, now) => {
        const { state: after, effects } = decide(state, event, now);
        return { state: after, effects: effects.filter((effect) => event.type !== 'fail' || effect.type !== 'history') };
      },
    },
  ],
  [
    'time ends a job that has ended',
    '(I1)',
    {
      machine: (state, event, now) =>
        decide(event.type === 'cancel' && state.status === 'completed' ? { ...state, status: 'processing' } : state, event, now),
    },
  ],
  [
    'deadlines are not looked at',
    'no job outlives its deadline',
    {
      machine: (state, event, now) => {
        const { state: after, effects } = decide(event.type === 'tick' ? { ...state, deadlineAt: null } : state, event, now);
        return { state: { ...after, deadlineAt: state.deadlineAt }, effects };
      },
    },
  ],
  [
    'an outage is charged',
    'is not charged',
    { machine: (state, event, now) => decide(state, event.type === 'park' ? { ...event, type: 'fail' } : event, now) },
  ],
  ['workers wait for rings that may be lost', '(I1)', { habits: { ticks: false } }],
  ['a worker removes what it has stored without asking the database', '(I8)', { habits: { removesWhatIsNobodys: false } }],
];

const withStages = (state: JobState, change: (stage: JobState['stages'][number]) => JobState['stages'][number]): JobState => ({
  ...state,
  stages: state.stages.map(change),
});

test.each(SABOTAGES)('a machine in which %s is found out: %s', (_, notices, sabotage) => {
  const found = new Set<string>();
  for (let seed = 0; seed < 5_000 && ![...found].some((what) => what.includes(notices)); seed++)
    found.add(broken(seed, sabotage).replace(/^.*broken: /, ''));
  found.delete('');
  expect([...found].join('; ')).toContain(notices);
});
