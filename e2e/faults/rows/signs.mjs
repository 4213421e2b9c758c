import fs from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

/** Waits for the next sign of progress, an event of any job, and notes how long it took. */
export async function progress({ bed, bound, expect, note }, withinMs, what) {
  const [{ now }] = await bed.rows('SELECT now()');
  const [event] = await bed.rowsOnce(
    `SELECT (extract(epoch from at - $1::timestamptz) * 1000)::float8 AS after FROM attune.job_events WHERE at > $1 ORDER BY at LIMIT 1`,
    [now],
    bound(withinMs),
  );
  expect(event, `nothing went on within ${bound(withinMs)} ms ${what}`);
  note('goes on ms', Math.round(event.after));
}

/** Does the work every so often until the time is over. */
export async function every(ms, lastsMs, work) {
  for (const deadline = Date.now() + lastsMs; Date.now() < deadline; await pause(ms)) await work();
}

/** Engine processes of a process of ours, by the task that their title names. */
export function engineProcesses(pid) {
  return read(`/proc/${pid}/task/${pid}/children`)
    .split(' ')
    .filter(Boolean)
    .flatMap((child) => {
      const [program, task] = read(`/proc/${child}/cmdline`).replaceAll('\0', ' ').split(' ');
      return program === 'attune-engine' ? [{ pid: Number(child), task }] : [];
    });
}

function read(file) {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return ''; // the process has ended meanwhile
  }
}

/** A job whose engine process is held still while it is at the task. Jobs are submitted until one is met. */
export async function heldAt(at, task) {
  for (let tries = 0; tries < 20; tries++) {
    const submitted = at.load.submit();
    submitted.catch(() => undefined); // awaited below
    const pid = await seenAt(at, task);
    if (pid !== undefined) {
      process.kill(pid, 'SIGSTOP');
      const isAtIt = at.bed.workers.some((worker) =>
        engineProcesses(worker.pid).some((engine) => engine.pid === pid && engine.task === task),
      );
      if (isAtIt) return { pid, id: (await submitted).id };
      process.kill(pid, 'SIGCONT');
    }
    await at.load.ended((await submitted).id);
  }
  throw new Error(`no engine process was met at ${task}`);
}

async function seenAt({ bed, slack }, task) {
  for (const deadline = Date.now() + 10_000 * slack; Date.now() < deadline; await pause(2)) {
    const [found] = bed.workers.flatMap(({ pid }) => engineProcesses(pid)).filter((engine) => engine.task === task);
    if (found) return found.pid;
  }
  return undefined;
}

/** Milliseconds below which 95 of 100 lie. */
export function p95(all) {
  const sorted = [...all].sort((a, b) => a - b);
  return Math.round(sorted[Math.max(0, Math.ceil(sorted.length * 0.95) - 1)] ?? 0);
}

export async function timed(work) {
  const began = performance.now();
  await work();
  return performance.now() - began;
}
