import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { jobPaths } from '@attune/api';
import type { Split } from '../faults/split.mjs';
import { Installation, ROOT } from './installation.js';
import { type Seen, Watcher } from './watcher.js';

const WATCHERS = Number(process.env['TEST_WATCHERS'] ?? 200);
const JOBS = 4;
const ROWS = process.env['TEST_WATCHERS'] === undefined ? '60000' : '300000';
jest.setTimeout(600_000);

let attune: Installation<Split>;
beforeAll(async () => {
  attune = await Installation.startSplit({ ATTUNE_RATE_API: '0' });
});
afterAll(async () => expect(await attune.stop()).toEqual({ exitCode: 0, left: [] }), 120_000);

test(`${WATCHERS} watchers of running jobs see every event once and in order, although a gateway is killed`, async () => {
  const began = performance.now();
  const jobs = await Promise.all(Array.from({ length: JOBS }, () => submitted()));
  const seen = jobs.map((): Seen => new Map());
  const addresses = [attune.server.gateway(0).url, attune.server.gateway(1).url];
  const watchers = Array.from(
    { length: WATCHERS },
    (_, i) => new Watcher(addresses, jobPaths(jobs[i % JOBS]!).events, attune.server.headers, seen[i % JOBS]!, i % 3),
  );
  const watching = Promise.all(watchers.map((watcher) => watcher.watch()));
  const more = new AbortController();
  const writing = written(jobs, more.signal);
  while (watchers.some(({ received }) => received === 0)) await pause(20);

  const [killed, other] = [attune.server.gateway(0).process, attune.server.gateway(1).process];
  const rss = [killed, other].map(({ pid }) => residentMiB(pid));
  const before = watchers.map(({ received }) => received);
  await killed.kill();
  expect(await unfinished(jobs)).toBe(JOBS);
  // While it is away everybody hears more at the other one, and again once it is back.
  while (watchers.some(({ received }, i) => received <= before[i]!)) await pause(20);
  await killed.start();
  expect(await unfinished(jobs)).toBeGreaterThan(0);
  rss.push(residentMiB(other.pid));
  more.abort();
  const planted = await writing;
  await watching;

  const history = await attune.withDatabase(async (database) => {
    const { rows } = await database.query('SELECT job_id, seq, type, message FROM attune.job_events ORDER BY job_id, seq');
    return rows as { job_id: string; seq: number; type: string; message: string }[];
  });
  const expected = jobs.map((id) => history.filter(({ job_id }) => job_id === id.slice(4)));
  expect(watchers.flatMap(({ faults }) => faults)).toEqual([]);
  const missed = watchers.filter(({ received }, i) => received !== expected[i % JOBS]!.length).length;
  expect(missed).toBe(0);
  for (const [i, lines] of expected.entries()) {
    expect(lines.map(({ seq }) => seq)).toEqual(lines.map((_, at) => at + 1));
    for (const { seq, type, message } of lines) {
      expect(seen[i]!.get(seq)).toContain(`event: ${type}\n`);
      expect(seen[i]!.get(seq)).toContain(JSON.stringify(message));
    }
  }
  expect(planted).toBeGreaterThan(JOBS);
  if (process.env['TEST_WATCHERS'] === undefined) return;
  const told = {
    watchers: WATCHERS,
    events: history.length,
    received: watchers.reduce((sum, { received }) => sum + received, 0),
    resumed: watchers.reduce((sum, { streams }) => sum + streams - 2, 0),
    missed,
    rss_mib: rss,
    seconds: Math.round((performance.now() - began) / 1000),
  };
  process.stdout.write(`${JSON.stringify(told)}\n`);
});

async function submitted(): Promise<string> {
  const { job_id: id } = await attune.submit({
    bytes: rows(),
    name: 'members.csv',
    options: { output_formats: ['csv', 'json', 'ndjson'] },
  });
  return id;
}

let generated: Buffer | undefined;
function rows(): Buffer {
  const file = path.join(attune.directory, 'members.csv');
  if (generated === undefined) {
    const { status } = spawnSync(process.execPath, [
      path.join(ROOT, 'bench/generate-members.mjs'),
      ...['--rows', ROWS, '--seed', '11', '--out', file],
    ]);
    expect(status).toBe(0);
    generated = fs.readFileSync(file);
  }
  return generated;
}

/** Until the signal: one line after the other in the histories of the jobs that are open, written as the services write them. */
function written(jobs: readonly string[], signal: AbortSignal): Promise<number> {
  return attune.withDatabase(async (database) => {
    let count = 0;
    for (let turn = 0; !signal.aborted; turn++) {
      const id = jobs[turn % jobs.length]!.slice(4);
      await database.query('BEGIN');
      await database.query('SELECT FROM attune.jobs WHERE id = $1 FOR UPDATE', [id]);
      const { rowCount } = await database.query(
        `INSERT INTO attune.job_events (tenant_id, job_id, seq, type, level, message, data)
         SELECT tenant_id, id, (SELECT coalesce(max(seq), 0) + 1 FROM attune.job_events WHERE job_id = id), 'job.log', 'info', $2, '{}'
         FROM attune.jobs WHERE id = $1 AND completed_at IS NULL`,
        [id, `line ${turn}`],
      );
      await database.query('COMMIT');
      count += rowCount ?? 0;
      await pause(30);
    }
    return count;
  });
}

function unfinished(jobs: readonly string[]): Promise<number> {
  return attune.withDatabase(async (database) => {
    const { rows } = await database.query('SELECT id FROM attune.jobs WHERE id = ANY($1::uuid[]) AND completed_at IS NULL', [
      jobs.map((id) => id.slice(4)),
    ]);
    return rows.length;
  });
}

function residentMiB(pid: number): number {
  const kib = /VmRSS:\s+(\d+)/.exec(fs.existsSync('/proc/self/status') ? fs.readFileSync(`/proc/${pid}/status`, 'utf8') : '')?.[1];
  return Math.round(Number(kib ?? 0) / 1024);
}
