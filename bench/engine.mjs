// The engine against its peers, the same file and the same outputs, one after another in turns: npm run bench -- engine --rows N [--json].
// What each peer does and lacks stands at the head of its file in bench/engine. Peers that are not there are told as null, never guessed.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { FIELDS, NULL_TOKENS, SEX, STATES } from './engine/job.mjs';
import { installPeers, median, round } from './measured.mjs';

const HERE = import.meta.dirname;
const JOB = JSON.stringify({ fields: FIELDS, null_tokens: NULL_TOKENS, sex: SEX, states: STATES });

/** Everybody who takes part, by name: how to start it, and what it needs. */
const contestants = (python) => ({
  attune: (input, out, threads) => [process.execPath, 'engine/attune.mjs', input, out, threads],
  'nodejs-polars': (input, out) => [process.execPath, 'engine/polars-peer.mjs', input, out],
  'duckdb-sql': (input, out, threads) => [process.execPath, 'engine/duckdb-peer.mjs', input, out, threads],
  pandas: (input, out) => [python, 'engine/pandas_peer.py', input, out, JOB],
  'tokenizer-limit': (input) => [process.execPath, 'engine/one-core.mjs', input],
});

export async function run(args) {
  const text = (value) => ({ type: 'string', default: value });
  const { values } = parseArgs({
    args,
    options: {
      ...{ rows: text('1000000'), seed: text('7'), runs: text('5'), threads: text(String(Math.min(2, os.availableParallelism()))) },
      ...{ python: text('python3'), without: text(''), json: { type: 'boolean', default: false } },
    },
  });
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'attune-engine-bench-'));
  try {
    const input = path.join(dir, 'members.csv');
    must([process.execPath, 'generate-members.mjs', '--rows', values.rows, '--seed', values.seed, '--out', input]);
    installPeers();
    const found = Object.entries(contestants(values.python)).filter(([name]) => !values.without.split(',').includes(name));
    const seen = Object.fromEntries(found.map(([name]) => [name, []]));
    for (let run = 1; run <= Number(values.runs); run++)
      for (const [name, command] of found) {
        const result = seen[name] === null ? null : measure(command, input, path.join(dir, 'out'), values.threads);
        if (result === null) seen[name] = null;
        else seen[name].push(result);
        if (!values.json) console.log(JSON.stringify({ run, name, load: round(os.loadavg()[0]), ...(result ?? { missing: true }) }));
      }
    console.log(JSON.stringify(summary(seen, Number(values.rows), Number(values.threads))));
  } finally {
    fs.rmSync(dir, { recursive: true, force: true });
  }
}

function measure(command, input, out, threads) {
  fs.rmSync(out, { recursive: true, force: true });
  fs.mkdirSync(out);
  const [program, ...args] = command(input, out, threads);
  const { status, stdout, stderr } = spawnSync(program, args, { cwd: HERE, encoding: 'utf8', maxBuffer: 1 << 26 });
  if (status === 0) return JSON.parse(stdout.trim().split('\n').at(-1));
  console.error(`${args[0]} could not be executed: ${stderr?.trim().split('\n').at(-1) ?? program}`);
  return null;
}

const of = (runs, member) => median(runs.map((one) => one[member]));

function summary(seen, rows, threads) {
  const ours = of(seen.attune, 'seconds');
  const ratio = (name) => (seen[name] == null ? null : round(of(seen[name], 'seconds') / ours));
  const core = seen['tokenizer-limit'];
  return {
    rows,
    seconds: round(ours),
    rows_per_second: Math.round(rows / ours),
    peak_rss_bytes: Math.max(...seen.attune.map((one) => one.peak_rss_bytes)),
    ratios: {
      'nodejs-polars': ratio('nodejs-polars'),
      'duckdb-sql': ratio('duckdb-sql'),
      pandas: ratio('pandas'),
      // Of one core: the seconds of the byte loop over those of the whole pass.
      'tokenizer-limit': core == null ? null : round(of(core, 'limit_seconds') / of(core, 'seconds')),
    },
    threads,
    runs: seen.attune.length,
    seconds_by: Object.fromEntries(Object.entries(seen).map(([name, runs]) => [name, runs && runs.map(({ seconds }) => round(seconds))])),
  };
}

function must([program, ...args]) {
  const { status, stderr } = spawnSync(program, args, { cwd: HERE, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${args[0]} failed: ${stderr}`);
}
