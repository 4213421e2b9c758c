import { createHash } from 'node:crypto';
import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { type FreshDatabase, freshDatabase } from '@attune/testing';
import { pino } from 'pino';
import { FileBlobs } from '../blobs/file-blobs.js';
import { Database } from '../database/database.js';
import { DatasetsRepository } from '../database/datasets.repository.js';
import { GarbageRepository } from '../database/garbage.repository.js';
import { REMOVAL_LOCK } from '../database/removal.js';
import { IdempotencyRepository } from '../database/idempotency.repository.js';
import { JobsRepository } from '../database/jobs.repository.js';
import { RetentionRepository } from '../database/retention.repository.js';
import { submitSample } from '../database/sample-job.fixture.js';
import { type Claim, StagesRepository } from '../database/stages.repository.js';
import { TenantsRepository } from '../database/tenants.repository.js';
import { WarehouseRepository } from '../database/warehouse.repository.js';
import { useFailpoints } from '../failpoints/failpoint.js';
import { Metrics } from '../telemetry/metrics.js';
import { GarbageCollector } from './garbage-collector.js';
import { Housekeeping } from './housekeeping.js';
import { Retention } from './retention.js';

let fresh: FreshDatabase;
let database: Database;
let home: string;
let blobs: FileBlobs;
let metrics: Metrics;
let collector: GarbageCollector;

beforeEach(async () => {
  fresh = await freshDatabase();
  database = await Database.open(fresh.url);
  home = await mkdtemp(path.join(tmpdir(), 'attune-garbage-'));
  blobs = new FileBlobs(path.join(home, 'blobs'));
  metrics = new Metrics();
  collector = new GarbageCollector(database, new GarbageRepository(database), new WarehouseRepository(database), blobs, metrics);
});

afterEach(async () => {
  await database.close();
  await fresh.drop();
  await rm(home, { recursive: true });
});

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const collect = () => collector.collect({ dryRun: false });

async function stored(): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of blobs.list('')) keys.push(key);
  return keys;
}

/** An object as if it had been written so many hours ago. */
async function put(key: string, text: string, hoursOld = 25): Promise<string> {
  const file = path.join(home, 'left');
  await writeFile(file, text);
  await blobs.adopt(file, key);
  const at = Date.now() / 1000 - hoursOld * 3_600;
  await utimes(path.join(home, 'blobs', key), at, at);
  return key;
}

/** Lets the second wait pass. */
const waitADay = () =>
  database.query(`UPDATE attune.gc_marks SET marked_at = marked_at - interval '25 hours', swept_at = swept_at - interval '25 hours'`);

async function upload(tenantId: string, text: string) {
  const { bytes, key } = await blobs.receive(Readable.from([Buffer.from(text)]), (hash) => `tenants/${tenantId}/blobs/${hash}`, 1_000);
  return { tenantId, sha256: sha256(text), bytes, storageKey: key };
}

/** A claim of the first stage of a job, and the key of what its attempt leaves. */
async function attempt(): Promise<{ claim: Claim; key: string; jobId: string; tenantId: string }> {
  const { tenantId, jobId } = await submitSample(database);
  const claim = (await new StagesRepository(database).claim('validator', 'w1'))!;
  return { claim, jobId, tenantId, key: `tenants/${tenantId}/jobs/${jobId}/${claim.stage}/0/${claim.epoch}/detection.json` };
}

