import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type FreshDatabase, freshDatabase } from '@attune/testing';
import { pino } from 'pino';
import { FileBlobs } from '../blobs/file-blobs.js';
import { ArtifactsRepository } from '../database/artifacts.repository.js';
import { Database } from '../database/database.js';
import { GarbageRepository } from '../database/garbage.repository.js';
import { JobsRepository } from '../database/jobs.repository.js';
import { MappingsRepository } from '../database/mappings.repository.js';
import { RulesRepository } from '../database/rules.repository.js';
import { submitSample } from '../database/sample-job.fixture.js';
import { Loads, person } from '../database/warehouse.fixture.js';
import type { Engine } from '../engine/engine.js';
import { ROWS_FILE } from '../engine/rows-file.js';
import { useFailpoints } from '../failpoints/failpoint.js';
import { Rings } from '../queue/rings.js';
import { Metrics } from '../telemetry/metrics.js';
import { Doorbell } from '../watch/doorbell.js';
import type { RunnerParts } from './runner-parts.js';
import { defineStage, type Stage } from './stage.js';
import { StageRunner } from './stage-runner.js';

const RECORDS = 3_000;
let fresh: FreshDatabase;
let database: Database;
let loads: Loads;
let home: string;
let parts: RunnerParts;
let bell: Doorbell;
let runners: StageRunner[];
let job: { tenantId: string; jobId: string };

beforeEach(async () => {
  fresh = await freshDatabase();
  database = await Database.open(fresh.url);
  loads = new Loads(database);
  home = await mkdtemp(path.join(tmpdir(), 'attune-loading-'));
  bell = new Doorbell(database, pino({ level: 'silent' }));
  runners = [];
  parts = {
    stages: loads.stages,
    jobs: new JobsRepository(database),
    artifacts: new ArtifactsRepository(database),
    garbage: new GarbageRepository(database),
    mappings: new MappingsRepository(database),
    rules: new RulesRepository(database),
    warehouse: loads.warehouse,
    split: { fromBytes: 0, workers: 2 },
    reuse: false,
    blobs: new FileBlobs(path.join(home, 'blobs')),
    rings: new Rings(new Map(), () => undefined),
    bell,
    engine: {} as Engine, // the rows are there already
    metrics: new Metrics(),
    log: pino({ level: 'silent' }),
    scratchDir: path.join(home, 'scratch'),
  };
  job = await submitSample(database, { operation: 'harmonize' });
  await loads.stages.release(await loads.toPublish());
});

afterEach(async () => {
  useFailpoints(undefined);
  await Promise.all(runners.map((runner) => runner.stop(0)));
  await bell.close();
  await loads.remove();
  await database.close();
  await fresh.drop();
  await rm(home, { recursive: true });
});

/** Publish with these rows; `then` happens between the copy and the commit. */
async function publish(then: () => Promise<unknown> = () => Promise.resolve()): Promise<Stage> {
  const { file } = await loads.rows(Array.from({ length: RECORDS }, (_, i) => ({ record: i + 1, values: { first_name: `name ${i}` } })));
  return defineStage('publish', 'generator', async ({ scratch, load }) => {
    await copyFile(file, path.join(scratch, ROWS_FILE));
    await load(person, RECORDS);
    await then();
    return { files: [] };
  });
}

function work(stage: Stage): void {
  const runner = new StageRunner('generator', `generator-${runners.length}`, 1, [stage], parts);
  runners.push(runner);
  runner.start();
}

