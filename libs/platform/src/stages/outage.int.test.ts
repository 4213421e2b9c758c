import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { type FreshDatabase, freshDatabase, S3Double } from '@attune/testing';
import { pino } from 'pino';
import { S3Blobs } from '../blobs/s3-blobs.js';
import { PATIENCE } from '../blobs/s3-bucket.js';
import { StoreBreaker } from '../blobs/store-breaker.js';
import { ArtifactsRepository } from '../database/artifacts.repository.js';
import { Database } from '../database/database.js';
import { GarbageRepository } from '../database/garbage.repository.js';
import { JobsRepository } from '../database/jobs.repository.js';
import { MappingsRepository } from '../database/mappings.repository.js';
import { RulesRepository } from '../database/rules.repository.js';
import { submitSample } from '../database/sample-job.fixture.js';
import { StagesRepository } from '../database/stages.repository.js';
import { WarehouseRepository } from '../database/warehouse.repository.js';
import type { Engine } from '../engine/engine.js';
import { Rings } from '../queue/rings.js';
import { Metrics } from '../telemetry/metrics.js';
import { Doorbell } from '../watch/doorbell.js';
import type { RunnerParts } from './runner-parts.js';
import { ScratchFolders } from './scratch-folders.js';
import { defineStage } from './stage.js';
import { StageRunner } from './stage-runner.js';

const JOBS = 12;
let fresh: FreshDatabase;
let database: Database;
let double: S3Double;
let breaker: StoreBreaker;
let home: string;
let parts: RunnerParts;
let bell: Doorbell;
let runner: StageRunner | undefined;

beforeEach(async () => {
  [fresh, double] = await Promise.all([freshDatabase(), S3Double.start()]);
  database = await Database.open(fresh.url);
  home = await mkdtemp(path.join(tmpdir(), 'attune-outage-'));
  bell = new Doorbell(database, pino({ level: 'silent' }));
  breaker = new StoreBreaker(1_000);
  const { name: bucket, region, endpoint, credentials } = double;
  parts = {
    stages: new StagesRepository(database),
    jobs: new JobsRepository(database),
    garbage: new GarbageRepository(database),
    artifacts: new ArtifactsRepository(database),
    mappings: new MappingsRepository(database),
    rules: new RulesRepository(database),
    warehouse: new WarehouseRepository(database),
    blobs: new S3Blobs(
      { bucket, prefix: '', region, endpoint, pathStyle: true, credentials: { ...credentials, sessionToken: undefined } },
      { patience: { ...PATIENCE, tries: 1 }, breaker },
    ),
    rings: new Rings(new Map(), () => undefined),
    bell,
    engine: {} as Engine,
    metrics: new Metrics(),
    log: pino({ level: 'silent' }),
    scratchDir: path.join(home, 'scratch'),
    split: { fromBytes: 0, workers: 2 },
    reuse: false,
  };
});

afterEach(async () => {
  await runner?.stop(0);
  await bell.close();
  await database.close();
  await fresh.drop();
  await double.close();
  await rm(home, { recursive: true });
});

const inspect = defineStage('inspect', 'validator', async ({ scratch, input }) => {
  await input();
  await writeFile(path.join(scratch, 'detection'), '{}');
  return { files: [{ kind: 'detection', file: 'detection' }] };
});

async function submit(count: number): Promise<void> {
  const { key: storageKey, ...blob } = await parts.blobs.receive(
    Readable.from([Buffer.from('abc')]),
    (sha256) => `tenants/t/blobs/${sha256}`,
    10,
  );
  for (let i = 0; i < count; i++) await submitSample(database, { blob: { ...blob, storageKey } });
}

function work(slots = 3): void {
  runner = new StageRunner('validator', 'validator-0', slots, [inspect], parts);
  runner.start();
}

