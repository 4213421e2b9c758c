// kill -9 of the all-in-one at seeded moments of running stages; afterwards every job must equal an undisturbed one.
//   node e2e/faults/kill.mjs [--kills 40] [--per-stage 5] [--rows 300000] [--seed 1]
// What becomes of a split deployment the fault matrix shows (`npm run faults`).
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { AllInOne } from './all-in-one.mjs';
import { contentHash } from './content-hash.mjs';
import { freePort } from './deployment.mjs';
import { randomOf } from './random.mjs';

const ROOT = path.resolve(import.meta.dirname, '../..');
const STAGES = ['inspect', 'plan', 'transform', 'check', 'publish'];
const FORMATS = JSON.stringify({ output_formats: ['csv', 'json', 'ndjson', 'parquet'] });

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '40' },
    'per-stage': { type: 'string', default: '5' },
    rows: { type: 'string', default: '300000' },
    seed: { type: 'string', default: '1' },
  },
});
const random = randomOf(Number(values.seed));
const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'attune-kill-'));
const file = path.join(directory, 'members.csv');
const attune = new AllInOne(path.join(directory, 'data'), await freePort());
const hits = Object.fromEntries(STAGES.map((stage) => [stage, 0]));
let database;

try {
  generate();
  await attune.start();
  database = await attune.database();
  const { reference, seconds, durations } = await undisturbed();
  console.log(`undisturbed: ${seconds.toFixed(1)} s, ${Object.keys(reference.artifacts).length} artifacts`);
  let jobs = 0;
  while (total() < Number(values.kills) || STAGES.some((stage) => hits[stage] < Number(values['per-stage']))) {
    await disturbed(++jobs, reference, durations);
  }
  console.log(
    JSON.stringify({
      seed: Number(values.seed),
      rows: Number(values.rows),
      undisturbed_seconds: Number(seconds.toFixed(1)),
      jobs,
      kills_in_a_running_stage: total(),
      hits,
      different: 0,
    }),
  );
} finally {
  await database?.end();
  await attune.stop().catch(() => undefined);
  fs.rmSync(directory, { recursive: true, force: true });
}

function generate() {
  const { status, stderr } = spawnSync(
    process.execPath,
    [path.join(ROOT, 'bench/generate-members.mjs'), '--rows', values.rows, '--seed', values.seed, '--hostile', '0.002', '--out', file],
    { encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(stderr);
}

async function undisturbed() {
  // Every job that is compared has one before it, which its report names.
  await attune.ended(await attune.submit(file, { operation: 'harmonize', options: FORMATS }));
  const started = performance.now();
  const id = await attune.submit(file, { operation: 'harmonize', options: FORMATS });
  const job = await attune.ended(id);
  if (job.status !== 'completed') throw new Error(`the undisturbed job is ${job.status}`);
  const durations = Object.fromEntries(
    job.stages.map(({ name, started_at, ended_at }) => [name, Date.parse(ended_at) - Date.parse(started_at)]),
  );
  return { reference: await effect(id), seconds: (performance.now() - started) / 1000, durations };
}

/** One job that is killed once in each stage that still needs it, in the order of the stages. */
async function disturbed(number, reference, durations) {
  const id = await attune.submit(file, { operation: 'harmonize', options: FORMATS });
  for (const stage of STAGES) {
    if (!(await running(id, stage))) continue;
    // Short stages are over before anybody has looked twice.
    if (durations[stage] > 200) await new Promise((resolve) => setTimeout(resolve, random() * 0.8 * durations[stage]));
    const [victim] = attune.processes;
    // Held still first: what is seen now is what the kill interrupts.
    victim.hold();
    if ((await statusOf(id, stage)) !== 'running') {
      victim.release();
      continue;
    }
    await victim.kill();
    hits[stage]++;
    await victim.start();
    console.log(`job ${number}: killed in ${stage}`);
  }
  await attune.ended(id);
  compare(reference, await effect(id), `job ${number}`);
}

/** Waits until the stage runs; false when it is over already. */
async function running(id, stage) {
  for (;;) {
    const status = await statusOf(id, stage);
    if (status === 'running') return true;
    if (status === 'done') return false;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

async function statusOf(id, stage) {
  const { rows } = await database.query('SELECT status FROM attune.job_stages WHERE job_id = $1 AND stage = $2', [id.slice(4), stage]);
  return rows[0].status;
}

/** Everything a job has left, read past Attune: hashes recorded and of the stored bytes themselves, row ledger, terminal events. */
async function effect(id) {
  const job = id.slice(4);
  const { rows: artifacts } = await database.query(
    'SELECT stage, kind, sha256, records, storage_key FROM attune.artifacts WHERE job_id = $1 ORDER BY stage, kind',
    [job],
  );
  const { rows: ledger } = await database.query(
    'SELECT stage, records_in, records_out, records_quarantined, records_merged, records_dropped, drop_reasons FROM attune.row_ledger WHERE job_id = $1 ORDER BY stage',
    [job],
  );
  const { rows: terminal } = await database.query(
    `SELECT type, level, message, data FROM attune.job_events WHERE job_id = $1 AND type = 'job.status_changed' AND data->>'status' IN ('completed','failed','cancelled','expired')`,
    [job],
  );
  const { rows: gaps } = await database.query('SELECT count(*)::int - max(seq) AS gap FROM attune.job_events WHERE job_id = $1', [job]);
  const comparable = artifacts
    .filter(({ kind }) => kind !== 'manifest')
    .map((artifact) => [`${artifact.stage}/${artifact.kind}`, `${contentHash(attune.dataDir, artifact)} ${artifact.records}`]);
  return { artifacts: Object.fromEntries(comparable), ledger, terminal, gap: gaps[0].gap };
}

function compare(reference, found, what) {
  if (found.terminal.length !== 1) throw new Error(`${what} has ${found.terminal.length} terminal events`);
  const [expected, actual] = [JSON.stringify(reference), JSON.stringify(found)];
  if (expected !== actual) throw new Error(`${what} differs from the undisturbed one:\n${expected}\n${actual}`);
}

function total() {
  return Object.values(hits).reduce((sum, count) => sum + count, 0);
}
