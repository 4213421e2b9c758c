import { randomUUID } from 'node:crypto';
import type { PriorityClass } from '@attune/core';
import { type FreshDatabase, freshDatabase } from '@attune/testing';
import fc from 'fast-check';
import { Database } from './database.js';
import { FAIR_BOUND, floorOf, giveFairPlace, keepFairPlace, moveFairBound, SHARD_COST } from './fair-place.js';
import { LOST_JOBS } from './reconciler.repository.js';
import { NEXT } from './stages.repository.js';

type Query = Database['query'];

let fresh: FreshDatabase;
let database: Database;

beforeEach(async () => {
  fresh = await freshDatabase();
  database = await Database.open(fresh.url);
  // What is worked on is told by the test, not by workers.
  await database.query(`ALTER TABLE attune.job_stages DISABLE TRIGGER USER`);
});

afterEach(async () => {
  await database.close();
  await fresh.drop();
});

/** So many jobs of a new tenant, each with one stage that is ready; without a place yet. */
async function jobsOf(query: Query, count: number, priorityClass: PriorityClass = 'interactive', tenant?: string): Promise<Place[]> {
  const tenantId = tenant ?? randomUUID();
  const dataset = randomUUID();
  await query(`INSERT INTO attune.tenants (id, name) VALUES ($1::uuid, $1::uuid::text) ON CONFLICT DO NOTHING`, [tenantId]);
  await query(`INSERT INTO attune.blobs (tenant_id, sha256, bytes, storage_key) VALUES ($1, $2, 1, $2)`, [tenantId, dataset]);
  await query(`INSERT INTO attune.datasets (tenant_id, id, sha256, bytes) VALUES ($1, $2, $3, 1)`, [tenantId, dataset, dataset]);
  const rows = await query<{ id: string }>(
    `WITH made AS (
       INSERT INTO attune.jobs (tenant_id, id, operation, options, dataset_id, input_sha256, bytes_in, priority_class)
       SELECT $1::uuid, gen_random_uuid(), 'validate', '{}', $2::uuid, 'unread', 1, $3 FROM generate_series(1, $4) RETURNING id),
     staged AS (
       INSERT INTO attune.job_stages (tenant_id, job_id, stage, position, service, status)
       SELECT $1::uuid, id, 'inspect', 0, 'validator', 'waiting' FROM made)
     SELECT id FROM made`,
    [tenantId, dataset, priorityClass, count],
  );
  return rows.map(({ id }) => ({ id, tenant_id: tenantId }));
}

interface Place {
  readonly id: string;
  readonly tenant_id: string;
}

/** The stage becomes ready and gets its place, as when a job is submitted. */
async function queue(query: Query, job: Place | undefined): Promise<void> {
  if (job === undefined) throw new Error('the test has no jobs left');
  await query(`UPDATE attune.job_stages SET status = 'ready' WHERE job_id = $1`, [job.id]);
  await giveFairPlace(query, job.id, { stage: 'inspect', shard: 0 });
}

/** Takes the first in fair order, as a claim does, and ends it. */
async function serve(query: Query): Promise<string> {
  const [served] = await query<{ job_id: string }>(
    `UPDATE attune.job_stages SET status = 'done' WHERE (job_id, stage, shard) = (
       SELECT job_id, stage, shard FROM attune.job_stages WHERE service = 'validator' AND status IN ('ready','running') ORDER BY fair_at, job_id LIMIT 1)
     RETURNING job_id`,
  );
  return served!.job_id;
}

/** Rows of the answer, and pages of indices and tables that the question takes. */
async function taken(statement: string): Promise<{ rows: number; pages: number }> {
  const [told] = await database.query<{ 'QUERY PLAN': [{ Plan: Record<string, number> }] }>(
    `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${statement}`,
  );
  const { Plan } = told!['QUERY PLAN'][0];
  return { rows: Plan['Actual Rows']!, pages: Plan['Shared Hit Blocks']! + Plan['Shared Read Blocks']! };
}

test('ten small tenants beside one with very many jobs get at least nine tenths of their fair share each', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 10, maxLength: 10 }), async (bursts) => {
      await database
        .transaction(async (query) => {
          for (const job of await jobsOf(query, 150)) await queue(query, job);
          const small: Awaited<ReturnType<typeof jobsOf>>[] = [];
          while (small.length < bursts.length) small.push(await jobsOf(query, 30));
          const tenantOf = new Map(small.flatMap((jobs, tenant) => jobs.map(({ id }) => [id, tenant] as const)));
          const waiting = small.map(() => 0);
          const served = small.map(() => 0);
          for (let turn = 0; turn < 110; turn++) {
            // A small tenant sends a few jobs whenever its last one was taken.
            for (const [tenant, jobs] of small.entries())
              while (waiting[tenant]! < (turn === 0 ? bursts[tenant]! : 1)) {
                await queue(query, jobs.pop());
                waiting[tenant]!++;
              }
            const tenant = tenantOf.get(await serve(query));
            if (tenant === undefined) continue;
            served[tenant]!++;
            waiting[tenant]!--;
          }
          for (const share of served) expect(share).toBeGreaterThanOrEqual(0.9 * (110 / 11));
          throw new Rollback();
        })
        .catch(onlyRollback);
    }),
    { numRuns: 2 },
  );
});

