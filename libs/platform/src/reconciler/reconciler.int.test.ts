import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type FreshDatabase, freshDatabase } from '@attune/testing';
import { pino } from 'pino';
import { BackupRepository } from '../database/backup.repository.js';
import { Database } from '../database/database.js';
import { GarbageRepository } from '../database/garbage.repository.js';
import { JobsRepository } from '../database/jobs.repository.js';
import { ReconcilerRepository } from '../database/reconciler.repository.js';
import { RetentionRepository } from '../database/retention.repository.js';
import { submitSample } from '../database/sample-job.fixture.js';
import { StagesRepository } from '../database/stages.repository.js';
import { WarehouseRepository } from '../database/warehouse.repository.js';
import { FileBlobs } from '../blobs/file-blobs.js';
import { GarbageCollector } from '../housekeeping/garbage-collector.js';
import { Housekeeping } from '../housekeeping/housekeeping.js';
import { Retention } from '../housekeeping/retention.js';
import { Rings } from '../queue/rings.js';
import { Metrics } from '../telemetry/metrics.js';
import { Reconciler } from './reconciler.js';
import { TruthGauges } from './truth-gauges.js';

let fresh: FreshDatabase;
let database: Database;
let metrics: Metrics;
let reconciler: Reconciler;

beforeEach(async () => {
  fresh = await freshDatabase();
  database = await Database.open(fresh.url);
  metrics = new Metrics();
  const garbage = new GarbageRepository(database);
  const log = pino({ level: 'silent' });
  const blobs = new FileBlobs(path.join(tmpdir(), randomUUID()));
  const policies = new RetentionRepository(database, { rawDays: null, resultsDays: null });
  const retention = new Retention(policies, new JobsRepository(database), blobs, metrics);
  reconciler = new Reconciler(
    database,
    new ReconcilerRepository(database),
    new Rings(new Map(), () => undefined),
    metrics,
    log,
    new Housekeeping(garbage, new GarbageCollector(database, garbage, new WarehouseRepository(database), blobs, metrics), retention, log),
    { queueUrl: fresh.url, blobs: 's3' },
  );
});

afterEach(async () => {
  await reconciler.stop();
  await database.close();
  await fresh.drop();
});

const statusOf = async (jobId: string) =>
  (await database.query<{ status: string }>('SELECT status FROM attune.jobs WHERE id = $1', [jobId]))[0]!.status;
const gauge = async (name: 'lostJobs' | 'reconcilerRepairs') =>
  (await metrics[name].get()).values.reduce((sum, { value }) => sum + value, 0);

test('a job whose deadline has passed is expired, and its worker is fenced', async () => {
  const { jobId } = await submitSample(database);
  const later = await submitSample(database);
  const stages = new StagesRepository(database);
  const claim = (await stages.claim('validator', 'w1'))!;
  await database.query(`UPDATE attune.jobs SET deadline_at = now() - interval '1 second' WHERE id = $1`, [jobId]);
  await database.query(`UPDATE attune.jobs SET deadline_at = now() + interval '1 hour' WHERE id = $1`, [later.jobId]);
  await reconciler.pass();
  expect([await statusOf(jobId), await statusOf(later.jobId)]).toEqual(['expired', 'pending']);
  await expect(stages.commit(claim, { artifacts: [] })).rejects.toMatchObject({ code: 'stage.fenced' });
  expect(await database.query('SELECT outcome FROM attune.attempts')).toEqual([{ outcome: 'expired' }]);
});

test('a cancelled job ends by its worker while that lives, and by the reconciler when it is dead', async () => {
  const { tenantId, jobId } = await submitSample(database);
  await new StagesRepository(database).claim('validator', 'w1');
  await new JobsRepository(database).cancel(tenantId, jobId);
  await reconciler.pass();
  expect(await statusOf(jobId)).toBe('processing');
  await database.query(`UPDATE attune.job_stages SET lease_until = now() - interval '1 second' WHERE status = 'running'`);
  await reconciler.pass();
  expect(await statusOf(jobId)).toBe('cancelled');
  expect(await gauge('reconcilerRepairs')).toBe(1);
});

test('the gauge of lost jobs is 0, and tells of a job that nothing will move again', async () => {
  const { jobId } = await submitSample(database);
  await reconciler.pass();
  expect(await gauge('lostJobs')).toBe(0);
  await database.query(`ALTER TABLE attune.job_stages DISABLE TRIGGER USER`);
  await database.query(`UPDATE attune.job_stages SET status = 'waiting' WHERE job_id = $1`, [jobId]);
  await reconciler.pass();
  expect(await gauge('lostJobs')).toBe(1);
});

test('the gauge of the last backup is absent before the first one, and then tells its time', async () => {
  const taken = async () => (await metrics.backupTaken.get()).values.map(({ value }) => value);
  await reconciler.pass();
  expect(await taken()).toEqual([]);
  await new BackupRepository(database).noteTaken();
  await new TruthGauges(new ReconcilerRepository(database), { queueUrl: fresh.url, blobs: 's3' }, metrics).refresh();
  expect(Math.abs(Date.now() / 1000 - (await taken())[0]!)).toBeLessThan(60);
});

test('stored bytes are told by layer and by what holds them', async () => {
  await submitSample(database);
  await reconciler.pass();
  const stored = (await metrics.storageUsed.get()).values.map(({ labels, value }) => ({ ...labels, value }));
  expect(stored).toEqual([{ backend: 's3', layer: 'bronze', value: 1 }]);
});

test('of several reconcilers at once only one repairs', async () => {
  const { jobId } = await submitSample(database);
  await database.query(`UPDATE attune.jobs SET deadline_at = now() WHERE id = $1`, [jobId]);
  await Promise.all([reconciler.pass(), reconciler.pass(), reconciler.pass()]);
  expect(await gauge('reconcilerRepairs')).toBe(1);
});