async function ended(): Promise<string> {
  const patience = performance.now() + 40_000;
  for (;;) {
    // Time for a retry passes at once.
    await database.query(`UPDATE attune.job_stages SET next_run_at = now() WHERE status = 'ready'`).catch(() => undefined);
    const found = await parts.jobs.find(job.tenantId, job.jobId).catch(() => undefined);
    if (found?.job.completed_at != null) return found.job.status;
    if (performance.now() > patience) throw new Error('the job has not ended');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const rows = async (): Promise<unknown> =>
  (await database.query(`SELECT count(*)::int AS rows, count(DISTINCT source_record_id)::int AS records FROM warehouse.person`))[0];
const staged = () => database.query<{ name: string }>(`SELECT tablename AS name FROM pg_tables WHERE schemaname = 'warehouse_staging'`);
const outcomes = async (): Promise<string[]> =>
  (await database.query<{ outcome: string }>(`SELECT outcome FROM attune.attempts WHERE stage = 'publish' ORDER BY epoch`)).map(
    ({ outcome }) => outcome,
  );
const told = async (): Promise<string> => parts.metrics.registry.getSingleMetricAsString('warehouse_rows_loaded_total');

const WHOLE = { rows: RECORDS, records: RECORDS };

test('rows that were copied are loaded when the stage commits, are counted, and nothing is left behind', async () => {
  work(await publish());
  expect(await ended()).toBe('completed');
  expect([await rows(), await staged()]).toEqual([WHOLE, []]);
  expect(await told()).toContain(`warehouse_rows_loaded_total{entity="person"} ${RECORDS}`);
});

test('a staging table that a crash of the database has emptied is copied again, in the same attempt', async () => {
  let crashes = 0;
  work(
    await publish(async () => {
      for (const { name } of await staged()) await database.query(`TRUNCATE warehouse_staging.${name}`);
      crashes++;
    }),
  );
  expect(await ended()).toBe('completed');
  expect([await rows(), crashes, await outcomes()]).toEqual([WHOLE, 1, ['released', 'done']]);
});

test('a value that its column does not take ends the stage, and is in no log, no history and no error', async () => {
  const lines: string[] = [];
  parts = { ...parts, log: pino({ level: 'trace' }, { write: (line: string) => void lines.push(line) }) };
  const { file } = await loads.rows([{ record: 1, values: { birth_date: 'Zanzibarcanary' } }]);
  work(
    defineStage('publish', 'generator', async ({ scratch, load }) => {
      await copyFile(file, path.join(scratch, ROWS_FILE));
      await load(person, 1);
      return { files: [] };
    }),
  );
  expect(await ended()).toBe('failed');
  const told = await database.query(
    `SELECT to_jsonb(j) AS job, (SELECT jsonb_agg(to_jsonb(e)) FROM attune.job_events e) AS events, (SELECT jsonb_agg(to_jsonb(s)) FROM attune.job_stages s) AS stages FROM attune.jobs j`,
  );
  const text = JSON.stringify(told) + lines.join('') + (await parts.metrics.registry.metrics());
  expect(text).toContain('a stage has failed');
  expect(text).not.toContain('Zanzibarcanary');
});

test('a database that goes away in the middle of a copy costs an attempt, and the next one loads every row once', async () => {
  useFailpoints(home);
  await writeFile(path.join(home, 'load.mid_copy'), 'slow:500');
  work(await publish());
  const copying = (): Promise<unknown[]> =>
    database.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'COPY%' AND datname = current_database()`);
  while ((await copying()).length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(await ended()).toBe('completed');
  expect([await rows(), await staged(), await outcomes()]).toEqual([WHOLE, [], ['released', 'failed', 'done']]);
  const [error] = await database.query(`SELECT data->>'code' AS code FROM attune.job_events WHERE type = 'stage.retried'`);
  expect(error).toEqual({ code: 'dependency_unavailable' });
});

test('a job that is cancelled in the middle of a copy ends at once, without a row and without a staging table', async () => {
  useFailpoints(home);
  await writeFile(path.join(home, 'load.mid_copy'), 'slow:1000');
  work(await publish());
  while ((await database.query(`SELECT 1 FROM pg_stat_activity WHERE query LIKE 'COPY%' AND datname = current_database()`)).length === 0)
    await new Promise((resolve) => setTimeout(resolve, 5));
  await parts.jobs.cancel(job.tenantId, job.jobId);
  expect(await ended()).toBe('cancelled');
  await Promise.all(runners.map((runner) => runner.stop(0)));
  expect([await rows(), await staged(), await outcomes()]).toEqual([{ rows: 0, records: 0 }, [], ['released', 'cancelled']]);
});

test('a job that is cancelled while its rows are put into their table ends at once, without a row', async () => {
  useFailpoints(home);
  await database.query(`CREATE FUNCTION pause() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(60); RETURN NEW; END $$`);
  await database.query(`CREATE TRIGGER pause BEFORE INSERT ON warehouse.person FOR EACH ROW EXECUTE FUNCTION pause()`);
  work(await publish());
  while ((await database.query(`SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'`)).length === 0)
    await new Promise((resolve) => setTimeout(resolve, 5));
  const asked = performance.now();
  await parts.jobs.cancel(job.tenantId, job.jobId);
  expect(await ended()).toBe('cancelled');
  expect(performance.now() - asked).toBeLessThan(10_000);
  await Promise.all(runners.map((runner) => runner.stop(0)));
  expect([await rows(), await staged(), await outcomes()]).toEqual([{ rows: 0, records: 0 }, [], ['released', 'cancelled']]);
});
