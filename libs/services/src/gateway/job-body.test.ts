import { JobBody, JobStatusBody } from '@attune/api';
import type { JobDetail } from '@attune/platform';
import { createdBody, jobBody, statusBody } from './job-body.js';

const JOB = '01970000-0000-7000-8000-000000000001';
const DATASET = '01970000-0000-7000-8000-000000000002';
const CREATED = Date.parse('2026-01-02T03:04:05.000Z');
const STAGES = ['inspect', 'plan', 'transform', 'check', 'publish'] as const;

/** A harmonize job whose first `done` stages are done and whose next one has come to `progress`, 0..1. */
function detail(done: number, progress = 0, job: Partial<JobDetail['job']> = {}): JobDetail {
  return {
    job: {
      id: JOB,
      operation: 'harmonize',
      priority_class: 'interactive',
      generation: 1,
      version: 2 + done,
      status: 'processing',
      stage: STAGES[Math.min(done, 4)]!,
      cancel_requested: false,
      error: null,
      options: {
        remove_duplicates: true,
        standardize_fields: true,
        validate_schema: true,
        output_formats: ['csv', 'parquet'],
        review: 'never',
      },
      dataset_id: DATASET,
      input_sha256: 'a'.repeat(64),
      input_name: 'people.csv',
      bytes_in: 1000,
      created_at: CREATED,
      started_at: CREATED + 1000,
      completed_at: null,
      deadline_at: null,
      ...job,
    },
    stages: STAGES.map((stage, i) => ({
      shard: 0,
      stage,
      status: i < done ? 'done' : i === done ? 'running' : 'waiting',
      epoch: 1,
      attempt: i <= done ? 1 : 0,
      progress: i < done ? 1 : i === done ? progress : 0,
      error: null,
      next_run_at: CREATED,
      started_at: i <= done ? CREATED + 1000 : null,
      ended_at: i < done ? CREATED + 2000 : null,
    })),
    ledger: [],
    load: null,
    now: CREATED + 10_000,
    errorsFound: 0,
    bytesOut: 0,
    backlogPosition: 0,
  } as unknown as JobDetail;
}

test('progress never falls while a job goes through its stages, and is 100 only when it is completed', () => {
  let highest = 0;
  for (let done = 0; done < STAGES.length; done++) {
    for (let step = 0; step <= 10; step++) {
      const { progress } = JobStatusBody.parse(statusBody(detail(done, step / 10)));
      expect(progress).toBeGreaterThanOrEqual(highest);
      expect(progress).toBeLessThan(100);
      highest = progress;
    }
  }
  expect(statusBody(detail(5, 0, { status: 'completed', completed_at: CREATED + 9000 })).progress).toBe(100);
});

test('the body of a submit is the same for the first answer and for every replay of it', () => {
  const first = JSON.stringify(createdBody(detail(0).job));
  expect(JobBody.parse(JSON.parse(first))).toMatchObject({ status: 'pending', version: 1, progress: 0 });
  const later = [
    detail(3, 0.5),
    detail(5, 0, { status: 'completed', completed_at: CREATED + 9000 }),
    withShard(detail(5, 0, { status: 'completed', generation: 2, kept_generation: 2, completed_at: CREATED + 9000 })),
    detail(2, 0, { status: 'failed', cancel_requested: true, completed_at: CREATED + 9000 }),
  ];
  for (const replay of later) expect(JSON.stringify(createdBody(replay.job))).toBe(first);
});

test('a stage is told once, by what its latest shard does', () => {
  const { stages } = jobBody(withShard(detail(5, 0, { status: 'processing', generation: 2, kept_generation: 1 }), 'running'));
  expect(stages.map(({ name, status, shards }) => [name, status, shards.total, shards.done])).toEqual([
    ['inspect', 'done', 1, 1],
    ['plan', 'done', 1, 1],
    ['transform', 'running', 2, 1],
    ['check', 'done', 1, 1],
    ['publish', 'done', 1, 1],
  ]);
});

test('shards that are worked on at the same time are told as one stage: at work while one is, and begun with the first', () => {
  const given = detail(2, 0);
  const shard = (number: number, status: string, startedAt: number | null) =>
    ({
      ...given.stages[1]!,
      stage: 'decode',
      shard: number,
      status,
      attempt: number,
      progress: status === 'done' ? 1 : 0,
      started_at: startedAt,
      ...(status === 'done' ? {} : { ended_at: null }),
    }) as never;
  const shards = [shard(0, 'done', CREATED + 2000), shard(1, 'running', CREATED + 3000), shard(2, 'ready', null)];
  const { stages, progress } = jobBody({ ...given, stages: [...given.stages.slice(0, 2), ...shards, ...given.stages.slice(2)] });
  expect(stages[2]).toMatchObject({ name: 'decode', status: 'running', shards: { total: 3, done: 1 }, attempt: 2, ended_at: null });
  expect(stages[2]!.started_at).toBe(new Date(CREATED + 2000).toISOString());
  expect(progress).toBeGreaterThan(jobBody(given).progress);
});

/** With the shard that a resubmission has added. */
function withShard(given: JobDetail, status: 'running' | 'done' = 'done'): JobDetail {
  const stages = given.stages.flatMap((stage) => (stage.stage === 'transform' ? [stage, { ...stage, shard: 1, status }] : [stage]));
  return { ...given, stages };
}

test('a cancellation is requested only until the job has ended', () => {
  expect(jobBody(detail(1, 0, { cancel_requested: true })).cancel_requested).toBe(true);
  expect(jobBody(detail(1, 0, { cancel_requested: true, status: 'cancelled', completed_at: CREATED + 3000 })).cancel_requested).toBe(false);
});
