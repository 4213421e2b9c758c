import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { oneOf } from '../random.mjs';
import { every, heldAt, progress } from './signs.mjs';
import { fill, mount, needsMount, unmount } from './small-disk.mjs';

const KILL_EVERY_MS = 2_000;
/** Stands in one record of a poison file. */
const POISON = 'Hemlock';

export const processes = [
  {
    id: 'F25',
    fault: 'SIGKILL of a random service every 2 s',
    flow: true,
    async run(at) {
      const { bed, random, span } = at;
      await every(KILL_EVERY_MS, span('a service is killed again and again'), () => oneOf(random, bed.processes).kill());
      await bed.whole();
      await progress(at, 10_000, 'after the kills');
    },
  },
  {
    id: 'F27',
    fault: 'compute does not move for longer than a lease',
    async run(at) {
      const { bed, load, expect, span } = at;
      const { pid, id } = await heldAt(at, 'transform');
      await pause(span('a worker stands still'));
      process.kill(pid, 'SIGCONT');
      await load.ended(id);
      const attempts = await bed.rows(`SELECT outcome FROM attune.attempts WHERE job_id = $1 AND stage = 'transform'`, [id.slice(4)]);
      expect(attempts.length === 1, `transform was started ${attempts.length} times`);
    },
  },
  {
    id: 'F28',
    fault: 'SIGSEGV of an engine process',
    async run(at) {
      const { bed, load, expect, bound, note } = at;
      const { pid, id } = await heldAt(at, 'transform');
      process.kill(pid, 'SIGSEGV');
      process.kill(pid, 'SIGCONT');
      const [again] = await bed.rowsOnce(
        `SELECT (extract(epoch from b.started_at - a.ended_at) * 1000)::float8 AS after FROM attune.attempts a
         JOIN attune.attempts b ON b.job_id = a.job_id AND b.stage = a.stage AND b.epoch > a.epoch
         WHERE a.job_id = $1 AND a.stage = 'transform' AND a.outcome = 'failed' LIMIT 1`,
        [id.slice(4)],
        bound(5_000),
      );
      expect(again, 'the attempt is not recorded as failed, or not tried again');
      note('new attempt ms', Math.round(again.after));
      await load.ended(id);
    },
  },
  {
    id: 'F29',
    fault: 'no more memory for an engine process (RLIMIT_DATA)',
    needs: () => (spawnSync('prlimit', ['--version']).status === 0 ? undefined : 'this machine has no prlimit'),
    async run(at) {
      const { bed, load, expect } = at;
      const ends = bed.ends.length;
      const { pid, id } = await heldAt(at, 'transform');
      expect(spawnSync('prlimit', [`--pid=${pid}`, '--data=33554432']).status === 0, 'the limit could not be set');
      process.kill(pid, 'SIGCONT');
      await load.ended(id);
      expect(bed.ends.length === ends, 'a process of ours has ended with its engine process');
    },
  },
  {
    id: 'F30',
    fault: 'poison file that crashes the parser every time',
    flow: true,
    async run(at) {
      const { bed, load, expect, note } = at;
      const tenant = load.tenants[0];
      const file = path.join(bed.directory, 'poison.csv');
      const lines = fs.readFileSync(tenant.file, 'utf8').trimEnd().split('\n');
      const middle = lines.length >> 1;
      // One record more, of which the engine process dies whenever it comes to it.
      lines.splice(middle, 0, lines[middle].replace(/[^,]*$/, POISON));
      fs.writeFileSync(file, `${lines.join('\n')}\n`);
      fs.writeFileSync(path.join(bed.failpoints, 'engine.poison'), POISON);
      // What comes of it is no other job's: a tenant of its own has it.
      const headers = { Authorization: `Bearer ${bed.deployment.attune('keys', 'create', '--tenant', 'poison')}` };
      const { status, body } = await load.post({ ...tenant, headers, file }, randomUUID());
      expect(status === 202, `the poison file was answered with ${status}`);
      const id = body.job_id.slice(4);
      await load.ended(body.job_id);
      const [job] = await bed.rows('SELECT status, error FROM attune.jobs WHERE id = $1', [id]);
      expect(job.status === 'completed', `the job is ${job.status} (${job.error?.code})`);
      const outcomes = await bed.rows(`SELECT outcome FROM attune.attempts WHERE job_id = $1 AND stage = 'transform' ORDER BY epoch`, [id]);
      expect(outcomes.map(({ outcome }) => outcome).join() === 'failed,failed,done', 'transform was not tried three times');
      const [poisoned] = await bed.rows(
        `SELECT records_quarantined AS n FROM attune.row_ledger WHERE job_id = $1 AND stage = 'transform'`,
        [id],
      );
      const usual = JSON.parse(load.referenceOf(tenant.name).ledger.transform).records_quarantined;
      note('records set aside', Number(poisoned.n) - Number(usual));
      expect(
        Number(poisoned.n) - Number(usual) <= 1_000 && Number(poisoned.n) > Number(usual),
        'other records were set aside than those beside the poison',
      );
    },
  },
  {
    id: 'F53',
    fault: 'the scratch directory is full of other things',
    needs: needsMount,
    async run(at) {
      const { bed, load, span, expect } = at;
      const scratch = bed.workers
        .filter(({ name }) => name.startsWith('harmonizer'))
        .map((worker) => path.join(bed.deployment.dataDir, worker.name, 'scratch'));
      for (const folder of scratch) {
        fs.mkdirSync(folder, { recursive: true });
        mount(folder, 4 << 20);
        fill(folder, 65_536);
      }
      const submitted = [];
      try {
        for (let i = 0; i < 2; i++) submitted.push(await load.submit());
        const [parked] = await bed.rowsOnce(
          `SELECT 1 FROM attune.job_stages WHERE job_id = ANY($1) AND error->>'class' = 'resource'`,
          [submitted.map(({ id }) => id.slice(4))],
          at.bound(30_000),
        );
        expect(parked, 'no stage has ended for want of space');
        await pause(span('the scratch directory is full'));
      } finally {
        scratch.forEach(unmount);
      }
      for (const { id } of submitted) await load.ended(id);
    },
  },
];