test.each([
  ['of the same tenant', true],
  ['of others', false],
])('bulk never starves beside interactive jobs %s that never end: it gets its fifth', async (_, same) => {
  await database.transaction(async (query) => {
    const bulk = await jobsOf(query, 30, 'bulk');
    const interactive = await jobsOf(query, 120, 'interactive', same ? bulk[0]!.tenant_id : undefined);
    for (const job of bulk) await queue(query, job);
    await queue(query, interactive.pop());
    const bulkIds = new Set(bulk.map(({ id }) => id));
    let served = 0;
    for (let turn = 0; turn < 100; turn++) {
      await queue(query, interactive.pop());
      if (bulkIds.has(await serve(query))) served++;
    }
    expect(served).toBeGreaterThanOrEqual(0.9 * 20);
    expect(served).toBeLessThanOrEqual(1.1 * 20 + 1);
  });
});

test('a tenant with three times the weight gets three times as much', async () => {
  await database.transaction(async (query) => {
    const [heavy, light] = [await jobsOf(query, 100), await jobsOf(query, 100)];
    await query(`INSERT INTO attune.tenant_flow (tenant_id, priority_class, weight) VALUES ($1, 'interactive', 12)`, [heavy[0]!.tenant_id]);
    for (const [i, job] of heavy.entries()) {
      await queue(query, job);
      await queue(query, light[i]);
    }
    const ofHeavy = new Set(heavy.map(({ id }) => id));
    let served = 0;
    for (let turn = 0; turn < 80; turn++) if (ofHeavy.has(await serve(query))) served++;
    expect(Math.abs(served - 60)).toBeLessThanOrEqual(2);
  });
});

test('work that was done while nobody else wanted any is no debt', async () => {
  await database.transaction(async (query) => {
    const [busy, late] = [await jobsOf(query, 120), await jobsOf(query, 20)];
    for (const job of busy.splice(0, 100)) {
      await queue(query, job);
      await serve(query);
    }
    const ofBusy = new Set(busy.map(({ id }) => id));
    for (const job of [...late, ...busy]) await queue(query, job);
    let served = 0;
    for (let turn = 0; turn < 20; turn++) if (ofBusy.has(await serve(query))) served++;
    expect(served).toBeGreaterThanOrEqual(9);
  });
});

test('the shards of a job follow behind its place one after another, and its flow pays for all but the first', async () => {
  await database.transaction(async (query) => {
    const [job, other] = await jobsOf(query, 2);
    await queue(query, job);
    await queue(query, other);
    await query(`UPDATE attune.job_stages SET status = 'done' WHERE job_id = $1`, [job!.id]);
    const shards = [0, 1, 2].map((shard) => ({ stage: 'transform', shard }));
    for (const { stage, shard } of shards)
      await query(
        `INSERT INTO attune.job_stages (tenant_id, job_id, stage, shard, position, service, status) VALUES ($1, $2, $3, $4, 2, 'harmonizer', 'ready')`,
        [job!.tenant_id, job!.id, stage, shard],
      );
    const virtualTime = async () => Number((await query<{ at: string }>(`SELECT virtual_time AS at FROM attune.tenant_flow`))[0]!.at);
    const before = await virtualTime();
    await keepFairPlace(query, job!.id, shards);
    const cost = SHARD_COST / 4;
    const placed = await query<{ at: string }>(`SELECT fair_at AS at FROM attune.job_stages WHERE stage = 'transform' ORDER BY shard`);
    const places = placed.map(({ at }) => Number(at));
    expect(places).toEqual([cost, 2 * cost, 3 * cost]); // the first is where the smallest place in flight is, that of the other job
    expect((await virtualTime()) - before).toBe(2 * cost);
  });
});

test('a place is found by index however long the queue is', async () => {
  const [first] = await jobsOf(database.query.bind(database), 5_000);
  await database.query(`UPDATE attune.job_stages SET status = 'ready', fair_at = abs(hashtext(job_id::text))`);
  await database.query(`ANALYZE attune.job_stages`);
  const plan = await database.query<Record<string, unknown>>(
    `EXPLAIN (FORMAT JSON) ${floorOf(`NOT (job_id = '${first!.id}' AND stage = 'inspect' AND shard = 0)`)}`,
  );
  const text = JSON.stringify(plan);
  expect(text).toContain('idx_job_stages_claim');
  expect(text).not.toMatch(/"Node Type":"(Aggregate|Seq Scan)","Parent Relationship":"[^"]*"[^}]*"Relation Name":"job_stages"/);
});

