import { type RowLedger, WORKER_SERVICES, type WorkerService } from '@attune/core';
import { type FreshDatabase, freshDatabase } from '@attune/testing';
import { Database } from './database.js';
import { JobsRepository } from './jobs.repository.js';
import { RedriveRepository } from './redrive.repository.js';
import { submitSample } from './sample-job.fixture.js';
import { type Claim, StagesRepository, type StoredArtifact } from './stages.repository.js';

const HONEST: RowLedger = { recordsIn: 10, recordsOut: 7, recordsQuarantined: 1, recordsMerged: 2, recordsDropped: 0, dropReasons: {} };
const DETECTION: StoredArtifact = { kind: 'detection', sha256: 'a'.repeat(64), bytes: 12, records: null, storageKey: 'k/1' };

let fresh: FreshDatabase;
let database: Database;
let stages: StagesRepository;
let jobs: JobsRepository;

beforeEach(async () => {
  fresh = await freshDatabase();
  database = await Database.open(fresh.url, 20);
  stages = new StagesRepository(database);
  jobs = new JobsRepository(database);
});

afterEach(async () => {
  await database.close();
  await fresh.drop();
});

const expireLeases = () =>
  database.query(`UPDATE attune.job_stages SET lease_until = now() - interval '1 second' WHERE status = 'running'`);
const counts = async () =>
  (
    await database.query<Record<string, number>>(
      `SELECT (SELECT count(*)::int FROM attune.artifacts) AS artifacts, (SELECT count(*)::int FROM attune.row_ledger) AS ledgers, (SELECT count(*)::int FROM attune.job_events) AS events`,
    )
  )[0]!;

async function claim(worker = 'w1', service: WorkerService = 'validator'): Promise<Claim> {
  const claimed = await stages.claim(service, worker);
  if (!claimed) throw new Error('nothing was to be claimed');
  return claimed;
}

test('twenty workers at once: each stage is claimed by exactly one of them', async () => {
  const submitted = new Set<string>();
  for (let i = 0; i < 12; i++) submitted.add((await submitSample(database)).jobId);
  const claimed: string[] = [];
  await Promise.all(
    Array.from({ length: 20 }, async (_, worker) => {
      for (let found = await stages.claim('validator', `w${worker}`); found; found = await stages.claim('validator', `w${worker}`))
        claimed.push(found.jobId);
    }),
  );
  // A claimer that met only locked rows has gone home; the tick would bring it back.
  for (let found = await stages.claim('validator', 'late'); found; found = await stages.claim('validator', 'late'))
    claimed.push(found.jobId);
  expect(claimed).toHaveLength(12);
  expect(new Set(claimed)).toEqual(submitted);
});

test('a worker is given stages of its own service only', async () => {
  await submitSample(database);
  expect(await stages.claim('generator', 'w1')).toBeUndefined();
  expect((await claim()).stage).toBe('inspect');
});

test('stages are claimed in fair order: one job of a small tenant does not wait behind ten of a large one', async () => {
  for (let i = 0; i < 10; i++) await submitSample(database, { tenant: 'large' });
  const small = await submitSample(database, { tenant: 'small' });
  const order = [await claim(), await claim()].map(({ jobId }) => jobId);
  expect(order).toContain(small.jobId);
});

test('a job that has begun ends before jobs of the same tenant that came later have begun', async () => {
  const [first, second] = [await submitSample(database), await submitSample(database), await submitSample(database)];
  const steps: string[] = [];
  for (let rings: readonly WorkerService[] = ['validator']; rings.length > 0;) {
    const mine = await claim('w1', rings[0]);
    expect(mine.jobId).toBe(first.jobId);
    steps.push(mine.stage);
    rings = (await stages.commit(mine, { artifacts: [] })).rings;
  }
  expect(steps).toEqual(['inspect', 'plan', 'validate', 'check']); // the first and the last of them are of one service
  expect((await claim()).jobId).toBe(second.jobId);
});

test('a job that had failed queues anew when it is sent on: it does not pass those that wait', async () => {
  const [failed, next] = [await submitSample(database), await submitSample(database)];
  await stages.fail(await claim(), { class: 'data', code: 'internal', detail: 'planted' }, 0.5);
  await new RedriveRepository(database).redrive(failed.tenantId, failed.jobId);
  expect((await claim()).jobId).toBe(next.jobId);
  expect((await claim()).jobId).toBe(failed.jobId);
});

test('a worker whose lease ran out cannot renew or commit over the one who took over', async () => {
  const { jobId } = await submitSample(database);
  const late = await claim('w1');
  await expireLeases();
  const successor = await claim('w2');
  expect(successor).toMatchObject({ jobId, epoch: late.epoch + 1, attempt: 2, takenOver: true });
  await expect(stages.heartbeat(late, 'w1', 0.5)).rejects.toMatchObject({ code: 'stage.fenced' });
  await expect(stages.commit(late, { artifacts: [DETECTION] })).rejects.toMatchObject({ code: 'stage.fenced' });
  await stages.commit(successor, { artifacts: [DETECTION] });
  expect(await counts()).toMatchObject({ artifacts: 1 });
  expect(await database.query('SELECT worker, outcome FROM attune.attempts ORDER BY epoch')).toEqual([
    { worker: 'w1', outcome: 'lost' },
    { worker: 'w2', outcome: 'done' },
  ]);
});

test('a lease that is renewed is not taken over, and progress never falls', async () => {
  await submitSample(database);
  const mine = await claim('w1');
  await expireLeases();
  await stages.heartbeat(mine, 'w1', 0.7);
  await stages.heartbeat(mine, 'w1', 0.2);
  expect(await stages.claim('validator', 'w2')).toBeUndefined();
  expect(await database.query(`SELECT progress FROM attune.job_stages WHERE stage = 'inspect'`)).toEqual([{ progress: 0.7 }]);
});

