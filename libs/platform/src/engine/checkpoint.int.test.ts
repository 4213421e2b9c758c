import { execFileSync } from 'node:child_process';
import { existsSync, watch } from 'node:fs';
import { cp, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Detection, Plan, SampleProfile, StageOutcome } from '@attune/core';
import { makePlan } from '@attune/pipeline';
import { attemptFolder, hashesOf, readJson } from './attempt-folder.fixture.js';
import { CHECKPOINT, CHECKPOINT_FILES } from './checkpoint.js';
import { zipOf } from './container/containers.fixture.js';
import { Engine } from './engine.js';
import type { Resume } from './protocol.js';

const OPTIONS = { remove_duplicates: true, standardize_fields: true, validate_schema: true, output_formats: [], review: 'never' as const };
const HEADER = 'member_id,last_name,dob,gender,note\n';
const SHARD_BYTES = 1 << 17;
const RESUME: Resume = { input: 'the same bytes', version: 'the same engine', earlier: [] };

/** Lines of all kinds; every eleventh repeats one from far before it, on the other side of some border. */
function text(lines: number, from = 0): Buffer {
  const made = Array.from({ length: lines }, (_, i) => {
    const n = (i + from) % 11 === 4 ? Math.floor(i / 2) : i + from;
    const note =
      n % 7 === 0 ? `"first line\nm-${n},looks,1999-01-01,like,a record\nlast"` : n % 601 === 5 ? `"odd ${n}" x` : `note ${n % 50}`;
    return `m-${n},"O'NEIL ${n % 300}, Jr",${(n % 13) + 1}/${(n % 31) + 1}/19${10 + (n % 90)},${n % 4},${note}${n % 97 === 0 ? '\u0001' : ''}\n`;
  });
  return Buffer.from(HEADER + made.join(''));
}

const folder = attemptFolder('attune-checkpoint-');
const engines = new Map([1, 2].map((threads) => [threads, new Engine({ size: 1, memoryLimitMb: 128, threads, shardBytes: SHARD_BYTES })]));
afterAll(() => Promise.all([...engines.values()].map((engine) => engine.close())));

interface Job {
  readonly input: string;
  readonly plan: Plan;
  readonly planFindings: never[];
}

async function jobOver(name: string, bytes: Buffer): Promise<Job> {
  const input = await folder.input(name, bytes);
  const scratch = await folder.attempt();
  await engines.get(1)!.run('inspect', { input, scratch });
  const detection = await readJson<Detection>(scratch, 'detection.json');
  const profile = await readJson<SampleProfile>(scratch, 'sample-profile.json');
  return { input, plan: makePlan({ detection, profile, options: OPTIONS, receivedAt: '2026-01-01T00:00:00Z' }).plan, planFindings: [] };
}

interface Attempt {
  readonly scratch: string;
  /** Shares of the input at which the task said it was. */
  readonly told: number[];
}

/** One attempt to its end; the hashes of everything that it leaves. */
async function whole(
  job: Job,
  threads: number,
  resume?: Resume,
): Promise<Attempt & { hashes: Record<string, string>; outcome: StageOutcome }> {
  const scratch = await folder.attempt();
  const told: number[] = [];
  const onProgress = ({ done, total }: { done: number; total: number }): void => void told.push(done / total);
  const outcome = await engines
    .get(threads)!
    .run('transform', { ...job, scratch, ...(resume === undefined ? {} : { resume }) }, { onProgress });
  const hashes = await hashesOf(scratch, outcome.files);
  return { scratch, told, hashes, outcome };
}

/** The engine processes of this test; the shell and unshare have become the process itself. */
function children(): number[] {
  const table = execFileSync('ps', ['-o', 'pid=,args=', '--ppid', String(process.pid)], { encoding: 'utf8' });
  return table
    .split('\n')
    .filter((row) => /attune-engine|engine-process\.js/.test(row))
    .map((row) => Number.parseInt(row, 10));
}

/** One attempt that is killed with -9 once so many checkpoints were left, or somewhat after the last of them. */
async function killed(
  job: Job,
  threads: number,
  earlier: readonly string[],
  checkpoints: number,
  afterMs: number,
): Promise<Attempt & { ended: boolean }> {
  const scratch = await folder.attempt();
  const told: number[] = [];
  let left = 0;
  await engines.get(threads)!.warm();
  const pids = children();
  const kill = (): void => pids.forEach((pid) => process.kill(pid, 'SIGKILL'));
  const watcher = watch(scratch, (event, name) => {
    if (event !== 'rename' || name !== CHECKPOINT || ++left !== checkpoints) return;
    if (afterMs === 0) kill();
    else setTimeout(kill, afterMs);
  });
  const ended = await engines
    .get(threads)!
    .run(
      'transform',
      { ...job, scratch, resume: { ...RESUME, earlier } },
      { onProgress: ({ done, total }) => void told.push(done / total) },
    )
    .then(
      () => true,
      () => false,
    );
  watcher.close();
  return { scratch, told, ended };
}

const plain = text(30_000);
const INPUTS: [string, number, Buffer][] = [
  ['a plain text', 2, plain],
  ['a gzip container', 2, gzipSync(plain)],
  [
    'a zip of texts',
    1,
    zipOf([
      { name: 'a.csv', bytes: text(9_000) },
      { name: 'b.csv', bytes: text(300, 3_000) },
      { name: 'c.csv', bytes: text(9_000, 1_000) },
    ]),
  ],
];