test('an object that no row names goes a day after it was found, and not before', async () => {
  const { jobId, tenantId } = await submitSample(database);
  const garbage = [
    await put('other/thing', 'abc'),
    await put(`tenants/${tenantId}/blobs/${sha256('x')}`, 'x'),
    await put(`tenants/${tenantId}/jobs/${jobId}/inspect/0/7/left`, 'left'),
  ];
  const young = await put(`tenants/${tenantId}/jobs/${jobId}/inspect/0/8/left`, 'young', 23);
  const marked = { input: { objects: 1, bytes: 1 }, job: { objects: 1, bytes: 4 }, other: { objects: 1, bytes: 3 } };
  const none = { input: { objects: 0, bytes: 0 }, job: { objects: 0, bytes: 0 }, other: { objects: 0, bytes: 0 } };
  expect(await collect()).toMatchObject({ stored: { objects: 4, bytes: 13 }, marked, swept: none });
  expect(await collect()).toMatchObject({ marked: none, swept: none });
  expect(await stored()).toEqual([...garbage, young].sort());
  await waitADay();
  expect(await collect()).toMatchObject({ marked: none, swept: marked });
  expect(await stored()).toEqual([young]);
  const [event] = await database.query(`SELECT seq, type, data FROM attune.job_events WHERE job_id = $1 ORDER BY seq DESC LIMIT 1`, [
    jobId,
  ]);
  expect(event).toEqual({ seq: 2, type: 'job.swept', data: { objects: 1, bytes: 4 } });
  expect((await metrics.gcDeletedBytes.get()).values.reduce((sum, { value }) => sum + value, 0)).toBe(8);
});

test('a dry run tells what would go and changes nothing', async () => {
  await put('a', 'abc');
  await collect();
  await waitADay();
  await put('b', 'de');
  const before = await database.query('SELECT * FROM attune.gc_marks');
  const told = await collector.collect({ dryRun: true });
  expect([told.marked.other, told.swept.other]).toEqual([
    { objects: 1, bytes: 2 },
    { objects: 1, bytes: 3 },
  ]);
  expect(await stored()).toEqual(['a', 'b']);
  expect(await database.query('SELECT * FROM attune.gc_marks')).toEqual(before);
});

test('what is committed between mark and sweep stays', async () => {
  const { claim, key } = await attempt();
  await put(key, 'found');
  await collect();
  await waitADay();
  const { sha256: hash, bytes } = { sha256: sha256('found'), bytes: 5 };
  await new StagesRepository(database).commit(claim, {
    artifacts: [{ kind: 'detection', sha256: hash, bytes, records: null, storageKey: key }],
  });
  expect((await collect()).swept.job.objects).toBe(0);
  expect(await stored()).toEqual([key]);
});

test('what an attempt that is at work may still commit stays, and goes when the attempt was fenced', async () => {
  const { claim, key, jobId } = await attempt();
  await put(key, 'found');
  await collect();
  await waitADay();
  expect((await collect()).swept.job.objects).toBe(0);
  await database.query(`UPDATE attune.job_stages SET lease_until = now() - interval '1 second' WHERE job_id = $1 AND status = 'running'`, [
    jobId,
  ]);
  const successor = (await new StagesRepository(database).claim('validator', 'w2'))!;
  expect(successor.epoch).toBeGreaterThan(claim.epoch);
  expect((await collect()).swept.job.objects).toBe(1);
  expect(await stored()).toEqual([]);
});

test('a commit and the sweep of its object at the same moment: either the row has its object, or there is no row', async () => {
  for (let turn = 0; turn < 10; turn++) {
    const { claim, key, jobId } = await attempt();
    await put(key, 'found');
    await collect();
    await waitADay();
    const commit = new StagesRepository(database)
      .commit(claim, { artifacts: [{ kind: 'detection', sha256: sha256('found'), bytes: 5, records: null, storageKey: key }] })
      .then(() => true);
    const [committed] = await Promise.all([commit, collect()]);
    expect([committed, (await stored()).includes(key)]).toEqual([true, true]);
    await database.query(`UPDATE attune.job_stages SET next_run_at = 'infinity' WHERE job_id = $1`, [jobId]);
  }
});

