import { type FreshDatabase, freshDatabase } from '@attune/testing';
import { pino } from 'pino';
import { Database } from '../database/database.js';
import { PaceRepository } from '../database/pace.repository.js';
import { submitSample } from '../database/sample-job.fixture.js';
import { MeasuredPace, pacesOf } from './measured-pace.js';

const attempt = (bytes: number, seconds: number) => ({ operation: 'validate', stage: 'inspect', bytes, seconds }) as const;

test('nothing is said of what was not measured', () => {
  const paces = pacesOf([attempt(100, 1)], []);
  expect(paces.of('validate', 'check')).toBeUndefined();
  expect(paces.of('harmonize', 'inspect')).toBeUndefined();
  expect(paces.slots('validator')).toBe(1);
});

test('the newest attempts count most, and tiny jobs say little of the throughput of large ones', () => {
  const slowThenFast = [...Array.from({ length: 50 }, () => attempt(100, 10)), ...Array.from({ length: 50 }, () => attempt(100, 1))];
  expect(pacesOf(slowThenFast, []).of('validate', 'inspect')!.secondsPerJob).toBeCloseTo(1, 0);
  const large = [attempt(100_000_000, 10), ...Array.from({ length: 9 }, () => attempt(100, 0.1))];
  expect(pacesOf(large, []).of('validate', 'inspect')!.bytesPerSecond).toBeGreaterThan(8_000_000);
});

describe('in a database', () => {
  let fresh: FreshDatabase;
  let database: Database;

  beforeEach(async () => {
    fresh = await freshDatabase();
    database = await Database.open(fresh.url);
  });
  afterEach(async () => {
    await database.close();
    await fresh.drop();
  });

  /** A completed job over 1,000 bytes with an attempt that was lost after 9 s and one that was done after 2 s. */
  async function measuredJob(): Promise<{ tenantId: string; jobId: string }> {
    const { tenantId, jobId } = await submitSample(database);
    await database.query(`ALTER TABLE attune.jobs DISABLE TRIGGER USER`);
    await database.query(`UPDATE attune.jobs SET status = 'completed', completed_at = now(), bytes_in = 1000 WHERE id = $1`, [jobId]);
    await database.query(
      `INSERT INTO attune.attempts (tenant_id, job_id, stage, epoch, worker, started_at, ended_at, outcome)
       VALUES ($1, $2, 'inspect', 1, 'w', now() - interval '9 seconds', now(), 'lost'),
         ($1, $2, 'inspect', 2, 'w', now() - interval '2 seconds', now(), 'done')`,
      [tenantId, jobId],
    );
    return { tenantId, jobId };
  }

  test('a stage whose result was taken over from another job says nothing of how fast a worker is', async () => {
    const { tenantId, jobId } = await measuredJob();
    await database.query(
      `INSERT INTO attune.job_events (tenant_id, job_id, seq, type, level, message, data)
       VALUES ($1, $2, 1000, 'stage.done', 'info', 'taken over', '{"stage":"inspect","reused_from":"job_x"}')`,
      [tenantId, jobId],
    );
    const other = await measuredJob();
    await database.query(`UPDATE attune.attempts SET stage = 'check' WHERE job_id = $1`, [other.jobId]);
    expect(await new PaceRepository(database).measured()).toEqual([{ operation: 'validate', stage: 'check', bytes: 1000, seconds: 2 }]);
  });

  test('completed jobs are measured by their attempts that were done, and asking reads at most once in a while', async () => {
    let reads = 0;
    const repository = new PaceRepository(database);
    const counted = Object.assign(Object.create(repository) as PaceRepository, { measured: () => (reads++, repository.measured()) });
    const pace = new MeasuredPace(counted, pino({ level: 'silent' }));
    await measuredJob();
    await pace.refresh();
    for (let i = 0; i < 100; i++) pace.current();
    expect(pace.current().of('validate', 'inspect')).toEqual({ bytesPerSecond: 500, secondsPerJob: 2 });
    expect(reads).toBe(1);
  });
});
