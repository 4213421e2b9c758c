import { execFileSync } from 'node:child_process';
import { existsSync, watch } from 'node:fs';
import { mkdir, mkdtemp, readdir, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Detection, Plan, SampleProfile } from '@attune/core';
import { makePlan } from '@attune/pipeline';
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
import { StagesRepository } from '../database/stages.repository.js';
import { WarehouseRepository } from '../database/warehouse.repository.js';
import { readJson } from '../engine/attempt-folder.fixture.js';
import { CHECKPOINT, CHECKPOINT_FILES } from '../engine/checkpoint.js';
import { Engine } from '../engine/engine.js';
import { Rings } from '../queue/rings.js';
import { Metrics } from '../telemetry/metrics.js';
import { Doorbell } from '../watch/doorbell.js';
import type { RunnerParts } from './runner-parts.js';
import { clearScratch } from './scratch-folders.js';
import { defineStage } from './stage.js';
import { StageRunner } from './stage-runner.js';

const OPTIONS = { remove_duplicates: true, standardize_fields: true, validate_schema: true, output_formats: [], review: 'never' as const };
const engine = new Engine({ size: 1, memoryLimitMb: 128, threads: 1, shardBytes: 1 << 18 });
let home: string;
let input: string;
let plan: Plan;
let fresh: FreshDatabase;
let database: Database;
let parts: RunnerParts;
let bell: Doorbell;
let runners: StageRunner[];
/** Of every attempt: the shares of the input at which its task said it was. */
let told: number[][];

beforeAll(async () => {
  home = await realpath(await mkdtemp(path.join(tmpdir(), 'attune-resume-')));
  input = path.join(home, 'input.csv');
  const lines = Array.from({ length: 120_000 }, (_, i) => `m-${i % 40_000},Ilka,Brockmann,1987-03-09,"note ${i % 40_000}"\n`);
  await writeFile(input, `member_id,first_name,last_name,dob,note\n${lines.join('')}`);
  const scratch = path.join(home, 'inspect');
  await mkdir(scratch);
  await engine.run('inspect', { input, scratch });
  const detection = await readJson<Detection>(scratch, 'detection.json');
  const profile = await readJson<SampleProfile>(scratch, 'sample-profile.json');
  plan = makePlan({ detection, profile, options: OPTIONS, receivedAt: '2026-01-01T00:00:00Z' }).plan;
});
afterAll(async () => {
  await engine.close();
  await rm(home, { recursive: true });
});

beforeEach(async () => {
  fresh = await freshDatabase();
  database = await Database.open(fresh.url);
  bell = new Doorbell(database, pino({ level: 'silent' }));
  [runners, told] = [[], []];
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
    engine,
    metrics: new Metrics(),
    log: pino({ level: 'silent' }),
    scratchDir: path.join(home, 'scratch'),
    split: { fromBytes: 0, workers: 2 },
    reuse: false,
  };
});
afterEach(async () => {
  await Promise.all(runners.map((runner) => runner.stop(0)));
  await bell.close();
  await database.close();
  await fresh.drop();
  await rm(parts.scratchDir, { recursive: true, force: true });
});

/** Works like transform on the first stage of a job, whatever its name; `onCheckpoint` is called once for each attempt. */
const passing = (onCheckpoint: (attempt: number) => void) =>
  defineStage('inspect', 'validator', async ({ scratch, signal, progress, claim, resume }) => {
    const shares: number[] = [];
    told.push(shares);
    const earlier = await resume();
    let left = 0;
    const watcher = watch(scratch, (_, name) => {
      if (name === CHECKPOINT && ++left === 5) onCheckpoint(claim.epoch);
    });
    const onProgress = (at: { done: number; total: number }): void => {
      shares.push(at.done / at.total);
      progress(at);
    };
    return engine
      .run('transform', { input, plan, planFindings: [], scratch, resume: earlier }, { signal, onProgress })
      .finally(() => watcher.close());
  });

function run(onCheckpoint: (attempt: number) => void = () => undefined): StageRunner {
  const runner = new StageRunner('validator', `validator-${runners.length}`, 1, [passing(onCheckpoint)], parts);
  runners.push(runner);
  runner.start();
  return runner;
}

async function jobUntil({ tenantId, jobId }: SampleJob, fact: (detail: JobDetail) => boolean): Promise<JobDetail> {
  const patience = performance.now() + 30_000;
  for (;;) {
    const detail = (await parts.jobs.find(tenantId, jobId))!;
    if (fact(detail)) return detail;
    if (performance.now() > patience) throw new Error(`the job is still ${detail.job.status} in ${detail.job.stage}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

async function scratchFiles(): Promise<string[]> {
  const entries = await readdir(parts.scratchDir, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
}

async function artifactsOf({ tenantId, jobId }: SampleJob): Promise<string[]> {
  return (await parts.artifacts.list(tenantId, jobId)).map(({ kind, sha256 }) => `${kind} ${sha256}`);
}

/** A runner that was stopped after its fifth checkpoint. */
async function released(sample: SampleJob): Promise<void> {
  const stopped = new Promise<void>((resolve) => {
    const runner = run(() => void runner.stop(0).then(resolve));
  });
  await stopped;
  expect((await parts.jobs.find(sample.tenantId, sample.jobId))!.stages[0]).toMatchObject({ status: 'ready', attempt: 0 });
}

async function undisturbed(): Promise<string[]> {
  const sample = await submitSample(database);
  const runner = run();
  await jobUntil(sample, ({ stages }) => stages[0]!.status === 'done');
  await runner.stop(5_000);
  return artifactsOf(sample);
}

test('a stage that was handed back goes on at its last checkpoint, leaves the same bytes, and then nothing is kept', async () => {
  const expected = await undisturbed();
  const sample = await submitSample(database);
  await released(sample);
  expect((await scratchFiles()).sort()).toEqual([...CHECKPOINT_FILES].sort());
  await clearScratch(parts.scratchDir); // as a process does that starts where another one has died
  const runner = run();
  await jobUntil(sample, ({ stages }) => stages[0]!.status === 'done');
  await runner.stop(5_000);
  expect(told.at(-1)![0]).toBeGreaterThan(0.1);
  expect(await artifactsOf(sample)).toEqual(expected);
  expect(await scratchFiles()).toEqual([]);
});

test('a stage whose engine process was killed goes on at its last checkpoint', async () => {
  const expected = await undisturbed();
  const sample = await submitSample(database);
  const table = execFileSync('ps', ['-o', 'pid=,args=', '--ppid', String(process.pid)], { encoding: 'utf8' });
  const pids = table.split('\n').filter((row) => /attune-engine|engine-process\.js/.test(row));
  const runner = run((epoch) => {
    if (epoch === 1) for (const row of pids) process.kill(Number.parseInt(row, 10), 'SIGKILL');
  });
  await jobUntil(sample, ({ stages }) => stages[0]!.status === 'done');
  await runner.stop(5_000);
  expect(told.at(-1)![0]).toBeGreaterThan(0.1);
  expect(await artifactsOf(sample)).toEqual(expected);
  expect(await scratchFiles()).toEqual([]);
});

test('what is kept of a job that is cancelled while nobody works on it is removed', async () => {
  const sample = await submitSample(database);
  await released(sample);
  await run().stop(0); // sweeps, and leaves alone what is of use
  expect(existsSync(path.join(parts.scratchDir, sample.jobId))).toBe(true);
  await parts.jobs.cancel(sample.tenantId, sample.jobId);
  await runners[0]!.sweep();
  expect(existsSync(path.join(parts.scratchDir, sample.jobId))).toBe(false);
});
