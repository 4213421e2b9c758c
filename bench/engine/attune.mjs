// The job of the engine bench in Attune's engine: attune.mjs INPUT OUT_DIR THREADS. Inspect, plan, transform (silver as Parquet, findings,
// quarantine, duplicates, profile, lineage) and publish (csv and parquet), each in the engine process as in a job, without the job around it.
import fs from 'node:fs';
import path from 'node:path';
import { built, planOf } from './plan.mjs';

const { Engine } = await built('platform/dist/index.js');

const [input, out, threads] = process.argv.slice(2);
const phases = {};
const engine = new Engine({
  size: 1,
  memoryLimitMb: 256,
  threads: Number(threads),
  onPhase: ({ name, startedAt, endedAt }) => (phases[name] = ((phases[name] ?? 0) * 1000 + endedAt - startedAt) / 1000),
});
await engine.warm();
const scratch = (stage) => {
  const directory = path.join(out, stage);
  fs.mkdirSync(directory, { recursive: true });
  return fs.realpathSync(directory);
};
const read = (directory, file) => JSON.parse(fs.readFileSync(path.join(directory, file), 'utf8'));

const started = performance.now();
const inspected = scratch('inspect');
await engine.run('inspect', { input, scratch: inspected });
const { plan, findings } = planOf(read(inspected, 'detection.json'), read(inspected, 'sample-profile.json'));
const transformed = scratch('transform');
const { ledger } = await engine.run('transform', { input, plan, planFindings: findings, scratch: transformed });
// The next stage has silver in its own scratch, as a second name of the same file.
const published = scratch('publish');
const silver = path.join(published, 'in.silver');
fs.linkSync(path.join(transformed, 'silver.parquet'), silver);
await engine.run('publish', { silver: [silver], plan, formats: ['csv', 'parquet'], records: ledger.recordsOut, scratch: published });
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
