import { readFile, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { type FreshDatabase, freshDatabase } from '@attune/testing';
import { FileBlobs } from '../blobs/file-blobs.js';
import { Database } from '../database/database.js';
import { JobsRepository } from '../database/jobs.repository.js';
import { submitSample } from '../database/sample-job.fixture.js';
import { StagesRepository } from '../database/stages.repository.js';
import { TenantsRepository } from '../database/tenants.repository.js';
import { VerificationRepository } from '../database/verification.repository.js';
import { verify } from './verification.js';

let fresh: FreshDatabase;
let database: Database;
let home: string;
let blobs: FileBlobs;

beforeEach(async () => {
  fresh = await freshDatabase();
  database = await Database.open(fresh.url);
  home = await mkdtemp(path.join(tmpdir(), 'attune-verify-'));
  blobs = new FileBlobs(home);
});

afterEach(async () => {
  await database.close();
  await fresh.drop();
  await rm(home, { recursive: true });
});

const receive = (text: string, keyOf: (sha256: string) => string) => blobs.receive(Readable.from([Buffer.from(text)]), keyOf, 1_000);
const check = (all = true) => verify(new VerificationRepository(database), blobs, { all });
const faults = async (all = true) => (await check(all)).faults.map(({ invariant, code, jobId, place }) => [invariant, code, jobId, place]);

/** A job that has left one artifact and a ledger, and was cancelled then. */
async function job() {
  const tenantId = await new TenantsRepository(database).ensureTenant('t');
  const { key: input, ...blob } = await receive(`input ${Math.random()}`, (hash) => `tenants/${tenantId}/blobs/${hash}`);
  const { jobId } = await submitSample(database, { tenant: 't', blob: { ...blob, storageKey: input } });
  const claim = (await new StagesRepository(database).claim('validator', 'w1'))!;
  const left = await receive('detection', () => `tenants/${tenantId}/jobs/${jobId}/${claim.stage}/0/${claim.epoch}/detection.json`);
  await new StagesRepository(database).commit(claim, {
    artifacts: [{ kind: 'detection', sha256: left.sha256, bytes: left.bytes, records: null, storageKey: left.key }],
    ledger: { recordsIn: 3, recordsOut: 2, recordsQuarantined: 1, recordsMerged: 0, recordsDropped: 0, dropReasons: {} },
  });
  await new JobsRepository(database).cancel(tenantId, jobId);
  return { tenantId, jobId, input, artifact: left.key };
}

async function plant(...statements: string[]): Promise<void> {
  for (const statement of statements) await database.query(statement);
}

test('rows and objects that belong together are found so, and what no row names is told without being a fault', async () => {
  await job();
  const { tenantId, jobId } = await job();
  await receive('litter', () => 'tenants/t/blobs/nobody');
  expect(await check()).toMatchObject({ named: { objects: 4 }, hashed: { objects: 4 }, unnamed: { objects: 1, bytes: 6 }, faults: [] });
  await new JobsRepository(database).delete(tenantId, jobId, () => Promise.resolve());
  expect(await check()).toMatchObject({ named: { objects: 2 }, unnamed: { objects: 3 }, faults: [] });
  await submitSample(database, { tenant: 't', blob: { ...(await receive('open', (hash) => hash)), storageKey: await hashOf('open') } });
  expect(await faults()).toEqual([]);
});

const hashOf = async (text: string) => (await receive(text, (hash) => hash)).key;

test('a flipped bit, a cut-off end and a missing object are found, with the job and the key', async () => {
  const { jobId, artifact } = await job();
  const file = path.join(home, artifact);
  const bytes = await readFile(file);
  const flipped = Buffer.from(bytes);
  flipped[4]! ^= 1;
  await writeFile(file, flipped);
  expect(await faults(false)).toEqual([['I2', 'object.bytes', jobId, artifact]]);
  await truncate(file, 3);
  expect(await faults()).toEqual([['I2', 'object.size', jobId, artifact]]);
  await rm(file);
  expect(await faults()).toEqual([['I2', 'object.missing', jobId, artifact]]);
  await writeFile(file, bytes);
  expect(await faults()).toEqual([]);
});

test('received bytes that are missing are found', async () => {
  const { input } = await job();
  await blobs.remove(input);
  expect(await faults()).toEqual([['I2', 'object.missing', null, input]]);
});

test('of objects older than a day a sample is read, and every size is looked at', async () => {
  for (let turn = 0; turn < 12; turn++) await job();
  await database.query(`UPDATE attune.artifacts SET created_at = now() - interval '25 hours'`);
  await database.query(`UPDATE attune.blobs SET verified_at = now() - interval '25 hours'`);
  expect((await check(false)).hashed.objects).toBe(2);
  expect((await check(true)).hashed.objects).toBe(24);
  const [row] = await database.query<{ key: string; id: string }>(
    `SELECT storage_key AS key, job_id AS id FROM attune.artifacts ORDER BY storage_key DESC LIMIT 1`,
  );
  await truncate(path.join(home, row!.key), 1);
  expect(await faults(false)).toEqual([['I2', 'object.size', row!.id, row!.key]]);
});

test('a ledger that does not add up is found', async () => {
  const { jobId } = await job();
  await plant(
    `ALTER TABLE attune.row_ledger DROP CONSTRAINT row_ledger_reconciles`,
    `UPDATE attune.row_ledger SET records_out = records_out + 1`,
  );
  expect(await faults()).toEqual([['I3', 'ledger.unbalanced', jobId, 'generation 1, inspect 0']]);
});

test('a gap in the events is found, and so is a job without any', async () => {
  const [one, other] = [await job(), await job()];
  await plant(`DELETE FROM attune.job_events WHERE job_id = '${one.jobId}' AND seq = 2`);
  expect(await faults()).toEqual([['I5', 'events.gap', one.jobId, expect.stringMatching(/^\d+ events up to \d+$/)]]);
  await plant(`DELETE FROM attune.job_events WHERE job_id = '${other.jobId}'`);
  expect((await faults()).map(([, code, id]) => [code, id])).toEqual(
    expect.arrayContaining([
      ['events.gap', one.jobId],
      ['events.gap', other.jobId],
      ['job.terminal_status', other.jobId],
    ]),
  );
});

test('a second terminal status of one generation is found', async () => {
  const { jobId, tenantId } = await job();
  await plant(
    `INSERT INTO attune.job_events (tenant_id, job_id, seq, type, level, message, data)
     SELECT '${tenantId}', '${jobId}', max(seq) + 1, 'job.status_changed', 'info', 'x', '{"status": "completed"}' FROM attune.job_events WHERE job_id = '${jobId}'`,
  );
  expect(await faults()).toEqual([['I1', 'job.terminal_status', jobId, 'generation 1, 2 terminal events']]);
});

test('a running stage without a lease, an open stage of a job that has ended, an effect above its epoch and a lost job are found', async () => {
  const [leaseless, open, future] = [await job(), await job(), await job()];
  const lost = await submitSample(database, {
    tenant: 't',
    blob: { ...(await receive('lost', (hash) => hash)), storageKey: await hashOf('lost') },
  });
  for (const table of ['jobs', 'job_stages']) await database.query(`ALTER TABLE attune.${table} DISABLE TRIGGER USER`);
  await database.query(`UPDATE attune.job_stages SET status = 'running', lease_owner = NULL WHERE job_id = $1 AND stage = 'plan'`, [
    leaseless.jobId,
  ]);
  await database.query(`UPDATE attune.jobs SET status = 'processing', generation = 2 WHERE id = $1`, [leaseless.jobId]);
  await database.query(`UPDATE attune.job_stages SET status = 'ready' WHERE job_id = $1 AND stage = 'plan'`, [open.jobId]);
  await database.query(`UPDATE attune.artifacts SET epoch = 99 WHERE job_id = $1`, [future.jobId]);
  await database.query(`UPDATE attune.job_stages SET status = 'waiting' WHERE job_id = $1`, [lost.jobId]);
  const found = (await faults()).map(([invariant, code, id]) => [invariant, code, id]);
  expect(found).toEqual([
    ['I1', 'job.lost', lost.jobId],
    ['I4', 'artifact.epoch', future.jobId],
    ['I4', 'stage.without_lease', leaseless.jobId],
    ['I5', 'stage.open_after_end', open.jobId],
  ]);
});
