import type { JobDetail, Paces } from '@attune/platform';
import { UNMEASURED } from '@attune/platform';
import { measuredEnd } from './estimate.js';
import { statusBody } from './job-body.js';

const NOW = Date.parse('2026-01-02T03:04:05.000Z');
const NAMES = ['inspect', 'plan', 'validate', 'check'] as const;
/** 100 bytes a second in each stage, ten seconds a job, two workers. */
const PACES: Paces = { of: () => ({ bytesPerSecond: 100, secondsPerJob: 10 }), slots: () => 2 };

function waiting(job: object = {}, first: object = {}, backlogPosition = 0): JobDetail {
  return {
    job: {
      id: 'j',
      operation: 'validate',
      status: 'pending',
      bytes_in: 1000,
      created_at: NOW,
      started_at: null,
      completed_at: null,
      ...job,
    },
    stages: NAMES.map((stage, i) => ({
      stage,
      shard: 0,
      status: 'waiting',
      progress: 0,
      next_run_at: 0,
      ...(i === 0 ? { status: 'ready', ...first } : {}),
    })),
    ledger: [],
    load: null,
    now: NOW,
    errorsFound: 0,
    bytesOut: 0,
    backlogPosition,
  } as unknown as JobDetail;
}

const seconds = (detail: JobDetail): number => (measuredEnd(detail, PACES)! - NOW) / 1000;

test('a job that waits takes each stage at its measured pace, after those ahead of it have ended: the busiest service sets their pace', () => {
  expect(seconds(waiting())).toBe(40);
  expect(seconds(waiting({}, {}, 6))).toBe(40 + 6 * 15); // three stages of ten seconds each are the validator's, who has two workers
  expect(seconds(waiting({}, { next_run_at: NOW + 5_000 }))).toBe(45);
});

test('what is done takes no time any more, and no progress makes it less than none', () => {
  expect(seconds(waiting({ status: 'processing' }, { status: 'running', progress: 0.5 }))).toBe(35);
  expect(seconds(waiting({ status: 'processing' }, { status: 'done', progress: 1 }))).toBe(30);
  const over = waiting({ status: 'processing' }, { status: 'running', progress: 1.5 });
  expect(seconds(over)).toBe(30);
});

test('nothing is estimated that was not measured, has ended, or waits for a person', () => {
  expect(statusBody(waiting(), UNMEASURED).estimated_completion).toBeNull();
  for (const status of ['completed', 'failed', 'cancelled', 'expired'])
    expect(statusBody(waiting({ status, completed_at: NOW }), PACES).estimated_completion).toBeNull();
  expect(statusBody(waiting({ status: 'awaiting_review' }), PACES).estimated_completion).toBeNull();
  expect(statusBody(waiting(), PACES).estimated_completion).toBe('2026-01-02T03:04:45.000Z');
});
