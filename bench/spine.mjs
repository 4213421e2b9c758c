// The whole way of one file: POST to completed through HTTP, all services, csv + parquet, in the all-in-one on the embedded default.
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { watchMemory } from './memory.mjs';

const ROOT = path.resolve(import.meta.dirname, '..');

export async function run(args) {
  const { values } = parseArgs({
    args,
    options: {
      rows: { type: 'string', default: '1000000' },
      seed: { type: 'string', default: '7' },
      runs: { type: 'string', default: '1' },
      keep: { type: 'boolean', default: false },
    },
  });
  const rows = Number(values.rows);
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'attune-bench-'));
  const file = path.join(dir, 'members.csv');
  generate(file, values.rows, values.seed);
  const attune = await start(path.join(dir, 'data'));
  try {
    for (let run = 1; run <= Number(values.runs); run++)
      console.log(JSON.stringify({ run, rows, bytes: fs.statSync(file).size, ...(await measure(attune, file, rows)) }));
  } finally {
    attune.process.kill('SIGTERM');
    await attune.ended;
    if (!values.keep) fs.rmSync(dir, { recursive: true, force: true });
  }
}

function generate(file, rows, seed) {
  const { status, stderr } = spawnSync(
    process.execPath,
    [path.join(ROOT, 'bench/generate-members.mjs'), '--rows', rows, '--seed', seed, '--hostile', '0.001', '--out', file],
    { encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`the generator failed: ${stderr}`);
}

async function start(dataDir) {
  const child = spawn(process.execPath, [path.join(ROOT, 'apps/attune/bin/attune.mjs'), 'up'], {
    env: { ...process.env, ATTUNE_DATA_DIR: dataDir, ATTUNE_HTTP_PORT: '0', ATTUNE_LOG_LEVEL: 'warn' },
    stdio: ['ignore', 'inherit', 'ignore'],
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const urlFile = path.join(dataDir, 'url');
  for (const deadline = Date.now() + 60_000; !fs.existsSync(urlFile);) {
    if (child.exitCode !== null || Date.now() > deadline) throw new Error('Attune did not start; run npm run quickstart first');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return { process: child, ended, url: fs.readFileSync(urlFile, 'utf8'), key: fs.readFileSync(path.join(dataDir, 'api-key'), 'utf8') };
}

async function measure(attune, file, rows) {
  const headers = { Authorization: `Bearer ${attune.key}` };
  const form = new FormData();
  form.set('operation', 'harmonize');
  form.set('file', await fs.openAsBlob(file), 'members.csv');
  const stop = watchMemory(attune.process.pid);
  const started = performance.now();
  const submitted = await fetch(`${attune.url}/api/v1/jobs`, { method: 'POST', headers, body: form });
  if (submitted.status !== 202) throw new Error(`submit answered ${submitted.status}`);
  const accepted = performance.now();
  const { links } = await submitted.json();
  let job;
  do {
    await new Promise((resolve) => setTimeout(resolve, 100));
    job = await (await fetch(attune.url + links.self, { headers })).json();
  } while (job.completed_at === null);
  const seconds = (performance.now() - started) / 1000;
  if (job.status !== 'completed') throw new Error(`the job is ${job.status}: ${JSON.stringify(job.error)}`);
  const stages = Object.fromEntries(
    job.stages.map(({ name, started_at, ended_at }) => [name, (Date.parse(ended_at) - Date.parse(started_at)) / 1000]),
  );
  return {
    seconds: round(seconds),
    upload_seconds: round((accepted - started) / 1000),
    rows_per_second: Math.round(rows / seconds),
    stages,
    ...stop(),
    ledger: job.row_ledger.find(({ stage }) => stage === 'transform'),
  };
}

const round = (value) => Math.round(value * 100) / 100;
