import { setTimeout as pause } from 'node:timers/promises';
import type { JobBody } from '@attune/api';
import { contentHash, type StoredContent } from '../faults/content-hash.mjs';
import { expectConservation, Installation } from './installation.js';
import { manyMembers } from './many-members.js';

jest.setTimeout(240_000);

const UPLOAD = { ...manyMembers(11), options: { output_formats: ['csv', 'parquet'] } };

/** Two for each of two workers. */
const SLICES = 4;

const split = (fromMb: number): ReturnType<typeof Installation.startSplit> =>
  Installation.startSplit({ ATTUNE_SPLIT_FROM_MB: String(fromMb), ATTUNE_SPLIT_WORKERS: '2', ATTUNE_ENGINE_THREADS: '1' });
let attune: Awaited<ReturnType<typeof split>>;
beforeAll(async () => (attune = await split(1)));
afterAll(async () => expect(await attune.stop()).toMatchObject({ left: [] }));

/** Hashes of what the stages have left, by stage and kind. */
async function left(installation: Installation, id: string): Promise<Record<string, string>> {
  return installation.withDatabase(async (database) => {
    const { rows } = await database.query(
      `SELECT stage, kind, sha256, storage_key FROM attune.artifacts WHERE job_id = $1 AND kind NOT IN ('manifest', 'plan', 'quality', 'report') ORDER BY 1, 2`,
      [id.slice(4)],
    );
    return Object.fromEntries(
      rows.map((row: StoredContent & { stage: string }) => [`${row.stage} ${row.kind}`, contentHash(installation.server.dataDir, row)]),
    );
  });
}

interface Try {
  readonly shard: number;
  readonly worker: string;
  readonly outcome: string | null;
}

const tries = (id: string): Promise<readonly Try[]> =>
  attune.withDatabase(async (database) => {
    const text = `SELECT shard, worker, outcome FROM attune.attempts WHERE job_id = $1 AND stage = 'decode' ORDER BY shard, epoch`;
    return (await database.query(text, [id.slice(4)])).rows as Try[];
  });

const decodeOf = ({ stages }: JobBody): JobBody['stages'][number] | undefined => stages.find(({ name }) => name === 'decode');

let undisturbed: Record<string, string>;

test('a large input is decoded by several workers at the same time, and the result is what one worker makes of it', async () => {
  const one = Installation.shared();
  const whole = await one.run(UPLOAD);
  const job = await attune.run(UPLOAD);
  expect([whole.status, job.status, decodeOf(whole)]).toEqual(['completed', 'completed', undefined]);
  expectConservation(job);
  expect(job.row_ledger).toEqual(whole.row_ledger);
  expect(decodeOf(job)).toMatchObject({ status: 'done', shards: { total: SLICES, done: SLICES }, attempt: 1 });
  undisturbed = await left(attune, job.job_id);
  // What was decoded is of no use any more.
  expect(Object.keys(undisturbed).filter((name) => /decode|slices/.test(name))).toEqual([]);
  expect(undisturbed).toEqual(await left(one, whole.job_id));
  expect(new Set((await tries(job.job_id)).map(({ worker }) => worker)).size).toBe(2);
});

test('kill -9 of a worker costs the slices that it was decoding, and nothing is lost or done twice', async () => {
  const { job_id: id } = await attune.submit(UPLOAD);
  const victim = await victimOf(id);
  await victim.kill();
  await victim.start();
  const job = await attune.ended(id);
  expect(job).toMatchObject({ status: 'completed', generation: 1 });
  expect(await left(attune, id)).toEqual(undisturbed);
  const found = await tries(id);
  const lost = found.filter(({ outcome }) => outcome === 'lost').length;
  expect(lost).toBeGreaterThan(0);
  expect(found.filter(({ outcome }) => outcome === 'done')).toHaveLength(SLICES);
  expect(found).toHaveLength(SLICES + lost);
});

test('a cancelled job ends while several workers decode it', async () => {
  const { job_id: id } = await attune.submit(UPLOAD);
  while (!(await tries(id)).some(({ outcome }) => outcome === null)) await pause(1);
  const answer = await attune.request(`/api/v1/jobs/${id}`, { method: 'DELETE' });
  expect(answer.status).toBe(202);
  const job = await attune.ended(id);
  expect(job.status).toBe('cancelled');
  for (const { outcome } of await tries(id)) expect(outcome).not.toBeNull();
});

/** Holds still the process of a slice that is being decoded. */
async function victimOf(id: string): Promise<(typeof attune.server.processes)[number]> {
  for (;;) {
    for (const { worker } of (await tries(id)).filter(({ outcome }) => outcome === null)) {
      const process = attune.server.processes.find(({ pid }) => worker.includes(`-${pid}-`))!;
      process.hold();
      if ((await tries(id)).some((one) => one.worker === worker && one.outcome === null)) return process;
      process.release();
    }
    await pause(1);
  }
}
