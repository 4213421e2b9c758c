import type { ArtifactKind, RowLedger } from '@attune/core';
import { type FreshDatabase, freshDatabase } from '@attune/testing';
import { ArtifactsRepository } from './artifacts.repository.js';
import { Database } from './database.js';
import { JobsRepository } from './jobs.repository.js';
import { type SampleJob, submitSample } from './sample-job.fixture.js';
import { type Claim, StagesRepository, type StoredArtifact } from './stages.repository.js';

let fresh: FreshDatabase;
let database: Database;
let stages: StagesRepository;
let jobs: JobsRepository;
let artifacts: ArtifactsRepository;
let sample: SampleJob;

beforeEach(async () => {
  fresh = await freshDatabase();
  database = await Database.open(fresh.url);
  stages = new StagesRepository(database);
  jobs = new JobsRepository(database);
  artifacts = new ArtifactsRepository(database);
  sample = await submitSample(database, { operation: 'harmonize' });
  for (const service of ['validator', 'harmonizer'] as const) await stages.commit(await claim(service), { artifacts: [] });
  await finish();
});

afterEach(async () => {
  await database.close();
  await fresh.drop();
});

const stored = (kind: ArtifactKind, storageKey: string): StoredArtifact => ({
  kind,
  sha256: 'a'.repeat(64),
  bytes: 1,
  records: 1,
  storageKey,
});
const ledgerOf = (quarantined: number): RowLedger => ({
  ...{ recordsIn: 10, recordsOut: 10 - quarantined, recordsQuarantined: quarantined },
  ...{ recordsMerged: 0, recordsDropped: 0, dropReasons: {} },
});

async function claim(service: 'validator' | 'harmonizer' | 'generator'): Promise<Claim> {
  return (await stages.claim(service, 'w'))!;
}

/** What transform leaves in its generation. */
async function transform(): Promise<Claim> {
  const mine = await claim('harmonizer');
  const of = (kind: ArtifactKind): StoredArtifact => stored(kind, `${kind} ${mine.generation}`);
  const quarantined = 4 - mine.generation;
  await stages.commit(mine, {
    artifacts: [of('silver'), of('quarantine'), of('findings')],
    ledger: ledgerOf(quarantined),
    errorsFound: quarantined,
  });
  return mine;
}

/** From transform to the end; answers the keys that are of no use any more. */
async function finish(): Promise<readonly string[]> {
  const { generation } = await transform();
  await stages.commit(await claim('validator'), { artifacts: [stored('quality', `quality ${generation}`)], ledger: ledgerOf(0) });
  const { swept } = await stages.commit(await claim('generator'), { artifacts: [stored('result_csv', `result ${generation}`)] });
  return swept;
}

async function resubmit(generation: number): ReturnType<JobsRepository['resubmit']> {
  const { tenantId, jobId } = sample;
  return jobs.resubmit(tenantId, jobId, { artifact: stored('fixed_records', `mended for ${generation + 1}`), records: 1, generation });
}

const shown = async (kind: ArtifactKind): Promise<string | undefined> =>
  (await artifacts.find(sample.tenantId, sample.jobId, kind))?.storageKey;
const detail = async () => (await jobs.find(sample.tenantId, sample.jobId))!;

test('clients see the generation that is whole until the next one is, and then that one, with all shards of silver', async () => {
  const { rings, after } = await resubmit(1);
  expect([rings, after.generation]).toEqual([['harmonizer'], 2]);
  expect(await transform()).toMatchObject({ stage: 'transform', shard: 1, epoch: 1, generation: 2 });
  expect([await shown('quarantine'), await shown('result_csv')]).toEqual(['quarantine 1', 'result 1']);
  expect((await detail()).ledger[0]).toMatchObject({ stage: 'transform', records_quarantined: 3 });
  // The stages of the new generation read what it has left so far, of every shard.
  expect((await artifacts.left(sample.jobId, 2)).ofShards('silver').map(({ storageKey }) => storageKey)).toEqual(['silver 1', 'silver 2']);
  expect((await artifacts.left(sample.jobId, 2)).latest('quarantine')?.storageKey).toBe('quarantine 2');
  expect(await artifacts.ledger(sample.jobId, 2, 'transform')).toEqual(ledgerOf(2));
  await stages.commit(await claim('validator'), { artifacts: [stored('quality', 'quality 2')], ledger: ledgerOf(0) });
  const { swept } = await stages.commit(await claim('generator'), { artifacts: [stored('result_csv', 'result 2')] });
  expect([...swept].sort()).toEqual(['findings 1', 'quality 1', 'quarantine 1', 'result 1']);
  expect([await shown('quarantine'), await shown('result_csv')]).toEqual(['quarantine 2', 'result 2']);
  const found = await detail();
  expect(found.job).toMatchObject({ status: 'completed', generation: 2, kept_generation: 2 });
  expect(found.ledger.map(({ stage, records_quarantined: quarantined }) => `${stage} ${quarantined}`)).toEqual(['transform 2', 'check 0']);
  expect(found.errorsFound).toBe(2);
});

