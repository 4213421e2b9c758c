import { type FreshDatabase, freshDatabase, TcpProxy } from '@attune/testing';
import { Database } from './database.js';

let fresh: FreshDatabase;
let database: Database;

beforeEach(async () => {
  fresh = await freshDatabase();
  database = await Database.open(fresh.url, 4);
  await database.query(`CREATE TABLE things (id integer PRIMARY KEY, n integer NOT NULL DEFAULT 0)`);
  await database.query(`INSERT INTO things SELECT generate_series(1, 2)`);
});

afterEach(async () => {
  await database.close();
  await fresh.drop();
});

const counts = async (): Promise<number[]> => (await database.query<{ n: number }>('SELECT n FROM things ORDER BY id')).map(({ n }) => n);

test('two transactions that wait for each other both come to their end', async () => {
  let both = (): void => undefined;
  const bothHold = new Promise<void>((resolve) => (both = resolve));
  let holding = 0;
  const raise = (first: number, second: number): Promise<void> =>
    database.transaction(async (query) => {
      await query('UPDATE things SET n = n + 1 WHERE id = $1', [first]);
      if (++holding === 2) both();
      await bothHold;
      await query('UPDATE things SET n = n + 1 WHERE id = $1', [second]);
    });
  await Promise.all([raise(1, 2), raise(2, 1)]);
  expect(await counts()).toEqual([2, 2]);
  expect(holding).toBe(3); // one of them began again
});

test('a serialization failure is tried again, and nothing is done twice', async () => {
  await database.query(`CREATE SEQUENCE tries`);
  // A sequence is not rolled back: the third try passes.
  await database.query(
    `CREATE FUNCTION fail_twice() RETURNS void LANGUAGE plpgsql AS $$
     BEGIN IF nextval('tries') < 3 THEN RAISE EXCEPTION 'planted' USING ERRCODE = '40001'; END IF; END $$`,
  );
  await database.transaction(async (query) => {
    await query('UPDATE things SET n = n + 1');
    await query('SELECT fail_twice()');
  });
  expect(await counts()).toEqual([1, 1]);
});

test.each([
  ['a deadlock that comes every time', '40P01'],
  ['a full disk', '53100'],
  ['a want of memory', '53200'],
  ['a disk that cannot be written', '58030'],
])('%s is told as a dependency that is away', async (_, code) => {
  await database.query(
    `CREATE FUNCTION fail() RETURNS void LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'planted' USING ERRCODE = '${code}'; END $$`,
  );
  await expect(database.query('SELECT fail()')).rejects.toMatchObject({ code: 'dependency_unavailable', status: 503, retryable: true });
});

test('with every connection taken a request is told to come back, and the pool serves again as soon as one is free', async () => {
  let free = (): void => undefined;
  const freed = new Promise<void>((resolve) => (free = resolve));
  let taken = 0;
  const all = Array.from({ length: 4 }, () =>
    database.transaction(async (query) => {
      await query('SELECT 1');
      taken++;
      await freed;
    }),
  );
  const patience = performance.now() + 10_000;
  while (taken < 4 && performance.now() < patience) await new Promise((resolve) => setTimeout(resolve, 5));
  const late = await Promise.allSettled(Array.from({ length: 20 }, () => database.query('SELECT 1')));
  expect(late.map(({ status }) => status)).toEqual(late.map(() => 'rejected'));
  for (const refused of late) expect(refused).toMatchObject({ reason: { code: 'dependency_unavailable', status: 503, retryable: true } });
  free();
  await Promise.all(all);
  expect(await database.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
});

test('a session of the pool waits neither for a lock nor for itself without end', async () => {
  const [settings] = await database.query(
    `SELECT current_setting('statement_timeout') AS statement, current_setting('lock_timeout') AS lock,
       current_setting('idle_in_transaction_session_timeout') AS idle`,
  );
  expect(settings).toEqual({ statement: '15s', lock: '3s', idle: '30s' });
});

describe('a session whose other end is gone without a word', () => {
  const SOON = { everyMs: 200, patienceMs: 2_000, silenceMs: 300 };
  let proxy: TcpProxy;
  let distant: Database;

  beforeEach(async () => {
    proxy = await TcpProxy.to({ port: Number(new URL(fresh.url).port) });
    distant = await Database.open(proxy.through(fresh.url), 1, SOON);
  });
  afterEach(async () => {
    await distant.close();
    await proxy.close();
  });

  test('is given up on, and what was asked of it fails as passing', async () => {
    proxy.strand();
    await expect(distant.query('SELECT 1')).rejects.toMatchObject({ code: 'dependency_unavailable' });
    expect(await distant.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  test('in the middle of a transaction is given up on, nothing of which is kept', async () => {
    const half = distant.transaction(async (query) => {
      await query('UPDATE things SET n = 7 WHERE id = 1');
      proxy.strand();
      await query('UPDATE things SET n = 7 WHERE id = 2');
    });
    await expect(half).rejects.toMatchObject({ code: 'dependency_unavailable' });
    await database.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE state = 'idle in transaction' AND datname = current_database()`,
    );
    expect(await counts()).toEqual([0, 0]);
    await distant.query('UPDATE things SET n = 1 WHERE id = 1');
    expect(await counts()).toEqual([1, 0]);
  });

  test('in the middle of a COPY is given up on, and one whose rows are slow to come is not', async () => {
    const load = (pauseMs: number, onRow: (row: number) => void): Promise<number> =>
      distant.transaction((_query, copy) =>
        copy(
          'COPY things FROM STDIN (FORMAT csv)',
          (async function* () {
            for (let row = 10; row < 14; row++) {
              await new Promise((resolve) => setTimeout(resolve, pauseMs));
              onRow(row);
              yield Buffer.from(`${row},0\n`);
            }
          })(),
        ),
      );
    expect(await load(500, () => undefined)).toBe(4);
    await database.query('DELETE FROM things WHERE id >= 10');
    await expect(load(1, (row) => void (row === 12 && proxy.strand()))).rejects.toMatchObject({ code: 'dependency_unavailable' });
  });

  test('is told from one that is at work for long', async () => {
    expect(await distant.query('SELECT 1 AS one FROM pg_sleep(1.5)')).toEqual([{ one: 1 }]);
  });
});
