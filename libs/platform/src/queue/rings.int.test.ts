import { randomUUID } from 'node:crypto';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { describeRedis, type FreshDatabase, freshDatabase } from '@attune/testing';
import type { Queue } from 'bullmq';
import { QUEUE_SETTINGS, queueConnection, RingQueue } from './backend.js';
import { RingListener } from './listener.js';
import { queueName } from './queue.module.js';
import { OUTSTANDING, Rings } from './rings.js';

jest.setTimeout(30_000);

const SERVICE = 'validator' as const;

/** What rings must do on every backend. */
function ringsKeepTheirPromises(urlOf: () => string): void {
  let queue: Queue;
  let rings: Rings;
  let failures: string[];
  let listener: RingListener | undefined;

  beforeEach(async () => {
    failures = [];
    queue = new RingQueue(queueName(SERVICE), { connection: queueConnection(urlOf()), ...QUEUE_SETTINGS });
    queue.on('error', () => undefined);
    await queue.drain();
    rings = new Rings(new Map([[SERVICE, queue]]), (what) => failures.push(what));
  });

  afterEach(async () => {
    await listener?.close(true);
    listener = undefined;
    await queue.close();
  });

  test('a ring wakes the listener within a second, and nothing of it is left in the queue', async () => {
    let woken = 0;
    listener = new RingListener(
      urlOf(),
      SERVICE,
      2,
      () => Promise.resolve(void woken++),
      () => undefined,
    );
    await rings.ring([SERVICE], { job_id: randomUUID() });
    await until(() => woken > 0); // the listener is connected
    const rung = performance.now();
    await rings.ring([SERVICE], { job_id: randomUUID() });
    await until(() => woken > 1);
    expect(performance.now() - rung).toBeLessThan(1_000);
    await until(async () => (await queue.getJobs()).length === 0);
    expect(failures).toEqual([]);
  });

  test('rings that nobody answers are bounded', async () => {
    for (let i = 0; i < OUTSTANDING + 20; i++) await rings.ring([SERVICE]);
    expect(await queue.getWaitingCount()).toBe(OUTSTANDING);
  });

  test('a ticket of more than 4096 bytes is refused, and the caller does not notice', async () => {
    await rings.ring([SERVICE], { job_id: 'x'.repeat(5_000) });
    expect(failures).toEqual(['queue']);
    expect(await queue.getWaitingCount()).toBe(0);
    await rings.ring([SERVICE], { job_id: randomUUID() });
    expect(await queue.getWaitingCount()).toBe(1);
  });

  test('a listener whose work fails leaves nothing behind and goes on', async () => {
    let woken = 0;
    const work = () => (woken++ === 0 ? Promise.reject(new Error('planted')) : Promise.resolve());
    listener = new RingListener(urlOf(), SERVICE, 1, work, () => undefined);
    await rings.ring([SERVICE]);
    await until(() => woken === 1);
    await rings.ring([SERVICE]);
    await until(() => woken === 2);
    await until(async () => (await queue.getJobs()).length === 0);
  });
}

describe('rings on Postgres', () => {
  let fresh: FreshDatabase;
  beforeAll(async () => void (fresh = await freshDatabase()));
  afterAll(() => fresh.drop());
  ringsKeepTheirPromises(() => fresh.url);
});

describeRedis('rings on Redis', (url) => ringsKeepTheirPromises(() => `${url}/7`));

/** A way to a server that the test can close and open again. */
async function gate(target: URL): Promise<{ url: string; shut(): void; open(): void; close(): void }> {
  const sockets = new Set<Socket>();
  let shut = false;
  const server = createServer((inward) => {
    if (shut) return void inward.destroy();
    const outward = connect(Number(target.port), target.hostname);
    for (const socket of [inward, outward]) {
      sockets.add(socket);
      socket.on('error', () => undefined).on('close', () => (inward.destroy(), outward.destroy()));
    }
    inward.pipe(outward).pipe(inward);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cut = () => sockets.forEach((socket) => socket.destroy());
  return {
    url: Object.assign(new URL(target), { port: String((server.address() as AddressInfo).port) }).href,
    shut: () => ((shut = true), cut()),
    open: () => (shut = false),
    close: () => (server.close(), cut()),
  };
}

async function ringsWithoutServer(address: string): Promise<void> {
  const target = await gate(new URL(address));
  const failures: string[] = [];
  const queue = new RingQueue(queueName(SERVICE), { connection: queueConnection(target.url), ...QUEUE_SETTINGS });
  queue.on('error', () => undefined);
  const rings = new Rings(new Map([[SERVICE, queue as Queue]]), (what) => failures.push(what));
  await rings.ring([SERVICE]);
  expect(rings.healthy).toBe(true);
  target.shut();
  const rung = performance.now();
  for (let i = 0; i < 20; i++) await rings.ring([SERVICE]);
  expect(performance.now() - rung).toBeLessThan(3_000);
  expect(rings.healthy).toBe(false);
  expect(failures).toContain('queue');
  target.open();
  await until(() => rings.probe().then(() => rings.healthy));
  await queue.close();
  target.close();
}

test('with Postgres down a ring neither fails nor lasts, tells that it is unhealthy, and recovers', async () => {
  const fresh = await freshDatabase();
  await ringsWithoutServer(fresh.url);
  await fresh.drop();
});

describeRedis('with Redis down', (url) => {
  test('a ring neither fails nor lasts, tells that it is unhealthy, and recovers', () => ringsWithoutServer(`${url}/8`));
});

/** Waits for a fact. */
async function until(fact: () => boolean | Promise<boolean>): Promise<void> {
  const patience = performance.now() + 10_000;
  while (!(await fact())) {
    if (performance.now() > patience) throw new Error('the fact did not come about');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