test('bytes that are sent anew while the old ones are swept are missed by the one who sent them, or stay', async () => {
  const tenantId = await new TenantsRepository(database).ensureTenant('t');
  for (let turn = 0; turn < 10; turn++) {
    const text = `bytes ${turn}`;
    await put(`tenants/${tenantId}/blobs/${sha256(text)}`, text);
    await collect();
    await waitADay();
    const blob = await upload(tenantId, text);
    const [{ wasRemoved }] = await Promise.all([new DatasetsRepository(database).receive(blob), collect()]);
    // The caller looks, and finds them or asks to send them again.
    expect([wasRemoved, (await stored()).includes(blob.storageKey)]).toContain(true);
    expect(wasRemoved).toBe(true);
  }
});

test('received bytes that a row names are never touched, however old they are', async () => {
  const tenantId = await new TenantsRepository(database).ensureTenant('t');
  const blob = await upload(tenantId, 'kept');
  await new DatasetsRepository(database).receive(blob);
  await put(blob.storageKey, 'kept', 1_000);
  await collect();
  await waitADay();
  await collect();
  expect(await stored()).toEqual([blob.storageKey]);
  expect(await database.query('SELECT * FROM attune.gc_marks')).toEqual([]);
});

test('what is left of a deleted job is collected', async () => {
  const { claim, key, tenantId, jobId } = await attempt();
  await new StagesRepository(database).commit(claim, {
    artifacts: [{ kind: 'detection', sha256: sha256('found'), bytes: 5, records: null, storageKey: key }],
  });
  await put(key, 'found');
  await new JobsRepository(database).cancel(tenantId, jobId);
  await new JobsRepository(database).delete(tenantId, jobId, () => Promise.resolve());
  await collect();
  await waitADay();
  expect((await collect()).swept.job).toEqual({ objects: 1, bytes: 5 });
  expect(await stored()).toEqual([]);
});

test('answers to idempotency keys are kept for thirty days and counts of requests until their window ends', async () => {
  const tenantId = await new TenantsRepository(database).ensureTenant('t');
  const keys = new IdempotencyRepository(database);
  for (const key of ['old', 'given-up', 'new']) await keys.reserve(tenantId, 'POST /x', key);
  await database.query(`UPDATE attune.idempotency_keys SET state = 'answered', created_at = now() - interval '31 days' WHERE key = 'old'`);
  await database.query(`UPDATE attune.idempotency_keys SET lease_until = now() - interval '25 hours' WHERE key = 'given-up'`);
  await database.query(
    `INSERT INTO attune.rate_limits (key, points, expire) VALUES ('past', 1, 1000), ('now', 1, 9e15), ('never', 1, NULL)`,
  );
  const rows = { idempotencyKeys: 2, rateLimits: 1, deliveries: 0 };
  expect((await collector.collect({ dryRun: true })).rows).toEqual(rows);
  expect((await collect()).rows).toEqual(rows);
  expect(await database.query(`SELECT key FROM attune.idempotency_keys`)).toEqual([{ key: 'new' }]);
  expect(await database.query(`SELECT key FROM attune.rate_limits ORDER BY key`)).toEqual([{ key: 'never' }, { key: 'now' }]);
});

test('what happened to messages of webhooks is kept for thirty days, and what is still to be sent for as long as it takes', async () => {
  const { jobId } = await submitSample(database);
  await database.query(
    `WITH hook AS (INSERT INTO attune.webhooks (tenant_id, id, url, types) SELECT tenant_id, gen_random_uuid(), 'https://to.test', '{}' FROM attune.jobs
       WHERE id = $1 RETURNING tenant_id, id)
     INSERT INTO attune.webhook_deliveries (tenant_id, id, endpoint_id, job_id, seq, type, job_status, job_version, outcome, created_at)
     SELECT tenant_id, gen_random_uuid(), id, $1, days, 'job.completed', 'completed', 1, outcome, now() - make_interval(days => days)
     FROM hook, (VALUES (31, 'delivered'), (32, 'failed'), (33, 'pending'), (29, 'delivered')) AS sent (days, outcome)`,
    [jobId],
  );
  expect((await collector.collect({ dryRun: true })).rows.deliveries).toBe(2);
  expect((await collect()).rows.deliveries).toBe(2);
  expect(await database.query(`SELECT seq FROM attune.webhook_deliveries ORDER BY seq`)).toEqual([{ seq: 29 }, { seq: 33 }]);
});