test.each(INPUTS)(
  '%s that is killed at and between its checkpoints, with %i threads, leaves the same bytes',
  async (name, threads, bytes) => {
    const job = await jobOver(name, bytes);
    const undisturbed = await whole(job, threads);
    expect(undisturbed.outcome.ledger!.recordsMerged).toBeGreaterThan(100);
    const attempts: Attempt[] = [];
    for (let kills = 0; kills < 3; kills++) {
      const attempt = await killed(
        job,
        threads,
        attempts.map(({ scratch }) => scratch),
        1 + (kills % 2),
        kills % 3,
      );
      if (attempt.ended) break;
      attempts.unshift(attempt);
    }
    expect(attempts.length).toBeGreaterThan(1);
    const resumed = await whole(job, threads, { ...RESUME, earlier: attempts.map(({ scratch }) => scratch) });
    expect(resumed.told[0]).toBeGreaterThan(0);
    expect(resumed.hashes).toEqual(undisturbed.hashes);
    expect(resumed.outcome).toEqual(undisturbed.outcome);
  },
);

test('the work of one thread is gone on with by two, and the other way round', async () => {
  const job = await jobOver('both.csv', plain);
  const undisturbed = await whole(job, 1);
  for (const [first, then] of [
    [1, 2],
    [2, 1],
  ] as const) {
    const { scratch } = await killed(job, first, [], 3, 0);
    const resumed = await whole(job, then, { ...RESUME, earlier: [scratch] });
    expect(resumed.told.find((share) => share > 0)).toBeGreaterThan(0.2);
    expect(resumed.hashes).toEqual(undisturbed.hashes);
  }
});

describe('a checkpoint is not used', () => {
  let job: Job;
  let undisturbed: Record<string, string>;
  let left: string;
  beforeAll(async () => {
    job = await jobOver('refused.csv', plain);
    undisturbed = (await whole(job, 1)).hashes;
    left = (await killed(job, 1, [], 4, 0)).scratch;
    expect(existsSync(join(left, CHECKPOINT))).toBe(true);
  });

  /** Where a pass began that was offered what is left, changed as told. */
  async function begins(
    change: (scratch: string) => Promise<void>,
    resume: Partial<Resume> = {},
    of: Job = job,
  ): Promise<{ share: number; same: boolean }> {
    const scratch = await folder.attempt();
    for (const file of CHECKPOINT_FILES) await cp(join(left, file), join(scratch, file));
    await change(scratch);
    const { told, hashes } = await whole(of, 1, { ...RESUME, ...resume, earlier: [scratch] });
    return { share: told[0]!, same: JSON.stringify(hashes) === JSON.stringify(undisturbed) };
  }
  const flip = (file: string, share: number) => async (scratch: string) => {
    const bytes = await readFile(join(scratch, file));
    bytes[Math.floor((bytes.length - 1) * share)]! ^= 1;
    await writeFile(join(scratch, file), bytes);
  };
  const START = SHARD_BYTES / plain.length;

  test('unless it is whole: then it is', async () => {
    expect((await begins(() => Promise.resolve())).share).toBeGreaterThan(2 * START);
    // What was appended after the checkpoint counts for nothing.
    expect(await begins((scratch) => writeFile(join(scratch, 'silver.part.csv'), 'more', { flag: 'a' }))).toMatchObject({ same: true });
  });

  test.each<[string, (scratch: string) => Promise<void>]>([
    ['with a flipped bit', flip(CHECKPOINT, 0.5)],
    [
      'in which a number is another one',
      async (scratch) => {
        const whole = await readFile(join(scratch, CHECKPOINT), 'utf8');
        await writeFile(
          join(scratch, CHECKPOINT),
          whole.replace(/"rows":\d/, (found) => found.replace(/\d/, (digit) => String((Number(digit) % 9) + 1))),
        );
      },
    ],
    ['of which the end is missing', (scratch) => truncate(join(scratch, CHECKPOINT), 1000)],
    ['with a flipped bit in its rows', flip('silver.part.csv', 0.01)],
    ['with a flipped bit in its findings', flip('findings.ndjson', 0.1)],
    ['with a flipped bit in its set of rows', flip('entered.slots', 0.1)],
    ['whose rows are cut', (scratch) => truncate(join(scratch, 'silver.part.csv'), 5000)],
    ['whose duplicates are cut', (scratch) => truncate(join(scratch, 'duplicates.ndjson'), 10)],
  ])('%s', async (_, change) => {
    const { share, same } = await begins(change);
    expect(share).toBeLessThan(2 * START);
    expect(same).toBe(true);
  });

  test('of other bytes, of another version, or of another plan', async () => {
    const nothing = (): Promise<void> => Promise.resolve();
    expect((await begins(nothing, { input: 'other bytes' })).share).toBeLessThan(2 * START);
    expect((await begins(nothing, { version: 'another engine' })).share).toBeLessThan(2 * START);
    const kept = { ...job, plan: { ...job.plan, options: { ...job.plan.options, remove_duplicates: false } } };
    expect((await begins(nothing, {}, kept)).share).toBeLessThan(2 * START);
  });
});

test('an input of one shard leaves no checkpoint', async () => {
  const job = await jobOver('small.csv', text(500));
  const { scratch } = await whole(job, 1, RESUME);
  expect(existsSync(join(scratch, CHECKPOINT))).toBe(false);
});
