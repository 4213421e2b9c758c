import { type FreshDatabase, freshDatabase } from '@attune/testing';
import { Database } from '../database/database.js';
import { WindowCounter } from './window-counter.js';

let fresh: FreshDatabase;
let database: Database;

beforeEach(async () => {
  fresh = await freshDatabase();
  database = await Database.open(fresh.url);
});

afterEach(async () => {
  await database.close();
  await fresh.drop();
});

const points = async (): Promise<number[]> =>
  (await database.query<{ points: number }>('SELECT points FROM attune.rate_limits ORDER BY key')).map((row) => row.points);

test('the quota passes, to the last request, and then nothing more', async () => {
  const counter = new WindowCounter(database, 'jobs', 250);
  const standings = [];
  for (let i = 0; i < 260; i++) standings.push(await counter.take('a'));
  expect(standings.map(({ allowed }) => allowed)).toEqual(Array.from({ length: 260 }, (_, i) => i < 250));
  expect(standings.map(({ remaining }) => remaining)).toEqual(Array.from({ length: 260 }, (_, i) => Math.max(0, 249 - i)));
  for (const { resetSeconds } of standings) expect([resetSeconds >= 1, resetSeconds <= 60]).toEqual([true, true]);
  expect(counter.exhausted('a')).toMatchObject({ allowed: false, remaining: 0 });
  expect(counter.exhausted('b')).toBeUndefined();
});

test('several processes together pass the quota once, whoever asks in whatever order', async () => {
  const counters = [1, 2, 3].map(() => new WindowCounter(database, 'jobs', 1000));
  const standings = await Promise.all(Array.from({ length: 1500 }, (_, i) => counters[i % 3]!.take('a')));
  expect(standings.filter(({ allowed }) => allowed)).toHaveLength(1000);
});

test('a process asks the database once for a hundredth of the quota, and names do not share', async () => {
  const counter = new WindowCounter(database, 'api', 6000);
  for (let i = 0; i < 60; i++) await counter.take('a');
  expect(await points()).toEqual([60]);
  await counter.take('a');
  await counter.take('b');
  expect(await points()).toEqual([120, 60]);
});

test('a window that has ended is counted anew', async () => {
  const counter = new WindowCounter(database, 'jobs', 2);
  for (let i = 0; i < 3; i++) await counter.take('a');
  await database.query('UPDATE attune.rate_limits SET expire = 0');
  expect(await new WindowCounter(database, 'jobs', 2).take('a')).toMatchObject({ allowed: true, remaining: 1 });
});

test('without its table each process counts alone, and still no more than the quota', async () => {
  await database.query('DROP TABLE attune.rate_limits');
  const counter = new WindowCounter(database, 'jobs', 5);
  const standings = [];
  for (let i = 0; i < 7; i++) standings.push((await counter.take('a')).allowed);
  expect(standings).toEqual([true, true, true, true, true, false, false]);
});