test('a sweep that ends in its middle is finished by the next pass', async () => {
  await put('a', 'abc');
  await put('b', 'de');
  await collect();
  await waitADay();
  useFailpoints(home);
  await writeFile(path.join(home, 'gc.mid_sweep'), 'throw');
  await expect(collect()).rejects.toThrow();
  useFailpoints(undefined);
  expect(await stored()).toEqual(['b']);
  await collect();
  expect(await stored()).toEqual([]);
  expect(await database.query(`SELECT count(*)::int AS left FROM attune.gc_marks WHERE swept_at IS NULL`)).toEqual([{ left: 0 }]);
});

test('while a backup copies nothing is removed, neither garbage nor what a commit has replaced, and a job is not deleted', async () => {
  const { jobId, tenantId } = await submitSample(database);
  const [due, replaced] = [await put('other/due', 'due'), await put('other/replaced', 'replaced')];
  const garbage = new GarbageRepository(database);
  await collect();
  await waitADay();
  await new JobsRepository(database).cancel(tenantId, jobId);
  const remove = () => new JobsRepository(database).delete(tenantId, jobId, () => Promise.reject(new Error('nothing is to be removed')));

  const giveBack = (await database.hold(REMOVAL_LOCK, () => undefined))!;
  await expect(collect()).rejects.toMatchObject({ code: 'overloaded' });
  await expect(remove()).rejects.toMatchObject({ code: 'overloaded' });
  await garbage.discard([replaced], (key) => blobs.remove(key));
  expect(await stored()).toEqual([due, replaced]);

  await giveBack();
  await garbage.discard([replaced], (key) => blobs.remove(key));
  await collect();
  expect(await stored()).toEqual([]);
});

test('one collector at a time, and the chore once an hour whoever leads', async () => {
  await put('a', 'abc');
  const outcomes = await Promise.allSettled([collect(), collect(), collect()]);
  const refused = outcomes.filter(({ status }) => status === 'rejected');
  expect(refused.length).toBeGreaterThan(0);
  for (const outcome of refused) expect(outcome).toMatchObject({ reason: { code: 'conflict_state' } });
  const policies = new RetentionRepository(database, { rawDays: null, resultsDays: null });
  const retention = new Retention(policies, new JobsRepository(database), blobs, metrics);
  const log = pino({ level: 'silent' });
  const leaders = [0, 1].map(() => new Housekeeping(new GarbageRepository(database), collector, retention, log));
  const sweep = jest.spyOn(blobs, 'sweep');
  for (const leader of [...leaders, ...leaders]) await leader.tidy();
  expect(sweep).toHaveBeenCalledTimes(1);
  await database.query(`UPDATE attune.chores SET began_at = began_at - interval '61 minutes'`);
  for (const leader of leaders) await leader.tidy();
  expect(sweep).toHaveBeenCalledTimes(2);
});

test('rows that an attempt had copied for the warehouse before it died are removed, and counted', async () => {
  await database.query(`CREATE UNLOGGED TABLE warehouse_staging.s_${'0'.repeat(32)}_0_1 (source_record_id bigint)`);
  const left = () => database.query(`SELECT 1 FROM pg_tables WHERE schemaname = 'warehouse_staging'`);
  await collector.collect({ dryRun: true });
  expect((await left()).length).toBe(1);
  await collect();
  expect(await left()).toEqual([]);
  expect(await metrics.registry.getSingleMetricAsString('gc_deleted_total')).toContain('gc_deleted_total{kind="staging_table"} 1');
});
