import { setTimeout as pause } from 'node:timers/promises';
import { littered, WITH_OPERATOR } from './garbage.mjs';
import { WITH_RECEIVER, whileTold } from './webhooks.mjs';
import { oneOf, shuffled } from '../random.mjs';
import { tracesOf } from '../invariants.mjs';
import { emptied } from './warehouse.mjs';

/** Every kill point of jobs.md, section 8, in its order: row Fnn is the kill at the nth. */
export const POINTS = [
  { name: 'submit.before_tx', by: 'gateway' },
  { name: 'submit.after_tx_before_202', by: 'gateway' },
  { name: 'upload.mid_body', by: 'gateway' },
  { name: 'upload.before_blob_row', by: 'gateway' },
  { name: 'upload.after_blob_row', by: 'gateway' },
  { name: 'ring.after_commit_before_add', by: 'any' },
  { name: 'claim.after', by: 'worker' },
  { name: 'work.first_record', by: 'worker' },
  { name: 'work.mid', by: 'worker' },
  { name: 'work.last_record', by: 'worker' },
  { name: 'heartbeat.before', by: 'worker', needs: 'long work' },
  { name: 'heartbeat.after', by: 'worker', needs: 'long work' },
  { name: 'publish.mid_part', by: 'worker' },
  { name: 'publish.before_manifest', by: 'worker' },
  { name: 'publish.after_manifest_before_commit', by: 'worker' },
  { name: 'publish.after_commit_before_ack', by: 'worker', committed: true },
  { name: 'load.mid_copy', by: 'worker', needs: 'a load' },
  { name: 'load.before_ledger', by: 'worker', needs: 'a load' },
  { name: 'load.after_ledger', by: 'worker', needs: 'a load' },
  { name: 'webhook.before_send', by: 'gateway', needs: 'a webhook', environment: WITH_RECEIVER },
  { name: 'webhook.after_send_before_mark', by: 'gateway', needs: 'a webhook', environment: WITH_RECEIVER },
  { name: 'cancel.after_flag', by: 'gateway', needs: 'a cancellation' },
  { name: 'gc.mid_sweep', by: 'gateway', needs: 'garbage', environment: WITH_OPERATOR },
  { name: 'migrate.mid', by: 'migrate' },
];

const FIRES_MS = 60_000;
const NEW_ATTEMPT_MS = 10_000;
/** Half a second is long beside any of the steps, and short beside a lease. */
const SLOW = 'slow:500';
/** Work that a heartbeat meets. */
const LONG_MS = 6_000;
const HELD_MS = 1_500;
/** Jobs at a time, where a row lets them flow itself. */
const FLOWING = 4;

/** One cell of the grid: the action at the point, once, while jobs flow. */
async function cell(at, point, action) {
  if (point.by === 'migrate') return migrateCell(at, action);
  if (point.needs === 'garbage') return garbageCell(at, point, action);
  if (point.needs === 'a webhook') return whileTold(at, () => hurt(at, point, action));
  if (point.needs === 'a load') return loadCell(at, point, action);
  return hurt(at, point, action);
}

async function hurt(at, point, action) {
  const { bed, random, expect, span } = at;
  if (point.needs === 'long work') bed.arm('work.last_record', `slow:${LONG_MS}`);
  const nth = point.needs === 'a load' ? 1 : 1 + Math.floor(random() * 2);
  bed.arm(point.name, `${action === 'slow' ? SLOW : action}@${nth}`);
  const cancelled = point.needs === 'a cancellation' ? cancelSome(at, point.name) : undefined;
  const fired = await bed.fired(point.name, FIRES_MS * at.slack);
  expect(fired, `${point.name} was not reached`);
  if (action === 'stop') {
    // Whoever stands still is sent on after its lease is over.
    await pause(span('a worker stands still'));
    bed.processOf(fired.pid)?.release();
  }
  await cancelled;
  if (action === 'kill' || action === 'stop') await newAttempt(at, point, fired);
  if (action === 'kill') await bed.whole();
}

/**
 * Who comes to the point first has every row still to load: the warehouse is empty when the jobs begin to flow. What is soon over may have
 * met no job of a tenant whose rows are looked at then, so each has one more.
 */