test('artifacts, row ledger, next stage and history are committed together', async () => {
  const { tenantId, jobId } = await submitSample(database);
  const done = await stages.commit(await claim(), { artifacts: [DETECTION], ledger: HONEST, errorsFound: 3 });
  expect(done.rings).toEqual(['harmonizer']);
  const detail = (await jobs.find(tenantId, jobId))!;
  expect(detail.stages.slice(0, 2).map(({ status }) => status)).toEqual(['done', 'ready']);
  expect(detail.ledger).toMatchObject([{ stage: 'inspect', records_in: 10, records_merged: 2 }]);
  expect(detail.errorsFound).toBe(3);
  expect((await jobs.history(tenantId, jobId, 0, 100)).map(({ type }) => type)).toEqual([
    'job.created',
    'stage.started',
    'job.status_changed',
    'stage.done',
  ]);
});

test('when one part of a commit is refused nothing of it remains', async () => {
  await submitSample(database);
  const mine = await claim();
  const before = await counts();
  await expect(stages.commit(mine, { artifacts: [DETECTION, DETECTION], ledger: HONEST })).rejects.toThrow();
  expect(await counts()).toEqual(before);
  await stages.heartbeat(mine, 'w1', 0.1);
});

test('a row ledger that does not reconcile is refused by the protocol and by the database itself', async () => {
  const { tenantId, jobId } = await submitSample(database);
  await expect(stages.commit(await claim(), { artifacts: [], ledger: { ...HONEST, recordsOut: 6 } })).rejects.toMatchObject({
    code: 'engine.failed',
  });
  const insert = (out: number, dropped: number) =>
    database.query(
      `INSERT INTO attune.row_ledger (tenant_id, job_id, generation, stage, records_in, records_out, records_quarantined, records_merged, records_dropped, drop_reasons)
       VALUES ($1, $2, 1, 'inspect', 10, $3, 0, 0, $4, '{}')`,
      [tenantId, jobId, out, dropped],
    );
  await expect(insert(9, 0)).rejects.toThrow('row_ledger_reconciles');
  await expect(insert(11, -1)).rejects.toThrow('row_ledger_counts');
});

test('the history of a job has no gap, however many write it at once', async () => {
  const { tenantId, jobId } = await submitSample(database);
  const mine = await claim();
  await Promise.allSettled([
    ...Array.from({ length: 8 }, () => jobs.cancel(tenantId, jobId)),
    ...Array.from({ length: 8 }, () => stages.commit(mine, { artifacts: [] })),
    ...Array.from({ length: 4 }, () => stages.release(mine)),
  ]);
  const seqs = (await jobs.history(tenantId, jobId, 0, 1_000)).map(({ seq }) => seq);
  expect(seqs).toEqual(seqs.map((_, index) => index + 1));
  expect(seqs.length).toBeGreaterThan(3);
});

test('of many commits of one epoch exactly one counts', async () => {
  await submitSample(database);
  const mine = await claim();
  const results = await Promise.allSettled(
    Array.from({ length: 10 }, () => stages.commit(mine, { artifacts: [DETECTION], ledger: HONEST })),
  );
  expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  expect(await counts()).toMatchObject({ artifacts: 1, ledgers: 1 });
});

test('cancelling a job that waits ends it at once, and nobody can claim it', async () => {
  const { tenantId, jobId } = await submitSample(database);
  expect((await jobs.cancel(tenantId, jobId)).after.status).toBe('cancelled');
  for (const service of WORKER_SERVICES) expect(await stages.claim(service, 'w1')).toBeUndefined();
  await expect(jobs.cancel(tenantId, jobId)).rejects.toMatchObject({ code: 'conflict_state' });
});

test('cancelling a running job reaches the worker by its heartbeat, and its commit leaves nothing', async () => {
  const { tenantId, jobId } = await submitSample(database);
  const mine = await claim();
  expect((await jobs.cancel(tenantId, jobId)).after.status).toBe('processing');
  expect(await stages.heartbeat(mine, 'w1', 0)).toEqual({ cancelRequested: true });
  expect((await stages.commit(mine, { artifacts: [DETECTION], ledger: HONEST })).after.status).toBe('cancelled');
  expect(await counts()).toMatchObject({ artifacts: 0, ledgers: 0 });
  await expect(stages.stop(mine)).rejects.toMatchObject({ code: 'stage.fenced' });
});

test('another tenant can neither find nor cancel a job', async () => {
  const { jobId } = await submitSample(database);
  const stranger = await submitSample(database, { tenant: 'stranger' });
  expect(await jobs.find(stranger.tenantId, jobId)).toBeUndefined();
  await expect(jobs.cancel(stranger.tenantId, jobId)).rejects.toMatchObject({ code: 'not_found' });
  expect(await jobs.history(stranger.tenantId, jobId, 0, 10)).toEqual([]);
});

test('a hand-back frees the stage at once and is not charged', async () => {
  await submitSample(database);
  await stages.release(await claim('w1'));
  expect(await claim('w2')).toMatchObject({ attempt: 1, epoch: 2, takenOver: false });
});

test('a stage sweeps the artifacts that nobody needs once it has committed', async () => {
  await submitSample(database);
  await stages.commit(await claim(), { artifacts: [DETECTION] });
  const plan = { ...DETECTION, kind: 'plan', storageKey: 'k/2' };
  expect((await stages.commit(await claim('w1', 'harmonizer'), { artifacts: [plan], sweep: ['detection'] })).swept).toEqual(['k/1']);
  expect(await database.query('SELECT kind FROM attune.artifacts')).toEqual([{ kind: 'plan' }]);
});
