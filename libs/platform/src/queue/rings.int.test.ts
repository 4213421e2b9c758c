import { randomUUID } from 'node:crypto';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { describeRedis, type FreshDatabase, freshDatabase, TcpProxy } from '@attune/testing';
import type { Queue } from 'bullmq';
import { QUEUE_SETTINGS, queueConnection, queuePool, RingQueue } from './backend.js';
import { type ListenerParts, RingListener } from './listener.js';
import { queueName } from './queue.module.js';
import { OUTSTANDING, Rings } from './rings.js';

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

  /** A listener of this queue; it is closed after the test. */
  function listen(work: () => Promise<void>, parts: Partial<ListenerParts> = {}): RingListener {
    listener = new RingListener({
      url: urlOf(),
      service: SERVICE,
      slots: 2,
      work,
      waiting: () => rings.waiting(SERVICE),
      onRebuilt: () => undefined,
      onFailed: () => undefined,
      ...parts,
    });
    return listener;
  }

  test('rings that come while one is under way are sent together, each of them', async () => {
    let asked = 0;
    const count = queue.getWaitingCount.bind(queue);
    queue.getWaitingCount = () => (asked++, count());
    const first = rings.ring([SERVICE]);
    await until(() => asked === 1);
    await Promise.all([first, ...Array.from({ length: 49 }, () => rings.ring([SERVICE]))]);
    expect([asked, await count()]).toEqual([2, 50]);
    expect(failures).toEqual([]);
  });

  test('a ring wakes the listener within a second, and nothing of it is left in the queue', async () => {
    let woken = 0;
    listen(() => Promise.resolve(void woken++));
    await rings.ring([SERVICE], { job_id: randomUUID() });
    await until(() => woken > 0); // the listener is connected
    const rung = performance.now();
    await rings.ring([SERVICE], { job_id: randomUUID() });
    await until(() => woken > 1);
    expect(performance.now() - rung).toBeLessThan(1_000);
    await until(async () => (await queue.getJobs()).length === 0);
    expect(failures).toEqual([]);
  });

  test('nobody is rung for what a worker of this process takes, and others are where it is busy', async () => {
    let free = true;
    rings.nearby(SERVICE, () => free);
    await rings.ring([SERVICE]);
    expect(await queue.getWaitingCount()).toBe(0);
    free = false;
    await rings.ring([SERVICE]);
    expect(await queue.getWaitingCount()).toBe(1);
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
    listen(work, { slots: 1 });
    await rings.ring([SERVICE]);
    await until(() => woken === 1);
    await rings.ring([SERVICE]);
    await until(() => woken === 2);
    await until(async () => (await queue.getJobs()).length === 0);
  });

  test('a listener whose connection is half-open listens anew when work is found that rings had announced', async () => {
    const proxy = await TcpProxy.to({ port: Number(new URL(urlOf()).port) });
    let woken = 0;
    let rebuilt = 0;
    const deaf = listen(() => Promise.resolve(void woken++), {
      url: proxy.through(urlOf()),
      onRebuilt: () => rebuilt++,
      patience: { silenceMs: 100, lookMs: 20 },
    });
    await rings.ring([SERVICE]);
    await until(() => woken === 1);
    expect(proxy.strand()).toBeGreaterThan(0);
    for (let i = 0; i < 3; i++) await rings.ring([SERVICE]);
    expect([woken, rebuilt]).toEqual([1, 0]); // nobody works: the tick has found nothing
    deaf.missed();
    await until(() => woken === 4);
    expect(rebuilt).toBe(1);
    await proxy.close();
  });

  test('a listener that nobody rings for is left alone, whatever the tick finds', async () => {
    let rebuilt = 0;
    let looks = 0;
    const waiting = (): Promise<number> => (looks++, rings.waiting(SERVICE));
    const well = listen(() => Promise.resolve(), { waiting, onRebuilt: () => rebuilt++, patience: { silenceMs: 0, lookMs: 5 } });
    well.missed();
    await until(() => looks > 5);
    expect(rebuilt).toBe(0);
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

test('a session of the queue that the database ends between two statements ends no process', async () => {
  const target = await freshDatabase();
  const pool = queuePool(queueConnection(target.url) as { connectionString: string });
  pool.on('error', () => undefined);
  try {
    const [taken, other] = [await pool.connect(), await pool.connect()];
    const ended = new Promise((resolve) => taken.once('end', resolve));
    const { rows } = await taken.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    await other.query('SELECT pg_terminate_backend($1)', [rows[0]!.pid]);
    await ended;
    taken.release(true);
    expect((await other.query('SHOW search_path')).rows).toEqual([{ search_path: 'bullmq' }]);
    other.release();
  } finally {
    await pool.end();
    await target.drop();
  }
});

test('a queue and its listener that begin while the database answers nobody are there once it does, and ask only now and then before', async () => {
  const fresh = await freshDatabase();
  const proxy = await TcpProxy.to({ port: Number(new URL(fresh.url).port) });
  proxy.turn({ kind: 'refused' });
  const connection = { ...queueConnection(proxy.through(fresh.url)), connectionTimeoutMillis: 200 };
  const queue = new RingQueue(queueName(SERVICE), { connection, ...QUEUE_SETTINGS });
  let failures = 0;
  let woken = 0;
  queue.on('error', () => failures++);
  const rings = new Rings(new Map([[SERVICE, queue]]), () => failures++);
  const listener = new RingListener({
    url: proxy.through(fresh.url),
    service: SERVICE,
    slots: 2,
    work: () => Promise.resolve(void woken++),
    waiting: () => rings.waiting(SERVICE),
    onRebuilt: () => undefined,
    onFailed: () => failures++,
  });
  try {
    await rings.ring([SERVICE]);
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    expect(failures).toBeGreaterThan(1);
    expect(failures).toBeLessThan(100);
    proxy.turn({ kind: 'clear' });
    await until(async () => {
      await rings.ring([SERVICE]);
      return woken > 0;
    });
    expect(rings.healthy).toBe(true);
  } finally {
    await listener.close(true);
    await queue.close();
    await proxy.close();
    await fresh.drop();
  }
});

test('a client of the queue whose other end is gone without a word ends, and what is asked of it later fails at once', async () => {
  const fresh = await freshDatabase();
  const proxy = await TcpProxy.to({ port: Number(new URL(fresh.url).port) });
  const pool = queuePool({ ...queueConnection(proxy.through(fresh.url)), query_timeout: 200 });
  try {
    const client = await pool.connect();
    const ended = new Promise((resolve) => client.once('end', resolve));
    proxy.strand();
    await expect(client.query('SELECT 1')).rejects.toThrow('Query read timeout');
    await ended;
    const asked = performance.now();
    await expect(client.query('SELECT 1')).rejects.toThrow('not queryable');
    expect(performance.now() - asked).toBeLessThan(100);
    client.release(true);
  } finally {
    await pool.end();
    await proxy.close();
    await fresh.drop();
  }
});