async function loadCell(at, point, action) {
  await emptied(at.bed);
  const stop = at.load.keep(FLOWING);
  try {
    await hurt(at, point, action);
    for (const tenant of at.load.loading) await at.load.submit(tenant);
  } finally {
    await at.bed.heal();
    await stop();
  }
}

/** Somebody else has the stage within the bound, or it is done. */
async function newAttempt({ bed, bound, expect, note }, point, { name, jobId, stage, epoch, at }) {
  if (jobId === undefined || point.committed) return;
  const taken = await bed.rowsOnce(
    `SELECT (extract(epoch from a.started_at - $4::timestamptz) * 1000)::float8 AS after FROM attune.attempts a
     WHERE job_id = $1 AND stage = $2 AND epoch > $3 ORDER BY epoch LIMIT 1`,
    [jobId, stage, epoch, at],
    bound(NEW_ATTEMPT_MS),
  );
  const [over] = await bed.rows(`SELECT 1 FROM attune.jobs WHERE id = $1 AND completed_at IS NOT NULL`, [jobId]);
  if (taken.length === 0 && over) return;
  expect(taken.length > 0, `${name}: no new attempt at ${stage}`);
  note('new attempt ms', Math.round(taken[0].after));
  expect(taken[0].after <= bound(NEW_ATTEMPT_MS), `${name}: the new attempt came after ${Math.round(taken[0].after)} ms`);
}

/** Cancels jobs until a cancellation has come to the failpoint; what was seen cancelled stays as it was. */
async function cancelSome({ bed, load }, name) {
  for (;;) {
    const job = await load.submit();
    await load.cancel(job);
    if (await bed.fired(name, 200)) return;
  }
}

/** A migration that is hurt half way is done by the next one. The schema is current, so it does nothing twice. */
async function migrateCell({ bed, expect }, action) {
  bed.arm('migrate.mid', action === 'slow' ? SLOW : action);
  let failed = false;
  try {
    bed.deployment.attune('migrate');
  } catch {
    failed = true;
  }
  expect(await bed.fired('migrate.mid', 1_000), 'migrate.mid was not reached');
  expect(failed === (action === 'kill' || action === 'throw'), `the migration ${failed ? 'failed' : 'did not fail'} at ${action}`);
  bed.deployment.attune('migrate');
}

/** A collection that is hurt half way is done by the next one, and takes nothing that is named: the invariants say so. */
async function garbageCell(at, point, action) {
  const { bed, expect, span } = at;
  const { collect, left } = await littered(at);
  bed.arm(point.name, action === 'slow' ? SLOW : action);
  const collecting = collect();
  const fired = await bed.fired(point.name, FIRES_MS * at.slack);
  expect(fired, `${point.name} was not reached`);
  if (action === 'stop') {
    await pause(span('a worker stands still'));
    bed.processOf(fired.pid)?.release();
  }
  await collecting;
  if (action === 'kill') await bed.whole();
  let answer;
  // The lock of a gateway that was killed goes with its session.
  for (const deadline = Date.now() + at.bound(30_000); answer?.status !== 200 && Date.now() < deadline; await pause(250))
    answer = await collect();
  expect(left() === 0, `${left()} objects that nothing names are left`);
}

function missingOf({ by }, action) {
  return by === 'migrate' && action === 'stop'
    ? { missing: 'nobody waits for a migration but the one who started it: it is only late' }
    : {};
}

/** F01 to F24, and the same points with the other actions. */
export const killPoints = ['kill', 'stop', 'throw', 'slow'].flatMap((action) =>
  POINTS.map((point, i) => ({
    id: action === 'kill' ? `F${String(i + 1).padStart(2, '0')}` : `${action}:${point.name}`,
    fault: `${action} at ${point.name}`,
    grid: action !== 'kill',
    ...missingOf(point, action),
    ...(point.environment ? { environment: point.environment } : {}),
    ...(point.needs === 'a load' ? {} : { flow: 'kill points' }),
    run: (at) => cell(at, point, action),
  })),
);

