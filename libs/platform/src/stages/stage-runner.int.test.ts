import { appendFile, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { AppError, type StageOutcome } from '@attune/core';
import { type FreshDatabase, freshDatabase } from '@attune/testing';
import { pino } from 'pino';
import { FileBlobs } from '../blobs/file-blobs.js';
import { ArtifactsRepository } from '../database/artifacts.repository.js';
import { Database } from '../database/database.js';
import type { JobDetail } from '../database/job-detail.js';
import { GarbageRepository } from '../database/garbage.repository.js';
import { JobsRepository } from '../database/jobs.repository.js';
import { MappingsRepository } from '../database/mappings.repository.js';
import { RulesRepository } from '../database/rules.repository.js';
import { type SampleJob, submitSample } from '../database/sample-job.fixture.js';
import { type Claim, StagesRepository } from '../database/stages.repository.js';
import { WarehouseRepository } from '../database/warehouse.repository.js';
import type { Engine } from '../engine/engine.js';
import { useFailpoints } from '../failpoints/failpoint.js';
import { Rings } from '../queue/rings.js';
import { Metrics } from '../telemetry/metrics.js';
import { Doorbell } from '../watch/doorbell.js';
import type { RunnerParts } from './runner-parts.js';
import { defineStage, type Stage, type StageContext } from './stage.js';
import { StageRunner } from './stage-runner.js';

let fresh: FreshDatabase;
let database: Database;
let home: string;
let parts: RunnerParts;
let runners: StageRunner[];
let bell: Doorbell;

beforeEach(async () => {
  fresh = await freshDatabase();
  database = await Database.open(fresh.url);
  home = await mkdtemp(path.join(tmpdir(), 'attune-runner-'));
  runners = [];
  bell = new Doorbell(database, pino({ level: 'silent' }));
  parts = {
    stages: new StagesRepository(database),
    jobs: new JobsRepository(database),
    artifacts: new ArtifactsRepository(database),
    garbage: new GarbageRepository(database),
    mappings: new MappingsRepository(database),
    rules: new RulesRepository(database),
    warehouse: new WarehouseRepository(database),
    blobs: new FileBlobs(path.join(home, 'blobs')),
    rings: new Rings(new Map(), () => undefined),
    bell,
    engine: {} as Engine, // these stages need none
    metrics: new Metrics(),
    log: pino({ level: 'silent' }),
    scratchDir: path.join(home, 'scratch'),
    split: { fromBytes: 0, workers: 2 },
    reuse: false,
  };
});

afterEach(async () => {
  useFailpoints(undefined);
  await Promise.all(runners.map((runner) => runner.stop(0)));
  await bell.close();
  await database.close();
  await fresh.drop();
  await rm(home, { recursive: true });
});

/** Leaves one file with the given text. */
async function leave({ scratch }: StageContext, kind: 'detection' | 'plan' | 'findings' | 'quality', text: string): Promise<StageOutcome> {
  await writeFile(path.join(scratch, kind), text);
  return { files: [{ kind, file: kind }] };
}

const inspect = defineStage('inspect', 'validator', (context) => leave(context, 'detection', '{"seen":1}'));
const plan = defineStage('plan', 'harmonizer', async (context) =>
  leave(context, 'plan', JSON.stringify({ from: await context.json('detection') })),
);
const validate = defineStage('validate', 'validator', async (context) => ({
  ...(await leave(context, 'findings', 'one')),
  ledger: { recordsIn: 3, recordsOut: 2, recordsQuarantined: 1, recordsMerged: 0, recordsDropped: 0, dropReasons: {} },
}));
const check = defineStage('check', 'validator', async (context) =>
  leave(context, 'quality', JSON.stringify([await context.json('plan'), await context.ledgerOf('validate')])),
);
const STAGES = [inspect, plan, validate, check];

/** A stage that works until it is told to stop. */
const endless = (started: () => void): Stage =>
  defineStage('inspect', 'validator', async (context) => {
    const left = await leave(context, 'detection', 'half');
    await context.store(left.files);
    started();
    context.signal.throwIfAborted();
    await new Promise<never>((_, reject) => context.signal.addEventListener('abort', () => reject(new Error('stopped')), { once: true }));
    return left;
  });

function run(service: 'validator' | 'harmonizer', stages: readonly Stage[], using: Partial<RunnerParts> = {}): StageRunner {
  const runner = new StageRunner(service, `${service}-${runners.length}`, 1, stages, { ...parts, ...using });
  runners.push(runner);
  runner.start();
  return runner;
}

async function jobUntil({ tenantId, jobId }: SampleJob, fact: (detail: JobDetail) => boolean): Promise<JobDetail> {
  const patience = performance.now() + 15_000;
  for (;;) {
    const detail = (await parts.jobs.find(tenantId, jobId))!;
    if (fact(detail)) return detail;
    if (performance.now() > patience) throw new Error(`the job is still ${detail.job.status} in ${detail.job.stage}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

async function storedFiles(): Promise<string[]> {
  const entries = await readdir(home, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
}

test('a job passes its stages from artifact to artifact and leaves no scratch', async () => {
  const sample = await submitSample(database);
  run('validator', STAGES);
  run('harmonizer', STAGES);
  const { job, ledger } = await jobUntil(sample, (detail) => detail.job.completed_at !== null);
  expect(job).toMatchObject({ status: 'completed', error: null });
  expect(ledger).toMatchObject([{ stage: 'validate', records_in: 3, records_quarantined: 1 }]);
  expect((await parts.artifacts.list(sample.tenantId, sample.jobId)).map(({ kind }) => kind)).toEqual([
    'detection',
    'plan',
    'findings',
    'quality',
  ]);
  await Promise.all(runners.map((runner) => runner.stop(5_000)));
  expect((await storedFiles()).sort()).toEqual(['detection', 'findings', 'plan', 'quality']);
});

test('a runner that is stopped hands its stage back without a charge, and leaves nothing', async () => {
  const sample = await submitSample(database);
  let started = false;
  const runner = run('validator', [endless(() => (started = true))]);
  await jobUntil(sample, () => started);
  await runner.stop(0);
  const { stages } = (await parts.jobs.find(sample.tenantId, sample.jobId))!;
  expect(stages[0]).toMatchObject({ status: 'ready', attempt: 0, epoch: 1, lease_owner: null });
  expect(await database.query('SELECT outcome FROM attune.attempts')).toEqual([{ outcome: 'released' }]);
  expect(await storedFiles()).toEqual([]);
});

test('a stage that is claimed while its runner is being stopped is handed back too', async () => {
  const sample = await submitSample(database);
  let claimed: (claim: Claim | undefined) => void = () => undefined;
  const slow = new (class extends StagesRepository {
    override claim(): Promise<Claim | undefined> {
      return new Promise((resolve) => (claimed = resolve));
    }
  })(database);
  const runner = run('validator', [endless(() => undefined)], { stages: slow });
  const stopping = runner.stop(0);
  await new Promise((resolve) => setTimeout(resolve, 20)); // its patience is over by then
  claimed(await parts.stages.claim('validator', runner.worker));
  await stopping;
  expect((await parts.jobs.find(sample.tenantId, sample.jobId))!.stages[0]).toMatchObject({ status: 'ready', attempt: 0 });
});

test('cancelling a job while a stage runs ends it as cancelled within three seconds and leaves nothing', async () => {
  const sample = await submitSample(database);
  let started = false;
  run('validator', [endless(() => (started = true))]);
  await jobUntil(sample, () => started);
  const asked = performance.now();
  await parts.jobs.cancel(sample.tenantId, sample.jobId);
  await jobUntil(sample, ({ job }) => job.status === 'cancelled');
  expect(performance.now() - asked).toBeLessThan(3_000);
  await runners[0]!.stop(5_000);
  expect(await parts.artifacts.list(sample.tenantId, sample.jobId)).toEqual([]);
  expect(await storedFiles()).toEqual([]);
});

test('when a worker loses the database another takes over after the lease, and the first cannot commit', async () => {
  const sample = await submitSample(database);
  let finish: () => void = () => undefined;
  let started = false;
  const stuck = defineStage('inspect', 'validator', async (context) => {
    started = true;
    await new Promise<void>((resolve) => (finish = resolve));
    return leave(context, 'detection', '{"seen":"too late"}');
  });
  const cutOff = new (class extends StagesRepository {
    override heartbeat(): Promise<never> {
      return Promise.reject(new AppError('dependency_unavailable', 'planted'));
    }
  })(database);
  const first = run('validator', [stuck], { stages: cutOff });
  await jobUntil(sample, () => started);
  void first.stop(10_000);
  run('validator', [inspect]);
  const lease = performance.now();
  await database.query(`UPDATE attune.job_stages SET lease_until = now() + interval '1 second' WHERE status = 'running'`);
  await jobUntil(sample, ({ stages }) => stages[0]!.status === 'done');
  expect(performance.now() - lease).toBeGreaterThan(1_000);
  finish();
  await first.stop(10_000);
  expect(await database.query('SELECT outcome FROM attune.attempts ORDER BY epoch')).toEqual([{ outcome: 'lost' }, { outcome: 'done' }]);
  const artifact = (await parts.artifacts.list(sample.tenantId, sample.jobId))[0]!;
  expect(
    String(await Readable.from(parts.blobs.open(artifact.storageKey)).reduce((text: string, chunk: unknown) => text + String(chunk), '')),
  ).toBe('{"seen":1}');
});

test('an artifact that was changed in the store is never read: the job fails as artifact_corrupt', async () => {
  const sample = await submitSample(database);
  run('validator', STAGES);
  await jobUntil(sample, ({ stages }) => stages[0]!.status === 'done');
  const { storageKey } = (await parts.artifacts.list(sample.tenantId, sample.jobId))[0]!;
  await appendFile(path.join(home, 'blobs', storageKey), ' ');
  run('harmonizer', STAGES);
  const { job } = await jobUntil(sample, (detail) => detail.job.completed_at !== null);
  expect(job).toMatchObject({ status: 'failed', error: { code: 'artifact_corrupt', stage: 'plan' } });
});

test('F29 a stage that ran out of memory is tried with less, three times in all, and then fails with that code', async () => {
  const asked: (boolean | undefined)[] = [];
  const engine = {
    run: (...[, , call]: Parameters<Engine['run']>) => {
      asked.push(call?.frugal);
      return Promise.reject(new AppError('engine.out_of_memory', 'planted'));
    },
  } as Engine;
  const hungry = defineStage('inspect', 'validator', ({ engine: { run }, scratch }) => run('inspect', { input: '', scratch }));
  const sample = await submitSample(database);
  run('validator', [hungry], { engine });
  const { job } = await jobUntil(sample, (detail) => detail.job.completed_at !== null);
  expect(job).toMatchObject({ status: 'failed', error: { code: 'engine.out_of_memory', class: 'resource', stage: 'inspect' } });
  expect(asked).toEqual([undefined, true, true]);
});

test('what goes wrong while work is told of is tried again like any failure, also where it is noticed when the work is done', async () => {
  const sample = await submitSample(database);
  useFailpoints(home);
  await writeFile(path.join(home, 'work.first_record'), 'throw');
  run('harmonizer', STAGES);
  run('validator', [
    defineStage('inspect', 'validator', (context) => {
      context.progress({ done: 1, total: 3 });
      return inspect.run(context);
    }),
    ...STAGES.slice(1),
  ]);
  const { job } = await jobUntil(sample, (detail) => detail.job.completed_at !== null);
  expect(job).toMatchObject({ status: 'completed', error: null });
  expect(await database.query(`SELECT epoch::int, outcome FROM attune.attempts WHERE stage = 'inspect' ORDER BY epoch`)).toEqual([
    { epoch: 1, outcome: 'failed' },
    { epoch: 2, outcome: 'done' },
  ]);
});

test('a runner that is free is told by its own process, one that is busy leaves the ring to others, and takes a ring when it has a slot', async () => {
  const [first, second] = [await submitSample(database), await submitSample(database)];
  const ends: (() => void)[] = [];
  const held = defineStage('inspect', 'validator', async (context) => {
    await new Promise<void>((resolve) => ends.push(resolve));
    return leave(context, 'detection', '{}');
  });
  const runner = new StageRunner('validator', 'validator-0', 1, [held, ...STAGES.slice(1)], parts);
  runners.push(runner);
  expect(runner.look()).toBe(true);
  await jobUntil(first, () => ends.length === 1);
  expect(runner.look()).toBe(false);
  let taken = false;
  const ring = runner.heard().then(() => (taken = true));
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect([taken, ends.length]).toEqual([false, 1]);
  ends[0]!();
  await jobUntil(second, () => ends.length === 2);
  ends[1]!();
  await ring;
  expect(runner.look()).toBe(true);
  await runner.stop(0);
  expect(runner.look()).toBe(false);
  await runner.heard(); // a ring that comes too late is not kept
});

test('an unknown exception keeps its message to itself', async () => {
  const sample = await submitSample(database);
  run('validator', [defineStage('inspect', 'validator', () => Promise.reject(new Error('Maria Invented, born 1987-03-09')))]);
  const { job } = await jobUntil(sample, (detail) => detail.job.completed_at !== null);
  expect(job).toMatchObject({ status: 'failed', error: { code: 'internal' } });
  expect(JSON.stringify([job.error, await parts.jobs.history(sample.tenantId, sample.jobId, 0, 100)])).not.toContain('Invented');
});
