// Cancels one large job at moments spread over all of it, and watches how long its engine process goes on.
//   node e2e/faults/cancel.mjs [--cancels 100] [--first 1] [--rows 10000000] [--limit-ms 1000] [--early 1]
// `--early 3` raises the moments, as shares of the job, to that power: more of them come early, where waiting for one costs less.
// The file is uploaded once; every job after the first is a clone. Prints one JSON line; ends with 1 when the p99 is over the limit.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { AllInOne } from './all-in-one.mjs';
import { freePort } from './deployment.mjs';

const ROOT = path.resolve(import.meta.dirname, '../..');
const OPTIONS = JSON.stringify({ output_formats: ['csv', 'parquet'] });
/** The golden ratio: its multiples meet every part of a job, however many there are. */
const STRIDE = 0.618033988749895;
const LOOK_MS = 4;
/** Of so many characters ids of jobs differ. */
const LEAST_ID = 24;
const TERMINAL = ['completed', 'failed', 'cancelled'];

const { values } = parseArgs({
  options: {
    cancels: { type: 'string', default: '100' },
    first: { type: 'string', default: '1' },
    rows: { type: 'string', default: '10000000' },
    'limit-ms': { type: 'string', default: '1000' },
    early: { type: 'string', default: '1' },
  },
});
const cancels = Number(values.cancels);
const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'attune-cancel-'));
const file = path.join(directory, 'members.csv');
const attune = new AllInOne(path.join(directory, 'data'), await freePort(), {
  ATTUNE_RATE_API: '0',
  ATTUNE_RATE_JOBS: '0',
  ATTUNE_UPLOAD_LIMIT: String(2 ** 34),
});

try {
  generate();
  await attune.start();
  const { id, lasts } = await undisturbed();
  const turns = [];
  for (let turn = Number(values.first) - 1; turns.length < cancels; turn++) {
    const found = await cancelled(id, ((turn * STRIDE) % 1) ** Number(values.early) * lasts * 0.97);
    if (found === undefined) continue;
    turns.push(found);
    console.error(`${turns.length}/${cancels}: at ${found.task} after ${found.afterMs} ms, its process gone ${found.goneMs} ms later`);
  }
  const atWork = turns.filter(({ task }) => task !== 'none');
  const told = {
    rows: Number(values.rows),
    job_ms: lasts,
    cancels,
    early: Number(values.early),
    tasks: countOf(turns.map(({ task }) => task)),
    with_a_process: atWork.length,
    process_gone_ms: percentiles(atWork.map(({ goneMs }) => goneMs)),
    job_cancelled_ms: percentiles(turns.map(({ cancelledMs }) => cancelledMs)),
    slowest: turns.sort((a, b) => b.cancelledMs - a.cancelledMs).slice(0, 5),
  };
  console.log(JSON.stringify(told));
  if (atWork.length === 0 || told.process_gone_ms.p99 > Number(values['limit-ms'])) process.exitCode = 1;
} finally {
  await attune.stop();
  fs.rmSync(directory, { recursive: true, force: true });
}

function generate() {
  const generator = path.join(ROOT, 'bench/generate-members.mjs');
  const { status } = spawnSync(process.execPath, [generator, '--rows', values.rows, '--seed', '13', '--out', file], { stdio: 'inherit' });
  if (status !== 0) throw new Error('the input could not be generated');
}

async function undisturbed() {
  const form = new FormData();
  form.set('options', OPTIONS);
  form.set('file', await fs.openAsBlob(file), 'members.csv');
  const { job_id: id } = await answered('/api/v1/jobs', { method: 'POST', body: form });
  fs.rmSync(file);
  const began = performance.now();
  const { status } = await ended(id);
  if (status !== 'completed') throw new Error(`the undisturbed job is ${status}`);
  return { id, lasts: Math.round(performance.now() - began) };
}

/** Undefined where the job had ended before its turn came. */
async function cancelled(original, afterMs) {
  const { job_id: id } = await answered(`/api/v1/jobs/${original}/clone`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: '{}',
  });
  await pause(afterMs);
  const task = tasksOf(id)[0] ?? 'none';
  const began = performance.now();
  const answer = await deletion(id);
  if (answer.status === 204) return undefined;
  if (answer.status !== 202) throw new Error(`the cancellation answered ${answer.status}`);
  // A process that was gone before the answer is counted as if it had gone with it.
  let lastSeen = task === 'none' ? began : performance.now();
  let over = false;
  const told = ended(id).finally(() => (over = true));
  // Until the job has ended: a process that began only after the cancellation counts too.
  while (!over || tasksOf(id).length > 0) {
    if (tasksOf(id).length > 0) lastSeen = performance.now();
    await pause(LOOK_MS);
  }
  const cancelledMs = Math.round(performance.now() - began);
  const { status, stage } = await told;
  if (status !== 'cancelled') throw new Error(`a cancelled job is ${status}`);
  const goneMs = lastSeen === began ? 0 : Math.round(lastSeen - began + LOOK_MS);
  return { task, stage, afterMs: Math.round(afterMs), goneMs, cancelledMs };
}

/** A gateway that has too much to do says when to come back. */
async function deletion(id) {
  for (;;) {
    const answer = await fetch(`${attune.url}/api/v1/jobs/${id}`, { method: 'DELETE', headers: attune.headers });
    if (answer.status !== 503) return answer;
    await pause(Number(answer.headers.get('retry-after')) * 1000);
  }
}

/** Tasks of the job that engine processes are at: their titles say so, as far as there was room for them. */
function tasksOf(id) {
  const pids = fs.readFileSync(`/proc/${attune.pid}/task/${attune.pid}/children`, 'utf8').split(' ').filter(Boolean);
  return pids.flatMap((pid) => {
    try {
      const [program, task, job] = fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').split(' ');
      return program === 'attune-engine' && job?.length >= LEAST_ID && id.slice('job_'.length).startsWith(job) ? [task] : [];
    } catch {
      return []; // It has ended meanwhile.
    }
  });
}

async function ended(id) {
  for (let version = 0; ;) {
    const job = await answered(`/api/v1/jobs/${id}/status?wait=10&since_version=${version}`);
    if (TERMINAL.includes(job.status)) return job;
    version = job.version;
  }
}

async function answered(route, init = {}) {
  const answer = await fetch(attune.url + route, { ...init, headers: { ...attune.headers, ...init.headers } });
  const body = await answer.json();
  if (!answer.ok) throw new Error(`${route} answered ${answer.status} ${JSON.stringify(body)}`);
  return body;
}

function countOf(words) {
  return words.reduce((counts, word) => ({ ...counts, [word]: (counts[word] ?? 0) + 1 }), {});
}

function percentiles(all) {
  const sorted = [...all].sort((a, b) => a - b);
  const at = (share) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
  return { p50: at(0.5), p99: at(0.99), max: at(1) };
}
