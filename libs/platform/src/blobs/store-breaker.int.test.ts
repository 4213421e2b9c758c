import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { S3Double } from '@attune/testing';
import { S3Blobs } from './s3-blobs.js';
import { PATIENCE } from './s3-bucket.js';
import { type CircuitStanding, StoreBreaker, StoreOutage } from './store-breaker.js';

const OPEN_MS = 200;
const keyOf = (sha256: string): string => `tenants/t/blobs/${sha256}`;

let double: S3Double;
let breaker: StoreBreaker;
let blobs: S3Blobs;
let standings: CircuitStanding[];

beforeEach(async () => {
  double = await S3Double.start();
  breaker = new StoreBreaker(OPEN_MS);
  standings = [];
  breaker.onChange((standing) => standings.push(standing));
  const { name: bucket, region, endpoint, credentials } = double;
  blobs = new S3Blobs(
    { bucket, prefix: '', region, endpoint, pathStyle: true, credentials: { ...credentials, sessionToken: undefined } },
    { patience: { ...PATIENCE, answerMs: 300, stallMs: 300, tries: 1 }, breaker },
  );
});
afterEach(() => double.close());

const receive = (options = {}) => blobs.receive(Readable.from([Buffer.from('abc')]), keyOf, 1_000, options);
const read = (key: string): Promise<Buffer> => buffer(blobs.open(key));

/** Asks until the circuit is open. */
async function fail(): Promise<void> {
  for (let i = 0; i < 5; i++) await expect(receive()).rejects.toBeInstanceOf(StoreOutage);
}

const halfOpenTime = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, OPEN_MS + 20));

test.each(['error', 'slow_down', 'hang'] as const)(
  'five requests in a row that end in %s open the circuit; then the store is left alone',
  async (kind) => {
    double.faults.add({ kind });
    await fail();
    expect([breaker.standing, breaker.refuses]).toEqual(['open', true]);
    const asked = double.asked.length;
    for (const ask of [receive(), read('tenants/t/blobs/x'), blobs.probe(), blobs.remove('tenants/t/x')])
      await expect(ask).rejects.toMatchObject({ code: 'dependency_unavailable', retryable: true });
    expect(double.asked).toHaveLength(asked);
  },
);

test('one request tries the store when the time is over: it opens the circuit again, or closes it', async () => {
  double.faults.add({ kind: 'error' });
  await fail();
  await halfOpenTime();
  expect(breaker.refuses).toBe(false);
  await expect(receive()).rejects.toBeInstanceOf(StoreOutage);
  expect(breaker.refuses).toBe(true);
  await halfOpenTime();
  double.faults.clear();
  const { key } = await receive();
  expect(String(await read(key))).toBe('abc');
  expect(standings).toEqual(['open', 'half_open', 'open', 'half_open', 'closed']);
});

test('while one request tries the store, others are refused and do not wait for it', async () => {
  double.faults.add({ kind: 'hang' });
  await fail();
  await halfOpenTime();
  const asked = double.asked.length;
  const first = receive();
  await expect(Promise.race([receive(), first.catch(() => 'too late')])).rejects.toBeInstanceOf(StoreOutage);
  await expect(first).rejects.toBeInstanceOf(StoreOutage);
  expect(double.asked.length - asked).toBe(1);
});

test('a store that is gone altogether opens the circuit', async () => {
  await double.close();
  await fail();
  expect(breaker.standing).toBe('open');
  double = await S3Double.start(); // for who closes it
});

test('neither what is missing, nor a full store, nor a refusal, nor who goes away is an outage', async () => {
  for (let i = 0; i < 10; i++) await expect(read('tenants/t/blobs/missing')).rejects.toMatchObject({ code: 'artifact_corrupt' });
  double.faults.add({ kind: 'full', operations: ['PutObject'] });
  for (let i = 0; i < 10; i++) await expect(receive()).rejects.toMatchObject({ code: 'storage_full' });
  double.faults.clear();
  double.faults.add({ kind: 'hang', operations: ['PutObject', 'GetObject'] });
  for (let i = 0; i < 10; i++) {
    const gone = new AbortController();
    const receiving = receive({ signal: gone.signal });
    const reading = blobs.open('tenants/t/blobs/x').on('error', () => undefined);
    reading.read();
    setTimeout(() => {
      gone.abort(new Error('gone'));
      reading.destroy();
    }, 20);
    await expect(receiving).rejects.toThrow('gone');
  }
  expect([breaker.standing, standings]).toEqual(['closed', []]);
});

test('a success between failures keeps the circuit closed', async () => {
  for (let i = 0; i < 3; i++) {
    double.faults.add({ kind: 'error', times: 4 });
    for (let j = 0; j < 4; j++) await expect(receive()).rejects.toBeInstanceOf(StoreOutage);
    await receive();
  }
  expect(standings).toEqual([]);
});
