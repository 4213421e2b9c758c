import { randomUUID } from 'node:crypto';
import { type FreshDatabase, freshDatabase } from '@attune/testing';
import { Database } from './database.js';
import { RulesRepository } from './rules.repository.js';
import { submitSample } from './sample-job.fixture.js';

let fresh: FreshDatabase;
let database: Database;
let rules: RulesRepository;

beforeEach(async () => {
  fresh = await freshDatabase();
  database = await Database.open(fresh.url, 1); // so that counters are of one session
  rules = new RulesRepository(database);
});

afterEach(async () => {
  await database.close();
  await fresh.drop();
});

const LIKE = { fingerprint: 'f', entity: 'person' };

/** A job over data of that kind that has left a report, or has left none since it was deleted. */
async function checked(report: boolean, like = LIKE): Promise<{ tenantId: string; jobId: string }> {
  const { tenantId, jobId } = await submitSample(database);
  await rules.reportBefore({ tenantId, jobId, ...like });
  if (report)
    await database.query(
      `INSERT INTO attune.artifacts (tenant_id, id, job_id, generation, stage, kind, sha256, bytes, storage_key, epoch, shard)
       VALUES ($1, gen_random_uuid(), $2, 1, 'check', 'quality', $3, 1, $4, 1, 0)`,
      [tenantId, jobId, 'a'.repeat(64), randomUUID()],
    );
  return { tenantId, jobId };
}

test('the report before is that of the last job over data of the same kind that still has one, and the same when asked again', async () => {
  await checked(true);
  const last = await checked(true);
  await checked(false);
  await checked(true, { ...LIKE, entity: 'coverage' });
  await checked(true, { ...LIKE, fingerprint: 'g' });
  const own = await checked(true);
  for (let time = 0; time < 2; time++) expect((await rules.reportBefore({ ...own, ...LIKE }))?.jobId).toBe(last.jobId);
  expect(await rules.reportBefore({ ...(await checked(true, { ...LIKE, fingerprint: 'h' })), ...LIKE, fingerprint: 'h' })).toBeUndefined();
});

test('it is found from the last one backwards: how many there were before makes no difference', async () => {
  const own = await checked(true);
  await database.transaction(async (query) => {
    await query(`SET LOCAL session_replication_role = replica`);
    await query(
      `INSERT INTO attune.checked_datasets (job_id, tenant_id, fingerprint, entity, checked_at)
       SELECT gen_random_uuid(), $1, 'f', 'person', now() - n * interval '1 minute' FROM generate_series(1, 5000) n`,
      [own.tenantId],
    );
    await query(
      `INSERT INTO attune.artifacts (tenant_id, id, job_id, generation, stage, kind, sha256, bytes, storage_key, epoch, shard)
       SELECT tenant_id, gen_random_uuid(), job_id, 1, 'check', 'quality', $1, 1, 'k', 1, 0 FROM attune.checked_datasets WHERE job_id <> $2`,
      ['a'.repeat(64), own.jobId],
    );
  });
  await database.query('ANALYZE attune.checked_datasets, attune.artifacts');
  const read = async (): Promise<number> => {
    await database.query('SELECT pg_stat_force_next_flush()');
    const [told] = await database.query<{ read: number }>(
      `SELECT sum(idx_blks_read + idx_blks_hit + heap_blks_read + heap_blks_hit)::int AS read FROM pg_statio_all_tables
       WHERE schemaname = 'attune' AND relname IN ('checked_datasets', 'artifacts')`,
    );
    return told!.read;
  };
  const before = await read();
  expect(await rules.reportBefore({ ...own, ...LIKE })).toBeDefined();
  expect((await read()) - before).toBeLessThan(100);
});
