import { readdirSync, watch } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Detection, Plan, SampleProfile, StageOutcome } from '@attune/core';
import { makePlan } from '@attune/pipeline';
import { attemptFolder, hashesOf, readJson } from './attempt-folder.fixture.js';
import { CHECKPOINT } from './checkpoint.js';
import { Engine } from './engine.js';
import type { Resume } from './protocol.js';
import { SETTLED_FILES } from './tasks/settle-late.js';

const OPTIONS = { remove_duplicates: true, standardize_fields: true, validate_schema: true, output_formats: [], review: 'never' as const };
/** Room for some 3,000 rows. */
const DEDUP_BYTES = 1 << 17;
const RESUME: Resume = { input: 'the same bytes', version: 'the same engine', earlier: [] };
const ROWS = 50_000;

/** Every ninth row repeats one from far before it, every fifteenth one from among the first; some hold what is taken out of them. */
function text(): Buffer {
  const rows = Array.from({ length: ROWS }, (_, i) => {
    const n = i % 9 === 4 ? Math.floor(i / 2) : i % 15 === 7 ? i % 1000 : i;
    const born = `${(n % 13) + 1}/${(n % 28) + 1}/19${10 + (n % 90)}`;
    return `m-${n},"O'NEIL ${n % 300}, Jr",${born},${n % 4},note ${n % 50}${n % 97 === 0 ? String.fromCharCode(1 + (i % 2)) : ''}\n`;
  });
  return Buffer.from(`member_id,last_name,dob,gender,note\n${rows.join('')}`);
}

const folder = attemptFolder('attune-late-');
const base = { size: 1, memoryLimitMb: 128, shardBytes: 1 << 18 };
const unlimited = new Engine({ ...base, threads: 1 });
const limited = new Map([1, 2].map((threads) => [threads, new Engine({ ...base, threads, dedupBytes: DEDUP_BYTES })]));
afterAll(() => Promise.all([unlimited, ...limited.values()].map((engine) => engine.close())));

interface Job {
  readonly input: string;
  readonly plan: Plan;
  readonly planFindings: never[];
}

let job: Job;
/** With room enough for all rows. */
let undisturbed: Left;
beforeAll(async () => {
  const input = await folder.input('members.csv', text());
  const scratch = await folder.attempt();
  await unlimited.run('inspect', { input, scratch });
  const detection = await readJson<Detection>(scratch, 'detection.json');
  const profile = await readJson<SampleProfile>(scratch, 'sample-profile.json');
  job = { input, plan: makePlan({ detection, profile, options: OPTIONS, receivedAt: '2026-01-01T00:00:00Z' }).plan, planFindings: [] };
  undisturbed = await transformed(unlimited, job);
});

const keeping = (): Job => ({ ...job, plan: { ...job.plan, options: { ...job.plan.options, remove_duplicates: false } } });

interface Left {
  readonly scratch: string;
  /** The hash of each artifact, and what was counted. */
  readonly said: { readonly hashes: Readonly<Record<string, string>>; readonly ledger: StageOutcome['ledger'] };
}

/** `told` hears at which shares of the input the pass is. */
async function transformed(engine: Engine, of: Job, resume?: Resume, told: number[] = []): Promise<Left> {
  const scratch = await folder.attempt();
  const onProgress = ({ done, total }: { done: number; total: number }): void => void told.push(done / total);
  const task = { ...of, scratch, ...(resume === undefined ? {} : { resume }) };
  const { files, ledger } = await engine.run('transform', task, { onProgress });
  const hashes = await hashesOf(scratch, files);
  return { scratch, said: { hashes, ledger } };
}

test.each([
  [1, 'are left out', (): Job => job],
  [2, 'are left out', (): Job => job],
  [2, 'stay', keeping],
])('a set of rows with little room leaves the same artifacts as one with enough: %i threads, duplicates %s', async (threads, _, of) => {
  const { scratch, said } = await transformed(limited.get(threads)!, of());
  expect(said).toEqual(of() === job ? undisturbed.said : (await transformed(unlimited, of())).said);
  // What only the pass needed is gone, and that list is there that was written anew.
  expect(readdirSync(scratch).filter((name) => /late|part|entered|duplicates\.ndjson/.test(name))).toEqual(['settled.duplicates.ndjson']);
  const listed = (await readFile(join(scratch, 'settled.duplicates.ndjson'), 'utf8')).split('\n').length - 1;
  expect(listed).toBeGreaterThan(ROWS / 9);
});

/** An attempt that is killed when a file appears in its scratch directory for the n-th time. */
async function killed(file: string, times: number): Promise<string> {
  const scratch = await folder.attempt();
  const engine = new Engine({ ...base, threads: 1, dedupBytes: DEDUP_BYTES });
  const stop = new AbortController();
  let seen = 0;
  const watcher = watch(scratch, (event, name) => {
    if (event === 'rename' && name === file && ++seen === times) stop.abort();
  });
  await expect(engine.run('transform', { ...job, scratch, resume: RESUME }, { signal: stop.signal })).rejects.toThrow();
  watcher.close();
  await engine.close();
  return scratch;
}

/** Late rows of the checkpoint that is left. */
async function lateIn(scratch: string): Promise<number> {
  const [, body] = (await readFile(join(scratch, CHECKPOINT), 'utf8')).split('\n', 2);
  return (JSON.parse(body!) as { pass: { late: number } }).pass.late;
}

test.each([
  ['while rows are late', CHECKPOINT, 4],
  ['while late rows are settled', SETTLED_FILES.part, 1],
])('an attempt that is killed %s is gone on with, and leaves the same artifacts', async (_, file, times) => {
  const earlier = await killed(file, times);
  expect(await lateIn(earlier)).toBeGreaterThan(5000);
  const told: number[] = [];
  const { said } = await transformed(limited.get(2)!, job, { ...RESUME, earlier: [earlier] }, told);
  expect(said).toEqual(undisturbed.said);
  expect(told[0]).toBeGreaterThan(0.3);
});

test('a checkpoint of a set with another budget is not used', async () => {
  const earlier = await killed(CHECKPOINT, 4);
  const told: number[] = [];
  await transformed(unlimited, job, { ...RESUME, earlier: [earlier] }, told);
  expect(told[0]).toBeLessThan(0.3);
});
