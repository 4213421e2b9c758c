import { type FreshDatabase, freshDatabase, TcpProxy } from '@attune/testing';
import { pino } from 'pino';
import { Database } from '../database/database.js';
import { submitSample } from '../database/sample-job.fixture.js';
import { Doorbell } from './doorbell.js';

let fresh: FreshDatabase;
let direct: Database;
let proxy: TcpProxy;
let database: Database;

beforeEach(async () => {
  fresh = await freshDatabase();
  direct = await Database.open(fresh.url);
  proxy = await TcpProxy.to({ port: Number(new URL(fresh.url).port) });
  database = await Database.open(proxy.through(fresh.url), 2, { everyMs: 200, patienceMs: 100, silenceMs: 10_000 });
});

afterEach(async () => {
  await proxy.close();
  await database.close().catch(() => undefined); // its pool was left half-open
  await direct.close();
  await fresh.drop();
});

/** Writes lines into the history of the job until the bell rings. */
async function untilRung(jobId: string, rings: () => number): Promise<void> {
  const before = rings();
  const patience = performance.now() + 15_000;
  while (rings() === before) {
    if (performance.now() > patience) throw new Error('nobody rang');
    await direct.query(`SELECT pg_notify('attune_job_events', $1)`, [jobId]);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

test('a listener whose connection is half-open listens anew, although neither end was told', async () => {
  const { jobId } = await submitSample(direct);
  const bell = new Doorbell(database, pino({ level: 'silent' }));
  let rung = 0;
  bell.listen(jobId, () => rung++);
  await untilRung(jobId, () => rung);
  expect(proxy.strand()).toBeGreaterThan(0);
  await untilRung(jobId, () => rung);
  await bell.close();
});

test('a leader whose connection is half-open is told that it leads no longer', async () => {
  const lost = new Promise<void>((resolve) => void database.hold(1, resolve));
  await expectHeld(direct, 1);
  proxy.strand();
  await lost;
});

async function expectHeld(by: Database, lock: number): Promise<void> {
  for (;;) {
    const [row] = await by.query<{ held: boolean }>(
      `SELECT count(*) > 0 AS held FROM pg_locks WHERE locktype = 'advisory' AND objid = $1 AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
      [lock],
    );
    if (row!.held) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
