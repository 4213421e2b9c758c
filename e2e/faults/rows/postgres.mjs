import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { every, p95, progress } from './signs.mjs';
import { fill, mount, needsMount, unmount } from './small-disk.mjs';

const row = (id, fault, run, more = {}) => ({ id, fault, flow: true, run, ...more });

/** No process of ours may end because its database has. */
function stayed({ bed, expect }, before) {
  const names = bed.ends.slice(before).map(({ name }) => name);
  expect(names.length === 0, `${names.join(', ')} ended with the database`);
}

export const postgres = [
  row('F37', 'immediate restart of Postgres', async (at) => {
    const before = at.bed.ends.length;
    await pause(1_000);
    await at.bed.crashDatabase(() => pause(1_000));
    await progress(at, 10_000, 'after Postgres was up');
    stayed(at, before);
  }),
  row('F38', 'every session of the database is ended each second', async (at) => {
    const { bed, span } = at;
    const before = bed.ends.length;
    await every(1_000, span('sessions of the database are ended'), () =>
      bed.rows(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = 'attune' AND pid <> pg_backend_pid() AND application_name <> 'faults' AND backend_type = 'client backend'`,
      ),
    );
    await progress(at, 5_000, 'after the last session was ended');
    stayed(at, before);
  }),
  row('F39', 'all connections of the database are taken', async (at) => {
    const { bed, span } = at;
    const before = bed.ends.length;
    const taken = await takeAll(bed);
    await pause(span('all connections of the database are taken'));
    await Promise.all(taken.map((client) => client.end()));
    at.note('connections taken', taken.length);
    await progress(at, 5_000, 'after the connections were free');
    stayed(at, before);
  }),
  row(
    'F40',
    'the disk of Postgres is full',
    async (at) => {
      const { bed, load, span, note, expect } = at;
      const before = bed.ends.length;
      const folder = path.join(bed.deployment.dataDir, 'postgres');
      await bed.crashDatabase(async () => ontoSmallDisk(folder));
      const [tenant] = load.tenants;
      const { id } = await load.submit(tenant);
      const free = fill(folder);
      const submits = [];
      const reads = [];
      await every(200, span('the disk of Postgres is full'), async () => {
        submits.push((await load.offer(tenant)).status);
        reads.push((await load.send(`${bed.deployment.url}/api/v1/jobs/${id}`, { headers: tenant.headers })).status);
      });
      free();
      // It gives up where it cannot write its log any more, and is started again as any other process.
      if (!bed.isDatabaseAlive()) await bed.crashDatabase();
      await progress(at, 10_000, 'after there was space');
      note('refused', submits.filter((status) => status === 503).length);
      note('read meanwhile', reads.filter((status) => status === 200).length);
      expect(submits.includes(503), `submissions were answered ${[...new Set(submits)].join(', ')}`);
      expect(reads.includes(200), `reads were answered ${[...new Set(reads)].join(', ')}`);
      const others = [...submits, ...reads].filter((status) => ![200, 202, 503].includes(status));
      expect(others.length === 0, `answers were ${[...new Set(others)].join(', ')}`);
      await bed.crashDatabase(async () => offSmallDisk(folder));
      await progress(at, 10_000, 'on the large disk');
      stayed(at, before);
    },
    { needs: needsMount },
  ),
  row('F41', 'a long transaction keeps old rows', async (at) => {
    const { bed, load, span, note, expect, bound } = at;
    const waits = async () => {
      const [{ now }] = await bed.rows('SELECT now()');
      for (let i = 0; i < 5; i++) await load.ended((await load.submit()).id);
      const rows = await bed.rows(
        `SELECT (extract(epoch from a.started_at - j.created_at) * 1000)::float8 AS wait FROM attune.jobs j
         JOIN attune.attempts a ON a.job_id = j.id AND a.stage = 'inspect' AND a.epoch = 1 WHERE j.created_at > $1`,
        [now],
      );
      return p95(rows.map(({ wait }) => wait));
    };
    const baseline = await waits();
    const client = new pg.Client({ connectionString: bed.deployment.databaseUrl, application_name: 'faults' });
    await client.connect();
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
    await client.query('SELECT count(*) FROM attune.jobs');
    await pause(span('a transaction stays open'));
    const pinned = await waits();
    await client.query('ROLLBACK');
    await client.end();
    note('start p95 ms before', baseline);
    note('start p95 ms meanwhile', pinned);
    // Of a few jobs one tick more or less is no trend.
    expect(pinned <= 2 * baseline + bound(1_000), `jobs started after ${pinned} ms (p95), before after ${baseline} ms`);
  }),
  row('F42', '5 % of all writes end with a serialization failure or a deadlock', async (at) => {
    const { bed, span } = at;
    await bed.rows(`CREATE FUNCTION public.chaos() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      IF random() < 0.025 THEN RAISE EXCEPTION 'chaos' USING ERRCODE = 'serialization_failure'; END IF;
      IF random() < 0.025 THEN RAISE EXCEPTION 'chaos' USING ERRCODE = 'deadlock_detected'; END IF;
      RETURN NEW; END $$`);
    const tables = ['jobs', 'job_stages', 'artifacts'];
    for (const table of tables)
      await bed.rows(`CREATE TRIGGER chaos BEFORE INSERT OR UPDATE ON attune.${table} FOR EACH ROW EXECUTE FUNCTION public.chaos()`);
    await pause(span('errors of serialization'));
    for (const table of tables) await bed.rows(`DROP TRIGGER chaos ON attune.${table}`);
    await bed.rows('DROP FUNCTION public.chaos()');
    await progress(at, 5_000, 'after the errors');
  }),
  row('F43', 'half-open connections to Postgres', async (at) => {
    const { bed, bound, expect, note } = at;
    const lines = bed.lines(/-0>postgres$/);
    for (const proxy of lines) proxy.strand();
    const began = Date.now();
    while (Date.now() - began < bound(20_000) && lines.some((proxy) => proxy.passing === 0)) await pause(100);
    note('connected anew ms', Date.now() - began);
    expect(
      lines.every((proxy) => proxy.passing > 0),
      'a process has not connected to Postgres anew',
    );
    await progress(at, 20_000, 'after the half-open connections');
  }),
];

/** Idle transactions on every connection that can be had, as many as the services leave. */
async function takeAll(bed) {
  const taken = [];
  for (;;) {
    const client = new pg.Client({ connectionString: bed.deployment.databaseUrl, application_name: 'faults' });
    client.on('error', () => undefined);
    try {
      await client.connect();
      await client.query('BEGIN');
      taken.push(client);
    } catch {
      await client.end().catch(() => undefined);
      return taken;
    }
  }
}

/** More than the cluster has now, by two segments of its log. */
const ROOM = 40 << 20;

function ontoSmallDisk(folder) {
  const bytes = Number(spawnSync('du', ['-sb', folder], { encoding: 'utf8' }).stdout.split('\t')[0]);
  fs.renameSync(folder, `${folder}.aside`);
  fs.mkdirSync(folder);
  mount(folder, bytes + ROOM);
  copy(`${folder}.aside`, folder);
  fs.rmSync(`${folder}.aside`, { recursive: true });
}

function offSmallDisk(folder) {
  fs.mkdirSync(`${folder}.aside`);
  copy(folder, `${folder}.aside`);
  unmount(folder);
  fs.rmdirSync(folder);
  fs.renameSync(`${folder}.aside`, folder);
}

/** With owners and rights, those of the folder itself included. */
function copy(from, to) {
  const { status, stderr } = spawnSync('cp', ['-a', `${from}/.`, to], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`cp: ${stderr}`);
}
