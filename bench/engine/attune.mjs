// The job of the engine bench in Attune's engine: attune.mjs INPUT OUT_DIR THREADS. Inspect, plan, transform (silver as Parquet, findings,
// quarantine, duplicates, profile, lineage) and publish (csv and parquet), each in the engine process as in a job, without the job around it.
import fs from 'node:fs';
import path from 'node:path';
import { built, planOf } from './plan.mjs';

const { Engine } = await built('platform/dist/index.js');

const HEAD_BYTES = 16 << 20;
const [input, out, threads] = process.argv.slice(2);
const phases = {};
const engine = new Engine({
  size: 1,
  memoryLimitMb: 256,
  threads: Number(threads),
  onPhase: ({ name, startedAt, endedAt }) => (phases[name] = ((phases[name] ?? 0) * 1000 + endedAt - startedAt) / 1000),
});
await engine.warm();
const read = (directory, file) => JSON.parse(fs.readFileSync(path.join(directory, file), 'utf8'));

/** The whole job over a file, in folders of its own. */
async function work(file, name) {
  const scratch = (stage) => {
    const directory = path.join(out, name, stage);
    fs.mkdirSync(directory, { recursive: true });
    return fs.realpathSync(directory);
  };
  const inspected = scratch('inspect');
  await engine.run('inspect', { input: file, scratch: inspected });
  const { plan, findings } = planOf(read(inspected, 'detection.json'), read(inspected, 'sample-profile.json'));
  const transformed = scratch('transform');
  const { ledger, files } = await engine.run('transform', { input: file, plan, planFindings: findings, scratch: transformed });
  // The next stage has its inputs in its own scratch, as second names of the same files.
  const published = scratch('publish');
  const given = (kind) => {
    const left = files.find((one) => one.kind === kind);
    if (left !== undefined) fs.linkSync(path.join(transformed, left.file), path.join(published, `in.${kind}`));
    return left && path.join(published, `in.${kind}`);
  };
  const silverCsv = given('silver_csv');
  await engine.run('publish', {
    silver: [given('silver')],
    ...(silverCsv && { silverCsv }),
    plan,
    formats: ['csv', 'parquet'],
    records: ledger.recordsOut,
    scratch: published,
  });
  return ledger;
}

/** The records at the beginning of the input. */
function headOf(bytes) {
  const buf = Buffer.alloc(bytes);
  const fd = fs.openSync(input, 'r');
  const held = fs.readSync(fd, buf, 0, bytes, 0);
  fs.closeSync(fd);
  const file = path.join(out, 'head.csv');
  fs.writeFileSync(file, buf.subarray(0, buf.lastIndexOf(0x0a, held - 1) + 1));
  return file;
}

// Engine processes live as long as their service: the job that is timed is their second one, as every job but the first is in service.
await work(headOf(HEAD_BYTES), 'before');
for (const name of Object.keys(phases)) delete phases[name];
const started = performance.now();
const ledger = await work(input, 'job');
const seconds = (performance.now() - started) / 1000;
const peaks = family().map(peakOf);
console.log(
  JSON.stringify({
    seconds,
    rows: ledger.recordsIn,
    out: ledger.recordsOut,
    peak_rss_bytes: peaks.reduce((sum, peak) => sum + peak, 0),
    largest_rss_bytes: Math.max(...peaks),
    phases,
  }),
);
await engine.close();

/** This process and the engine processes that it has started. */
function family() {
  const children = fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name) && parentOf(name) === process.pid);
  return [String(process.pid), ...children];
}

function parentOf(pid) {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return 0; // it has ended meanwhile
  }
}

/** The largest resident size that the process ever had; the sum over processes is an upper bound, since they need not have peaked together. */
function peakOf(pid) {
  return Number(/^VmHWM:\s+(\d+)/m.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) * 1024;
}
