// The job of the engine bench in Attune's engine: attune.mjs INPUT OUT_DIR THREADS. Inspect, plan, transform (silver as Parquet, findings,
// quarantine, duplicates, profile, lineage) and publish (csv and parquet), each in the engine process as in a job, without the job around it.
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { watchMemory } from '../memory.mjs';

const LIBS = path.resolve(import.meta.dirname, '../../libs');
const { makePlan } = await import(pathToFileURL(path.join(LIBS, 'pipeline/dist/index.js')).href);
const { Engine } = await import(pathToFileURL(path.join(LIBS, 'platform/dist/index.js')).href);

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

const stop = watchMemory(process.pid);
const started = performance.now();
const inspected = scratch('inspect');
await engine.run('inspect', { input, scratch: inspected });
const { plan, findings } = makePlan({
  detection: read(inspected, 'detection.json'),
  profile: read(inspected, 'sample-profile.json'),
  options: {
    remove_duplicates: true,
    standardize_fields: true,
    validate_schema: true,
    output_formats: ['csv', 'parquet'],
    review: 'never',
  },
  receivedAt: '2026-01-01T00:00:00Z',
});
const transformed = scratch('transform');
const { ledger } = await engine.run('transform', { input, plan, planFindings: findings, scratch: transformed });
// The next stage has silver in its own scratch, as a second name of the same file.
const published = scratch('publish');
const silver = path.join(published, 'in.silver');
fs.linkSync(path.join(transformed, 'silver.parquet'), silver);
await engine.run('publish', { silver: [silver], plan, formats: ['csv', 'parquet'], records: ledger.recordsOut, scratch: published });
const seconds = (performance.now() - started) / 1000;
const { sum_rss_mib: sum, max_process_mib: largest } = stop();
console.log(
  JSON.stringify({
    seconds,
    rows: ledger.recordsIn,
    out: ledger.recordsOut,
    peak_rss_bytes: sum * 2 ** 20,
    largest_rss_bytes: largest * 2 ** 20,
    phases,
  }),
);
await engine.close();
