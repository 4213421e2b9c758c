import { type FreshDatabase, freshDatabase } from '@attune/testing';
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { ArtifactsRepository } from './artifacts.repository.js';
import { Database } from './database.js';
import { DatasetsRepository } from './datasets.repository.js';
import { type JobFilter, JobsRepository, type ListPlace, PAGE } from './jobs.repository.js';
import { type SampleJob, submitSample } from './sample-job.fixture.js';
import { StagesRepository } from './stages.repository.js';

let fresh: FreshDatabase;
let database: Database;
let jobs: JobsRepository;

beforeEach(async () => {
  fresh = await freshDatabase();
  database = await Database.open(fresh.url);
  jobs = new JobsRepository(database);
});

afterEach(async () => {
  await database.close();
  await fresh.drop();
});

test('a submitted job is there with its first stage ready and the first line of its history', async () => {
  const { tenantId, jobId } = await submitSample(database, { operation: 'harmonize' });
  const detail = (await jobs.find(tenantId, jobId))!;
  expect(detail.job).toMatchObject({ status: 'pending', stage: 'inspect', generation: 1, version: 1, operation: 'harmonize' });
  expect(detail.stages.map(({ stage, status }) => `${stage} ${status}`)).toEqual([
    'inspect ready',
    'plan waiting',
    'transform waiting',
    'check waiting',
    'publish waiting',
  ]);
  expect(await jobs.history(tenantId, jobId, 0, 10)).toMatchObject([{ seq: 1, type: 'job.created' }]);
});

test('the job of another tenant does not exist', async () => {
  const { jobId } = await submitSample(database, { tenant: 'one' });
  const { tenantId } = await submitSample(database, { tenant: 'other' });
  expect(await jobs.find(tenantId, jobId)).toBeUndefined();
  expect((await jobs.list(tenantId, { limit: 10 })).map(({ job }) => job.id)).not.toContain(jobId);
});

test('whatever is submitted and deleted meanwhile, a walk shows every job that is there all the time exactly once, and none twice', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ add: fc.nat(3), remove: fc.nat(2), tie: fc.boolean() }), { minLength: 2, maxLength: 6 }),
      fc.integer({ min: 1, max: 5 }),
      async (steps, limit) => {
        const tenant = randomUUID();
        const add = (): Promise<SampleJob> => submitSample(database, { tenant });
        const all: SampleJob[] = [];
        for (let i = 0; i < 9; i++) all.push(await add());
        const { tenantId } = all[0]!;
        const stays = new Set(all.map(({ jobId }) => jobId));
        const seen: string[] = [];
        let after: ListPlace | undefined;
        for (let at = 0; ; at++) {
          const step = steps[at % steps.length]!;
          // Jobs of the very same instant must not fall between two pages.
          if (step.tie && at === 0)
            await database.query(
              `UPDATE attune.jobs SET created_at = (SELECT min(created_at) FROM attune.jobs WHERE tenant_id = $1) WHERE id = ANY($2)`,
              [tenantId, all.slice(2, 7).map(({ jobId }) => jobId)],
            );
          const page = await jobs.list(tenantId, { limit, ...(after ? { after } : {}) });
          seen.push(...page.map(({ job }) => job.id));
          if (page.length === 0) break;
          after = page.at(-1)!.place;
          for (let i = 0; at < 4 && i < step.add; i++) await add();
          for (let i = 0; i < step.remove && stays.size > 1; i++) {
            const [gone] = [...stays].slice(at % stays.size);
            stays.delete(gone!);
            await jobs.cancel(tenantId, gone!);
            await jobs.delete(tenantId, gone!, () => Promise.resolve());
          }
        }
        expect(new Set(seen).size).toBe(seen.length);
        for (const id of stays) expect(seen).toContain(id);
      },
    ),
    { numRuns: 15 },
  );
});