test('a resubmission that is cancelled leaves what was there before, and the next one forgets it', async () => {
  await resubmit(1);
  await transform();
  await jobs.cancel(sample.tenantId, sample.jobId);
  const cancelled = await detail();
  expect(cancelled.job).toMatchObject({ status: 'cancelled', generation: 2, kept_generation: 1 });
  expect([cancelled.errorsFound, cancelled.ledger[0]?.records_quarantined, await shown('result_csv')]).toEqual([3, 3, 'result 1']);
  const { swept } = await resubmit(2);
  expect([...swept].sort()).toEqual(['findings 2', 'mended for 2', 'quarantine 2', 'silver 2']);
  expect((await detail()).stages.map(({ stage, shard, status }) => `${stage} ${shard} ${status}`)).toEqual([
    'inspect 0 done',
    'plan 0 done',
    'transform 0 done',
    'transform 2 ready',
    'check 0 waiting',
    'publish 0 waiting',
  ]);
  await finish();
  expect((await artifacts.left(sample.jobId, 3)).ofShards('silver').map(({ storageKey }) => storageKey)).toEqual(['silver 1', 'silver 3']);
});

test('of many resubmissions at once exactly one counts, and one that was compared with an older quarantine does not', async () => {
  const results = await Promise.allSettled(Array.from({ length: 8 }, () => resubmit(1)));
  expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  for (const refused of results.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : [])))
    expect(refused).toMatchObject({ code: 'conflict_state' });
  await finish();
  await expect(resubmit(1)).rejects.toMatchObject({ code: 'conflict_state' });
  expect((await detail()).job.generation).toBe(2);
});

test('a worker of the generation before cannot commit into the next', async () => {
  await resubmit(1);
  const late = await claim('harmonizer');
  await jobs.cancel(sample.tenantId, sample.jobId);
  await stages.stop(late);
  await resubmit(2);
  const mine = await claim('harmonizer');
  expect([late.shard, mine.shard]).toEqual([1, 2]);
  await expect(stages.commit(late, { artifacts: [] })).rejects.toMatchObject({ code: 'stage.fenced' });
  await stages.heartbeat(mine, 'w', 0.5);
});

test('another version than the one that was seen is not worked on, and the history tells of every generation without a gap', async () => {
  const { tenantId, jobId } = sample;
  const mended = { artifact: stored('fixed_records', 'k'), records: 1, generation: 1, permits: () => false };
  await expect(jobs.resubmit(tenantId, jobId, mended)).rejects.toMatchObject({ code: 'precondition_failed' });
  await resubmit(1);
  await finish();
  const lines = await jobs.history(tenantId, jobId, 0, 1000);
  expect(lines.map(({ seq }) => seq)).toEqual(lines.map((_, i) => i + 1));
  expect(lines.filter(({ type }) => type === 'job.resubmitted').map(({ data }) => data)).toEqual([{ generation: 2, records: 1 }]);
  expect(lines.filter(({ data }) => data['status'] === 'completed')).toHaveLength(2);
});

test('a deletion takes every generation', async () => {
  await resubmit(1);
  await finish();
  await jobs.delete(sample.tenantId, sample.jobId, () => Promise.resolve());
  expect(await database.query(`SELECT 1 FROM attune.artifacts UNION ALL SELECT 1 FROM attune.row_ledger`)).toEqual([]);
});
