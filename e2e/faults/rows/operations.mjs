import fs from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { restore } from './restore.mjs';
import { oneOf } from '../random.mjs';
import { every, p95, progress } from './signs.mjs';

export const operations = [
  {
    id: 'F63',
    fault: 'rolling restart of all, a migration in the middle (two versions mixed: there is one version only)',
    flow: true,
    async run(at) {
      const { bed, load, expect } = at;
      for (const [i, process] of bed.processes.entries()) {
        await bed.without(process, async () => {
          const code = await process.stop();
          expect(code === 0, `${process.name} ended with ${code}`);
        });
        if (i === Math.floor(bed.processes.length / 2)) bed.deployment.attune('migrate');
      }
      await progress(at, 10_000, 'after the restarts');
      const bad = Object.keys(load.answers).filter((status) => status >= 500 && status !== '503');
      expect(bad.length === 0, `requests were answered ${bad.join(', ')}`);
      const lost = await bed.rows(`SELECT 1 FROM attune.attempts WHERE outcome = 'lost' AND started_at > $1`, [at.since]);
      expect(lost.length === 0, `${lost.length} attempts were lost in a restart in order`);
    },
  },
  restore,
  {
    id: 'F67',
    fault: 'thousands of jobs of one tenant against small tenants',
    async run(at) {
      const { bed, load, scale, note, expect, bound } = at;
      const [large, ...small] = load.tenants;
      for (let i = 0; i < Math.max(40, 10_000 * scale * 0.1); i++) await load.submit(large);
      const ids = [];
      for (let i = 0; i < 10; i++) {
        const { id } = await load.submit(small[i % small.length]);
        ids.push(id.slice(4));
        await load.ended(`job_${id.slice(4)}`);
      }
      const rows = await bed.rows(
        `SELECT (extract(epoch from a.started_at - j.created_at) * 1000)::float8 AS wait FROM attune.jobs j
         JOIN attune.attempts a ON a.job_id = j.id AND a.stage = 'inspect' AND a.epoch = 1 WHERE j.id = ANY($1)`,
        [ids],
      );
      const wait = p95(rows.map((row) => row.wait));
      note('small start p95 ms', wait);
      expect(wait <= bound(3_000), `a small tenant waits ${wait} ms (p95) for its first stage`);
    },
  },
  {
    id: 'F68',
    fault: 'the database is out of reach with jobs in flight, and comes back',
    flow: true,
    async run(at) {
      const { bed, load, scale, span } = at;
      const ends = bed.ends.length;
      for (let i = 0; i < Math.max(20, 5_000 * scale * 0.1); i++) await load.submit();
      bed.turn(/>postgres$/, { kind: 'refused' });
      await pause(span('a dependency is down'));
      bed.turn(/>postgres$/, { kind: 'clear' });
      await progress(at, 60_000, 'after the database was back');
      at.expect(bed.ends.length === ends, 'a process of ours ended while the database was out of reach');
    },
  },
  {
    id: 'F69',
    fault: 'the collector of traces is down, and the disk of the log is full',
    flow: true,
    async run(at) {
      const { bed, span } = at;
      const worker = bed.process('harmonizer-0');
      const log = worker.log;
      const again = (more) =>
        bed.without(worker, async () => {
          await worker.stop();
          await worker.start(more);
        });
      try {
        // A file that is always full; what cannot be told there is told nowhere.
        if (fs.existsSync('/dev/full')) worker.log = '/dev/full';
        await again({ ATTUNE_OTLP_URL: 'http://127.0.0.1:9', ATTUNE_TRACE_RATIO: '1', ATTUNE_LOG_LEVEL: 'debug' });
        const ends = bed.ends.length;
        await pause(span('the log disk is full'));
        await progress(at, 10_000, 'without log and traces');
        at.expect(bed.ends.length === ends, 'a process has ended for want of a log or a collector');
      } finally {
        worker.log = log;
        await again({});
      }
    },
  },
  {
    id: 'F70',
    fault: 'mixed load and one random fault after another',
    flow: true,
    async run(at) {
      const { bed, random, span, note } = at;
      const before = memory(bed);
      const faults = [
        () => oneOf(random, bed.processes).kill(),
        () => bed.crashDatabase(() => pause(500)),
        () => bed.redis?.command('FLUSHALL'),
        () =>
          bed.rows(
            `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'attune' AND application_name <> 'faults' AND pid <> pg_backend_pid()`,
          ),
        () => oneOf(random, bed.lines(/./)).reset(),
        () => oneOf(random, bed.lines(/>postgres$/)).strand(),
      ];
      await every(6_000, span('soak'), async () => {
        await oneOf(random, faults)();
        await bed.whole();
      });
      await progress(at, 10_000, 'after the soak');
      note('RSS of all MB before', before);
      note('RSS of all MB after', memory(bed));
    },
  },
];

function memory(bed) {
  const pages = bed.processes.map(({ pid }) => Number(fs.readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]));
  return Math.round((pages.reduce((sum, count) => sum + count, 0) * 4096) / 2 ** 20);
}
