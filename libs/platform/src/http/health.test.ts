import type { BlobStore } from '../blobs/blob-store.js';
import type { Database } from '../database/database.js';
import type { Rings } from '../queue/rings.js';
import { Metrics } from '../telemetry/metrics.js';
import { HealthChecks } from './health.js';

let storageAnswers: boolean;
let queueAnswers: boolean;
let health: HealthChecks;

beforeEach(() => {
  jest.useFakeTimers();
  [storageAnswers, queueAnswers] = [true, true];
  const database = { query: () => Promise.resolve([]) } as unknown as Database;
  const blobs = { probe: () => (storageAnswers ? Promise.resolve() : Promise.reject(new Error('gone'))) } as unknown as BlobStore;
  const rings = { probe: () => Promise.resolve(), get healthy() { return queueAnswers; } } as unknown as Rings; // prettier-ignore
  health = new HealthChecks(database, blobs, rings, new Metrics());
});
afterEach(() => jest.useRealTimers());

/** What a probe each second is told. */
async function probed(seconds: number): Promise<boolean[]> {
  const told: boolean[] = [];
  for (let second = 0; second < seconds; second++) {
    told.push((await health.ready()).ready);
    jest.advanceTimersByTime(1_001);
  }
  return told;
}

test('what is seen first is believed at once', async () => {
  storageAnswers = false;
  expect(await probed(1)).toEqual([false]);
});

test('a stumble of a dependency takes no process out, a lasting outage does, and an end of it has to last', async () => {
  expect(await probed(2)).toEqual([true, true]);
  storageAnswers = false;
  expect(await probed(2)).toEqual([true, true]);
  storageAnswers = true;
  expect(await probed(2)).toEqual([true, true]);
  storageAnswers = false;
  expect(await probed(5)).toEqual([true, true, true, false, false]);
  storageAnswers = true;
  expect(await probed(1)).toEqual([false]);
  storageAnswers = false;
  expect(await probed(1)).toEqual([false]);
  storageAnswers = true;
  expect(await probed(4)).toEqual([false, false, true, true]);
});

test('a queue that is away costs no readiness: jobs go on by the tick', async () => {
  await probed(1);
  queueAnswers = false;
  expect(await probed(6)).toEqual(Array(6).fill(true));
  expect((await health.read()).status).toBe('degraded');
});

test('who drains is not ready at once, and says so to whoever asked to know', async () => {
  await probed(1);
  const told = jest.fn();
  health.onDrain(told);
  health.drain();
  expect(told).toHaveBeenCalledTimes(1);
  expect(await probed(1)).toEqual([false]);
});