/** F62: cancelled at each kill point, and in a race with the end. */
export const cancellations = {
  id: 'F62',
  fault: 'cancel at each kill point; race of cancel and end',
  async run(at) {
    const { bed, load, random, expect, bound, note } = at;
    const points = POINTS.filter(({ by, committed }) => by === 'worker' && !committed);
    const seen = new Map();
    const waits = [];
    for (const point of shuffled(random, points)) {
      if (point.needs === 'long work') bed.arm('work.last_record', `slow:${LONG_MS}`);
      bed.arm(point.name, `slow:${HELD_MS}`);
      const job = await load.submit(point.needs === 'a load' ? oneOf(random, load.loading) : undefined);
      const fired = await bed.fired(point.name, FIRES_MS * at.slack);
      expect(fired, `${point.name} was not reached`);
      const met = [...load.accepted.values()].find(({ id }) => id === `job_${fired.jobId}`) ?? job;
      // What the failpoint holds back is not the time of a cancellation.
      const held = point.needs === 'long work' ? LONG_MS : HELD_MS;
      waits.push(Math.max(0, (await cancelled(at, met, seen)) - held));
      bed.disarm();
    }
    for (let race = 0; race < Math.max(10, Math.round(1_000 * at.scale)); race++) {
      const job = await load.submit();
      await pause(random() * 1_500);
      waits.push(await cancelled(at, job, seen));
    }
    await load.ended((await load.submit()).id);
    for (const [id, traces] of seen) expect((await tracesOf(bed, id)) === traces, `I14: ${id} was seen cancelled and has changed`);
    const slowest = Math.max(0, ...waits);
    note('slowest cancellation ms', Math.round(slowest));
    expect(slowest <= bound(3_000), `a cancellation took ${Math.round(slowest)} ms`);
  },
};

/** Asks for the end of the job and waits for it; what a cancelled job has left is kept to be compared. */
async function cancelled({ bed, load }, job, seen) {
  const began = performance.now();
  const { status } = await load.cancel(job);
  await load.ended(job.id);
  const [{ status: became }] = await bed.rows('SELECT status FROM attune.jobs WHERE id = $1', [job.id.slice(4)]);
  if (became !== 'cancelled') return 0; // it had ended before
  if (status !== 202) throw new Error(`${job.id} is cancelled and the request was answered ${status}`);
  seen.set(job.id, await tracesOf(bed, job.id));
  return performance.now() - began;
}

/** F26: a worker that stands still in the middle of its work, and goes on when the work is somebody else's. */
export const zombie = {
  id: 'F26',
  fault: 'a worker stands still mid-work and goes on',
  async run({ bed, load, expect, span, bound, note, random, slack }) {
    const stop = load.keep(4);
    const point = oneOf(random, ['work.mid', 'work.last_record', 'publish.after_manifest_before_commit']);
    bed.arm(point, 'stop transform');
    const fired = await bed.fired(point, FIRES_MS * slack);
    expect(fired, `${point} was not reached`);
    await pause(span('a worker stands still'));
    const victim = bed.processOf(fired.pid);
    const [taken] = await bed.rowsOnce(
      `SELECT (extract(epoch from started_at - $3::timestamptz) * 1000)::float8 AS after FROM attune.attempts
       WHERE job_id = $1 AND stage = 'transform' AND epoch > $2 ORDER BY epoch LIMIT 1`,
      [fired.jobId, fired.epoch, fired.at],
      bound(20_000),
    );
    victim.release();
    expect(taken, 'nobody has taken the work of a worker that stands still');
    note('new attempt ms', Math.round(taken.after));
    expect(taken.after <= bound(20_000), `the new attempt came after ${Math.round(taken.after)} ms`);
    await stop();
    const [{ outcome }] = await bed.rows(`SELECT outcome FROM attune.attempts WHERE job_id = $1 AND stage = 'transform' AND epoch = $2`, [
      fired.jobId,
      fired.epoch,
    ]);
    expect(outcome === 'lost', `the attempt of the zombie is ${outcome}`);
    await metric(victim, /^fenced_writes_total\{[^}]*\} [1-9]/m, bound(20_000), expect);
  },
};

async function metric(process, line, withinMs, expect) {
  const address = process.readyUrl.replace('/health/ready', '/metrics');
  for (const deadline = Date.now() + withinMs; ; await pause(200)) {
    const text = await fetch(address).then((answer) => answer.text());
    if (line.test(text)) return;
    if (Date.now() > deadline) return expect(false, `${process.name} does not tell ${line}`);
  }
}
