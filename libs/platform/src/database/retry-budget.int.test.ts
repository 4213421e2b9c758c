import { ERROR_KINDS, type ErrorCode } from '@attune/core';
import { type FreshDatabase, freshDatabase } from '@attune/testing';
import { Database } from './database.js';
import { FLOOR, LONGEST_MS, takeRetry } from './retry-budget.js';
import { submitSample } from './sample-job.fixture.js';
import { type Claim, StagesRepository } from './stages.repository.js';

const IN_FLIGHT = 300;
const SESSIONS = 10;

let fresh: FreshDatabase;
let database: Database;
let stages: StagesRepository;

beforeEach(async () => {
  fresh = await freshDatabase();
  database = await Database.open(fresh.url, SESSIONS);
  stages = new StagesRepository(database);
});

afterEach(async () => {
  await database.close();
  await fresh.drop();
});

/** Claims of so many jobs, each at its first try. */
async function inFlight(count: number): Promise<Claim[]> {
  for (let i = 0; i < count; i++) await submitSample(database);
  const claims: Claim[] = [];
  for (let found = await stages.claim('validator', 'w'); found; found = await stages.claim('validator', 'w')) claims.push(found);
  expect(claims).toHaveLength(count);
  return claims;
}

const fail = (claim: Claim, code: ErrorCode, jitter = 0) =>
  stages.fail(claim, { class: ERROR_KINDS[code].class, code, detail: 'planted' }, jitter);

/** Seconds from `since` until each stage that is tried again may be claimed, in order; without `since` from now, and 0 where it is due. */
async function waits(since?: Date): Promise<number[]> {
  const rows = await database.query<{ s: number }>(
    `SELECT extract(epoch from next_run_at - coalesce($1, now()))::float8 AS s FROM attune.job_stages
     WHERE status = 'ready' AND attempt > 0 ORDER BY 1`,
    [since ?? null],
  );
  return rows.map(({ s }) => (since ? s : Math.max(0, s)));
}

test('F68 when hundreds in flight fail at once their retries come one by one within the budget, from whichever worker, and none is lost', async () => {
  const claims = await inFlight(IN_FLIGHT);
  // On a busy machine the first claims would no longer be of the last minute, which is what the budget is a share of.
  const [first] = await database.query<{ started_at: Date }>('UPDATE attune.attempts SET started_at = now() RETURNING started_at');
  // As many at once as there are sessions: who waits longer than 5 s for one is told so, and a busy machine needs that long for all.
  const rest = claims.values();
  const lane = async (): Promise<void> => {
    for (const claim of rest) await fail(claim, 'dependency_unavailable', Math.random());
  };
  await Promise.all(Array.from({ length: SESSIONS }, lane));
  // Counted from the first failure: however long the failing itself takes, a minute has its budget.
  const seconds = await waits(first!.started_at);
  expect(seconds).toHaveLength(IN_FLIGHT);
  const budget = Math.max(FLOOR, 0.1 * IN_FLIGHT);
  for (let minute = 1; minute < 15; minute++) {
    const within = seconds.filter((s) => s >= 60 * (minute - 1) && s < 60 * minute).length;
    expect(within).toBeLessThanOrEqual(budget + FLOOR + 1);
  }
  expect((await waits()).at(-1)).toBeLessThanOrEqual(LONGEST_MS / 1000);
  // Not everything is put off to one late moment either.
  expect(seconds.filter((s) => s < 300).length).toBeGreaterThan(IN_FLIGHT / 3);
});

test('a quiet system tries again at once', async () => {
  const claims = await inFlight(FLOOR);
  for (const claim of claims) await fail(claim, 'dependency_unavailable');
  expect(Math.max(...(await waits()))).toBe(0);
});

test('one dependency does not use up the budget of another, and what is no outage uses up none', async () => {
  const claims = await inFlight(FLOOR + 2);
  for (let i = 0; i < 5 * FLOOR; i++) await database.transaction((query) => takeRetry(query, 'overloaded', 0));
  for (let i = 0; i < FLOOR; i++) await fail(claims[i]!, i % 2 === 0 ? 'engine.failed' : 'storage_full');
  await fail(claims[FLOOR]!, 'dependency_unavailable');
  await fail(claims[FLOOR + 1]!, 'overloaded');
  const seconds = await waits();
  expect(seconds.slice(0, -1).every((s) => s === 0)).toBe(true);
  expect(seconds.at(-1)).toBeGreaterThan(60);
});

test('who finds the line too long comes within the longest wait, spread over its second half', async () => {
  const waited: number[] = [];
  for (let i = 0; i < 20 * FLOOR; i++) waited.push(await database.transaction((query) => takeRetry(query, 'd', i / (20 * FLOOR))));
  expect(Math.max(...waited)).toBeLessThanOrEqual(LONGEST_MS);
  const late = waited.slice(-FLOOR);
  expect(Math.min(...late)).toBeGreaterThanOrEqual(LONGEST_MS / 2);
  expect(new Set(late).size).toBe(FLOOR);
});