test('a claim looks at a few rows and the count of lost jobs at each once, however many jobs came since the statistics were made', async () => {
  const query: Query = (...asked) => database.query(...asked);
  await query(`ALTER TABLE attune.jobs DISABLE TRIGGER USER`);
  await query(`ALTER TABLE attune.jobs SET (autovacuum_enabled = off)`);
  await query(`ALTER TABLE attune.job_stages SET (autovacuum_enabled = off)`);
  await jobsOf(query, 3_000);
  await query(`UPDATE attune.job_stages SET status = 'done'`);
  await query(`UPDATE attune.jobs SET status = 'completed', completed_at = now()`);
  await query('VACUUM ANALYZE attune.jobs, attune.job_stages');
  for (const priority of ['interactive', 'bulk'] as const)
    await database.transaction(async (within) => {
      for (const job of (await jobsOf(within, 500, priority)).reverse()) await queue(within, job); // the last one made is the first in line
    });
  const claim = NEXT.text.replace('$1', `'validator'`).replace('$2', 'true');
  await taken(claim); // meets the index entries that became dead while places were given, and marks them
  const claimed = await taken(claim);
  expect(claimed.rows).toBe(1);
  expect(claimed.pages).toBeLessThan(25);
  const lost = await taken(LOST_JOBS);
  expect(lost.rows).toBe(0);
  expect(lost.pages).toBeLessThan(2_000);
});

describe('F41 the bound below which no place is looked for', () => {
  const query: Query = (...asked) => database.query(...asked);
  const bound = async (): Promise<number> => Number((await query<{ at: string }>(`SELECT ${FAIR_BOUND} AS at`))[0]!.at);
  /** As if the last look had been so long ago. */
  const later = (seconds: number) => query(`UPDATE attune.fair_floor SET seen_at = seen_at - $1 * interval '1 second'`, [seconds]);

  test('a transaction that stays open does not make the first place dearer to find', async () => {
    const open = await Database.open(fresh.url);
    let end = (): void => undefined;
    const done = open.transaction(async (pinned) => {
      await pinned(`SET TRANSACTION ISOLATION LEVEL REPEATABLE READ`);
      await pinned(`SELECT count(*) FROM attune.jobs`);
      await new Promise<void>((resolve) => (end = resolve));
    });
    const jobs = await jobsOf(query, 400);
    await database.transaction(async (within) => {
      for (const job of jobs) await queue(within, job);
    });
    await query(`UPDATE attune.job_stages SET status = 'running'`);
    await query(`UPDATE attune.job_stages SET status = 'done'`);
    const [last] = await jobsOf(query, 1);
    await queue(query, last);
    for (let look = 0; look < 3; look++) {
      await moveFairBound(query);
      await later(10);
    }
    expect((await taken(floorOf('true'))).pages).toBeGreaterThan(400);
    expect((await taken(floorOf(`fair_at >= ${FAIR_BOUND}`))).pages).toBeLessThan(40);
    end();
    await done;
    await open.close();
  });

  test('it stays behind what was seen ten seconds ago, so that places that are being given are above it', async () => {
    const [first, second, third] = await jobsOf(query, 3);
    await queue(query, first);
    await moveFairBound(query);
    await queue(query, second);
    await queue(query, third);
    await serve(query);
    await later(9);
    await moveFairBound(query);
    expect(await bound()).toBe(0);
    await later(1);
    await moveFairBound(query);
    expect(await bound()).toBe(0); // where the first one was, ten seconds ago
    await later(10);
    await moveFairBound(query);
    expect(await bound()).toBeGreaterThan(0);
  });

  test('a place below it is found: it goes down at once', async () => {
    const [first, lost] = await jobsOf(query, 2);
    await queue(query, first);
    await query(`UPDATE attune.job_stages SET fair_at = 5000 WHERE job_id = $1`, [first!.id]);
    for (let look = 0; look < 2; look++) {
      await moveFairBound(query);
      await later(10);
    }
    expect(await bound()).toBe(5000);
    await query(`UPDATE attune.job_stages SET status = 'ready', fair_at = 7 WHERE job_id = $1`, [lost!.id]);
    await query(`UPDATE attune.fair_floor SET seen_at = now()`);
    await moveFairBound(query);
    expect(await bound()).toBe(7);
  });

  test('without a row, as after a crash of the database, every place is looked at', async () => {
    const [job] = await jobsOf(query, 1);
    await queue(query, job);
    await query(`UPDATE attune.job_stages SET fair_at = 5 WHERE job_id = $1`, [job!.id]);
    await query(`DELETE FROM attune.fair_floor`);
    expect(await query(floorOf(`fair_at >= ${FAIR_BOUND}`))).toEqual([{ at: '5' }]);
  });
});

/** Leaves nothing of one example to the next. */
class Rollback extends Error {}

function onlyRollback(error: unknown): void {
  if (!(error instanceof Rollback)) throw error;
}