async function until(fact: () => Promise<boolean>): Promise<void> {
  const patience = performance.now() + 45_000;
  while (!(await fact())) {
    if (performance.now() > patience) throw new Error('it did not come to that');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const stages = () =>
  database.query<{ status: string; attempt: number; code: string | null }>(
    `SELECT status, attempt, error->>'code' AS code FROM attune.job_stages WHERE stage = 'inspect'`,
  );
const outcomes = async (): Promise<Record<string, number>> => {
  const rows = await database.query<{ outcome: string; n: number }>(
    `SELECT outcome, count(*)::int AS n FROM attune.attempts WHERE outcome IS NOT NULL GROUP BY outcome`,
  );
  return Object.fromEntries(rows.map(({ outcome, n }) => [outcome, n]));
};
/** Time for the parked ones passes at once. */
const wake = () => database.query(`UPDATE attune.job_stages SET next_run_at = now() WHERE status = 'ready'`);

test('F52 while the store is down stages are parked and no attempt is charged; when it is up again every one is done at its first', async () => {
  await submit(JOBS);
  double.faults.add({ kind: 'error' });
  work();
  await until(async () => ((await outcomes())['parked'] ?? 0) >= 5 && breaker.refuses);
  const before = (await outcomes())['parked']!;
  for (let i = 0; i < 50; i++) {
    await wake();
    await new Promise((resolve) => setTimeout(resolve, 50)); // two more tries at the store
  }
  const parked = await stages();
  expect(parked.filter(({ status, attempt }) => status === 'ready' && attempt === 0).length).toBeGreaterThanOrEqual(JOBS - 3);
  expect(await outcomes()).toEqual({ parked: expect.any(Number) as number });
  // Nobody begins what cannot be done: what is claimed is one per slot and try.
  expect((await outcomes())['parked']! - before).toBeLessThanOrEqual(3 * 4);
  double.faults.clear();
  await until(async () => {
    await wake();
    return (await stages()).every(({ status }) => status === 'done');
  });
  expect((await stages()).map(({ attempt }) => attempt)).toEqual(Array(JOBS).fill(1));
  expect((await outcomes())['done']).toBe(JOBS);
  const told = await database.query(`SELECT data FROM attune.job_events WHERE type = 'stage.parked' LIMIT 1`);
  expect(told).toMatchObject([{ data: { stage: 'inspect', code: 'dependency_unavailable' } }]);
});

test('a store that works but for one object is no outage: the job that wants it uses up its tries like any other', async () => {
  await submit(1);
  double.faults.add({ kind: 'error', operations: ['GetObject'], times: 1 });
  work(1);
  await until(async () => (await outcomes())['failed'] === 1);
  expect((await outcomes())['parked']).toBeUndefined();
});

test('F53 a scratch directory that others have filled parks a stage: however often, no attempt is charged, and with room it is done', async () => {
  await submit(1);
  let full = true;
  const crowded = defineStage('inspect', 'validator', (context) => {
    if (full) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
    return inspect.run(context);
  });
  runner = new StageRunner('validator', 'validator-0', 1, [crowded], parts);
  runner.start();
  await until(async () => {
    await wake();
    return ((await outcomes())['parked'] ?? 0) >= 5;
  });
  expect(await stages()).toEqual([{ status: expect.any(String) as string, attempt: expect.any(Number) as number, code: 'storage_full' }]);
  full = false;
  await until(async () => {
    await wake();
    return (await outcomes())['done'] === 1;
  });
  expect(await outcomes()).toEqual({ parked: expect.any(Number) as number, done: 1 });
  expect((await stages())[0]!.attempt).toBe(1);
});

test('what an attempt has written counts against it: one that fills half of the disk by itself is not waited for', async () => {
  const folders = new ScratchFolders(parts.scratchDir);
  const claim = { jobId: '01890000-0000-7000-8000-000000000001', stage: 'inspect' as const, shard: 0, epoch: 1 };
  await mkdir(path.join(folders.of(claim), 'tmp'), { recursive: true });
  await writeFile(path.join(folders.of(claim), 'a'), Buffer.alloc(3_000));
  await writeFile(path.join(folders.of(claim), 'tmp', 'b'), Buffer.alloc(3_000));
  expect(await folders.isCrowded(claim, () => Promise.resolve(10_000))).toBe(false);
  expect(await folders.isCrowded(claim, () => Promise.resolve(20_000))).toBe(true);
  expect(await folders.isCrowded(claim)).toBe(true);
});
