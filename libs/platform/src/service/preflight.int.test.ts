import { describeRedis, type FreshDatabase, freshDatabase } from '@attune/testing';
import { Redis } from 'ioredis';
import { Database } from '../database/database.js';
import { createLogger } from '../telemetry/logger.js';
import { type Checkup, preflight, refuseUnfit } from './preflight.js';

const NO_REDIS = 'redis://127.0.0.1:1';
let fresh: FreshDatabase;
let database: Database;

beforeEach(async () => {
  fresh = await freshDatabase();
  database = await Database.open(fresh.url, 2);
});

afterEach(async () => {
  await database.close();
  await fresh.drop();
});

const states = (checkups: readonly Checkup[]): Record<string, string> =>
  Object.fromEntries(checkups.map(({ what, state }) => [what, state]));
const refusal =
  (checkups: readonly Checkup[]): (() => void) =>
  () =>
    refuseUnfit(checkups, createLogger('fatal', 'test'));

test('a migrated database with a clock like ours is fit; that it does not write through is said', async () => {
  const found = await preflight(database, fresh.url);
  // The server of the tests is started without fsync.
  expect(states(found)).toEqual({ 'database version': 'ok', 'database durability': 'warn', 'database schema': 'ok', clock: 'ok' });
  expect(refusal(found)).not.toThrow();
});

test('a database that lacks a migration is refused with what to do, and one that has had a later one is not', async () => {
  await database.query("INSERT INTO attune.migrations (timestamp, name) VALUES (9999999999999, 'Later9999999999999')");
  expect(states(await preflight(database, fresh.url))['database schema']).toBe('ok');
  await database.query('DELETE FROM attune.migrations WHERE id = (SELECT min(id) FROM attune.migrations)');
  expect(refusal(await preflight(database, fresh.url))).toThrow('attune migrate');
});

test('a database that nobody has migrated is refused', async () => {
  await database.query('DROP SCHEMA attune CASCADE');
  expect(states(await preflight(database, fresh.url))['database schema']).toBe('fail');
});

test('a queue that does not answer keeps nobody from starting', async () => {
  const found = await preflight(database, NO_REDIS);
  expect(states(found)['queue']).toBe('warn');
  expect(refusal(found)).not.toThrow();
});

describeRedis('with the queue in Redis', (redisUrl) => {
  test('one that may evict what waits in it is refused', async () => {
    const redis = new Redis(redisUrl);
    try {
      expect(states(await preflight(database, redisUrl))['queue']).toBe('ok');
      // Without a limit of its memory it evicts nothing yet, so that other tests are not disturbed.
      await redis.config('SET', 'maxmemory-policy', 'allkeys-lru');
      expect(refusal(await preflight(database, redisUrl))).toThrow('noeviction');
    } finally {
      await redis.config('SET', 'maxmemory-policy', 'noeviction');
      redis.disconnect();
    }
  });
});