test('a list is filtered by status, operation, time and the name of the file', async () => {
  const { tenantId, jobId } = await submitSample(database, { operation: 'harmonize' });
  const other = await submitSample(database, { operation: 'validate' });
  await jobs.cancel(tenantId, other.jobId);
  await database.query(`UPDATE attune.jobs SET input_name = '100%_Members.CSV' WHERE id = $1`, [jobId]);
  const ids = async (filter: JobFilter) => (await jobs.list(tenantId, { limit: 10, ...filter })).map(({ job }) => job.id);
  expect(await ids({ operation: 'harmonize' })).toEqual([jobId]);
  expect(await ids({ status: 'cancelled' })).toEqual([other.jobId]);
  expect(await ids({ createdAfter: '2999-01-01T00:00:00Z' })).toEqual([]);
  expect(await ids({ createdBefore: '2999-01-01T00:00:00Z' })).toEqual([other.jobId, jobId]);
  expect(await ids({ nameContains: '%_members' })).toEqual([jobId]);
  expect(await ids({ nameContains: '%members' })).toEqual([]);
});

test('each waiting job of a list says how many come before it, up to a thousand; one that works says none', async () => {
  const { tenantId, jobId: working } = await submitSample(database);
  await new StagesRepository(database).claim('validator', 'w1');
  const waiting = [await submitSample(database), await submitSample(database), await submitSample(database)];
  const last = await submitSample(database);
  const positions = async () => new Map((await jobs.list(tenantId, { limit: 10 })).map((one) => [one.job.id, one.backlogPosition]));
  const ids = [...waiting, last].map(({ jobId }) => jobId);
  let told = await positions();
  expect([working, ...ids].map((id) => told.get(id))).toEqual([0, 0, 1, 2, 3]);

  await database.query(
    `INSERT INTO attune.job_stages (tenant_id, job_id, stage, shard, position, service, status, fair_at)
     SELECT tenant_id, job_id, stage, n, position, service, 'ready', fair_at FROM attune.job_stages, generate_series(1, 1200) n
     WHERE job_id = $1 AND stage = 'inspect' AND shard = 0`,
    [ids[2]],
  );
  told = await positions();
  expect(ids.map((id) => told.get(id))).toEqual([0, 1, 2, 1_000]);
  expect((await jobs.find(tenantId, last.jobId))!.backlogPosition).toBe(1_000);
});

test('a page of many jobs is read in the order of an index, not sorted', async () => {
  const { tenantId, jobId } = await submitSample(database);
  await database.query(
    `INSERT INTO attune.jobs (tenant_id, id, operation, options, dataset_id, input_sha256, bytes_in, priority_class, created_at)
     SELECT tenant_id, gen_random_uuid(), operation, options, dataset_id, input_sha256, 1, priority_class, now() - n * interval '1 second'
     FROM attune.jobs, generate_series(1, 3000) n WHERE id = $1`,
    [jobId],
  );
  await database.query('ANALYZE attune.jobs');
  const plan = await database.query<object>(
    `EXPLAIN ${PAGE.replace('$9', '20').replaceAll('$1', `'${tenantId}'`).replaceAll(/\$\d/g, 'NULL')}`,
  );
  const text = plan.flatMap((line) => Object.values(line) as string[]).join('\n');
  expect(text).toContain('Index Scan using idx_jobs_created_at');
  expect(text).not.toContain('Sort Key: jobs.created_at');
});

test('a job of a list is the very job that is found by its id', async () => {
  const { tenantId, jobId } = await submitSample(database);
  const [listed] = await jobs.list(tenantId, { limit: 1 });
  const found = await jobs.find(tenantId, jobId);
  expect({ ...listed, place: null, now: 0 }).toEqual({ ...found, place: null, now: 0 });
});

