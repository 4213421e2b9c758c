// What it costs to share one input among workers: npm run bench -- slices [--rows N] [--runs N] [--slices N] [--json]. Everything is
// done by one worker here, one thing after another, so that the sums can be divided by however many there are.
import fs from 'node:fs';
import { spawnSync } from 'node:child_process';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { built, planOf } from './engine/plan.mjs';
import { median, round } from './measured.mjs';

const { Engine } = await built('platform/dist/index.js');

export async function run(args) {
  const text = (value) => ({ type: 'string', default: value });
  const { values } = parseArgs({
    args,
    options: { rows: text('1000000'), runs: text('3'), slices: text('8'), seed: text('7'), json: { type: 'boolean', default: false } },
  });
  const dir = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'attune-slices-bench-')));
  const engine = new Engine({ size: 1, memoryLimitMb: 256, threads: Math.min(2, os.availableParallelism()) });
  try {
    const input = path.join(dir, 'members.csv');
    const generator = ['generate-members.mjs', '--rows', values.rows, '--seed', values.seed, '--out', input];
    const made = spawnSync(process.execPath, generator, { cwd: import.meta.dirname, encoding: 'utf8' });
    if (made.status !== 0) throw new Error(made.stderr);
    const seen = { whole: [], cut: [], decode: [], transform: [] };
    const scratch = scratchIn(dir);
    const inspected = scratch();
    await engine.run('inspect', { input, scratch: inspected });
    const { plan } = planOf(read(inspected, 'detection.json'), read(inspected, 'sample-profile.json'));
    const task = { input, plan };
    for (let run = 0; run <= Number(values.runs); run++) {
      const found = await once(engine, task, Number(values.slices), scratch);
      if (run === 0) continue; // the first one warms the engine
      for (const [name, seconds] of Object.entries(found)) seen[name].push(seconds);
      if (!values.json) console.log(JSON.stringify({ run, ...found }));
    }
    const seconds = Object.fromEntries(Object.entries(seen).map(([name, runs]) => [name, round(median(runs))]));
    console.log(JSON.stringify({ rows: Number(values.rows), bytes: fs.statSync(input).size, slices: Number(values.slices), seconds }));
  } finally {
    await engine.close();
    fs.rmSync(dir, { recursive: true, force: true });
  }
}

/** Seconds of one pass over the input, and of the three parts of sharing it. */
async function once(engine, task, slices, scratch) {
  const identity = 'bench';
  const findings = { planFindings: [] };
  const whole = await timed(() => engine.run('transform', { ...task, ...findings, scratch: scratch() }));
  const at = scratch();
  const { size } = fs.statSync(task.input);
  const cut = await timed(() => engine.run('cut', { ...task, sliceBytes: Math.ceil(size / slices), identity, scratch: at }));
  const files = [];
  let decode = 0;
  for (const [ordinal, { from, to, end }] of read(at, 'slices.json').slices.entries()) {
    const own = scratch();
    const input = path.join(own, 'slice');
    copyRange(task.input, from.byteOffset, end, input);
    decode += await timed(() =>
      engine.run('decode', { input, size, plan: task.plan, slice: { from, to }, ordinal, identity, scratch: own }),
    );
    fs.rmSync(input);
    files.push(path.join(own, 'decoded.bin'));
  }
  const transform = await timed(() => engine.run('transform', { ...task, ...findings, scratch: scratch(), decoded: { files, identity } }));
  scratch.clear();
  return { whole, cut, decode, transform };
}

function scratchIn(dir) {
  let count = 0;
  const made = () => {
    const directory = path.join(dir, `attempt-${count++}`);
    fs.mkdirSync(directory);
    return directory;
  };
  made.clear = () => {
    for (const name of fs.readdirSync(dir)) if (name.startsWith('attempt-')) fs.rmSync(path.join(dir, name), { recursive: true });
  };
  return made;
}

function copyRange(from, start, end, to) {
  const [source, target] = [fs.openSync(from, 'r'), fs.openSync(to, 'w')];
  const buf = Buffer.alloc(1 << 22);
  for (let at = start; at < end;) {
    const bytes = fs.readSync(source, buf, 0, Math.min(buf.length, end - at), at);
    fs.writeSync(target, buf, 0, bytes);
    at += bytes;
  }
  fs.closeSync(source);
  fs.closeSync(target);
}

const read = (directory, file) => JSON.parse(fs.readFileSync(path.join(directory, file), 'utf8'));

async function timed(work) {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}