describe('deletion', () => {
  const blob = { sha256: 'a'.repeat(64), bytes: 1, storageKey: 'the input' };
  const erased: (string | undefined)[] = [];
  const remember = (_prefix: string, input: string | undefined): Promise<void> => {
    erased.push(input);
    return Promise.resolve();
  };

  test('the input goes with the last job over it, and not before', async () => {
    const one = await submitSample(database, { blob });
    const other = await submitSample(database, { blob });
    for (const { tenantId, jobId } of [one, other]) await jobs.cancel(tenantId, jobId);
    for (const { tenantId, jobId } of [one, other]) await jobs.delete(tenantId, jobId, remember);
    expect(erased).toEqual([undefined, 'the input']);
    expect((await jobs.find(one.tenantId, one.jobId))!.job).toMatchObject({ deleted_at: expect.any(Number) as number, version: 3 });
  });

  test('no job is made over bytes that are gone, until they have come again', async () => {
    const { tenantId, jobId } = await submitSample(database, { blob });
    const { job } = (await jobs.find(tenantId, jobId))!;
    await jobs.cancel(tenantId, jobId);
    await jobs.delete(tenantId, jobId, remember);
    const again = {
      ...{ tenantId, operation: 'validate' as const, options: job.options, mapping: null, datasetId: job.dataset_id },
      priorityClass: 'bulk' as const,
      ...{ inputSha256: blob.sha256, bytesIn: 1, inputName: null, traceparent: null },
    };
    await expect(jobs.submit(again)).rejects.toMatchObject({ code: 'overloaded' });
    expect(await new DatasetsRepository(database).receive({ tenantId, ...blob })).toMatchObject({ wasRemoved: true });
    const { jobId: made } = await jobs.submit(again);
    expect((await jobs.find(tenantId, made))!.job.priority_class).toBe('bulk');
  });

  test('when the bytes cannot be removed, the job is still there', async () => {
    const { tenantId, jobId } = await submitSample(database);
    await jobs.cancel(tenantId, jobId);
    await expect(jobs.delete(tenantId, jobId, () => Promise.reject(new Error('the store is away')))).rejects.toThrow('away');
    expect((await jobs.find(tenantId, jobId))!.job.deleted_at).toBeNull();
  });

  test('another version than the one that was seen is neither cancelled nor deleted', async () => {
    const { tenantId, jobId } = await submitSample(database);
    const permits = (version: number): boolean => version === 7;
    await expect(jobs.cancel(tenantId, jobId, { permits })).rejects.toMatchObject({ code: 'precondition_failed' });
    await expect(jobs.delete(tenantId, jobId, remember, { permits })).rejects.toMatchObject({ code: 'precondition_failed' });
    expect((await jobs.find(tenantId, jobId))!.job).toMatchObject({ status: 'pending', deleted_at: null });
  });
});

describe('review', () => {
  test("a stage that is answered replaces what it has left, and the mapping is the job's", async () => {
    const stages = new StagesRepository(database);
    const { tenantId, jobId } = await submitSample(database);
    await stages.commit((await stages.claim('validator', 'w'))!, { artifacts: [] });
    const plan = (n: number) => ({ kind: 'plan', sha256: String(n).repeat(64), bytes: n, records: null, storageKey: `plan ${n}` });
    await stages.commit((await stages.claim('harmonizer', 'w'))!, { artifacts: [plan(1)], review: true });
    expect((await jobs.find(tenantId, jobId))!.job).toMatchObject({ status: 'awaiting_review', stage: 'plan' });
    expect(await stages.claim('harmonizer', 'w')).toBeUndefined();
    const mapping = { version: 1 as const, entity: 'person', fields: [] };
    const { rings } = await jobs.answerReview(tenantId, jobId, mapping);
    expect(rings).toEqual(['harmonizer']);
    await expect(jobs.answerReview(tenantId, jobId, mapping)).rejects.toMatchObject({ code: 'conflict_state' });
    const claim = (await stages.claim('harmonizer', 'w'))!;
    expect(claim).toMatchObject({ stage: 'plan', mapping, attempt: 1 });
    // Who has given a mapping is not asked again, whatever the stage says.
    const { swept, after } = await stages.commit(claim, { artifacts: [plan(2)], review: true });
    expect([swept, after.status]).toEqual([['plan 1'], 'processing']);
    expect(await new ArtifactsRepository(database).list(tenantId, jobId)).toMatchObject([{ kind: 'plan', storageKey: 'plan 2' }]);
  });
});
