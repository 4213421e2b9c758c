import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { jobActions, type JobBody, jobPaths } from '@attune/api';
import { contentHash, type StoredContent } from '../faults/content-hash.mjs';
import { expectConservation, Installation } from './installation.js';

const HEADER = 'MRN,First Name,Last Name,Birth Date,City';
const ROWS = 30_000;
const BAD = 300;
/** Every hundredth of these invented people lacks the city. */
const PEOPLE = [
  HEADER,
  ...Array.from({ length: ROWS }, (_, i) => `P${i},Kim,Reed,19${10 + (i % 90)}-01-01${i % (ROWS / BAD) === 0 ? '' : ',Athens'}`),
].join('\n');
const MENDED = ['_record,City', ...Array.from({ length: BAD }, (_, i) => `${(i * ROWS) / BAD + 1},Lima`)].join('\n');

let attune: Installation;
beforeAll(async () => (attune = await Installation.start()));
afterAll(async () => expect(await attune.stop()).toMatchObject({ left: [] }));

const submitted = (): Promise<JobBody> => attune.run({ bytes: PEOPLE, options: { output_formats: ['csv', 'ndjson'] } });

async function resubmit(id: string): Promise<void> {
  const answer = await attune.request(jobActions(id).resubmit, { method: 'POST', headers: { 'Content-Type': 'text/csv' }, body: MENDED });
  expect(answer.status).toBe(202);
}

/** Everything that the job has now, read past Attune. */
async function effect(id: string): Promise<unknown> {
  return attune.withDatabase(async (database) => {
    const { rows: artifacts } = await database.query(
      `SELECT generation, stage, shard, kind, sha256, records, storage_key FROM attune.artifacts WHERE job_id = $1 AND kind <> 'manifest' ORDER BY 1, 2, 3, 4`,
      [id.slice(4)],
    );
    const { rows: ledger } = await database.query(
      `SELECT generation, stage, shard, records_in, records_out, records_quarantined, records_merged FROM attune.row_ledger WHERE job_id = $1 ORDER BY 1, 2, 3`,
      [id.slice(4)],
    );
    const { rows: ends } = await database.query(
      `SELECT data FROM attune.job_events WHERE job_id = $1 AND data->>'status' IN ('completed', 'failed', 'cancelled') ORDER BY seq`,
      [id.slice(4)],
    );
    const contents = artifacts.map(({ storage_key, ...artifact }: StoredContent & { storage_key: string }) => ({
      ...artifact,
      sha256: contentHash(attune.server.dataDir, { ...artifact, storage_key }),
    }));
    return { contents, ledger, ends };
  });
}

/** Kills the process while a worker has the stage; false when the stage was over before. */
async function killedIn(id: string, stage: string, shard: number): Promise<boolean> {
  const status = async (): Promise<string> =>
    attune.withDatabase(async (database) => {
      const text = 'SELECT status FROM attune.job_stages WHERE job_id = $1 AND stage = $2 AND shard = $3';
      return ((await database.query(text, [id.slice(4), stage, shard])).rows[0] as { status: string }).status;
    });
  for (let now = await status(); now !== 'running'; now = await status()) {
    if (now === 'done') return false;
    await pause(1);
  }
  const [victim] = attune.server.processes;
  await victim!.kill();
  await victim!.start();
  return true;
}

test('a resubmission that is killed in each of its stages leaves what an undisturbed one does', async () => {
  await submitted(); // every job that is compared has one before it
  const reference = await submitted();
  await resubmit(reference.job_id);
  const undisturbed = await attune.ended(reference.job_id);
  expect(undisturbed).toMatchObject({
    status: 'completed',
    generation: 2,
    row_ledger: [{ records_in: ROWS, records_quarantined: 0 }, {}, {}],
  });
  const { job_id: id } = await submitted();
  await resubmit(id);
  const hits: string[] = [];
  for (const [stage, shard] of [
    ['transform', 1],
    ['check', 0],
    ['publish', 0],
  ] as const)
    if (await killedIn(id, stage, shard)) hits.push(stage);
  expectConservation(await attune.ended(id));
  expect(await effect(id)).toEqual(await effect(reference.job_id));
  expect(hits).toContain('transform');
  expect(hits).toContain('publish');
});

test('a resubmission that is cancelled leaves the result that was there, and another one begins from it', async () => {
  const { job_id: id } = await submitted();
  const sha256 = async (): Promise<string> =>
    createHash('sha256')
      .update(new Uint8Array(await (await attune.request(`${jobPaths(id).result}?format=csv`)).arrayBuffer()))
      .digest('hex');
  const before = await sha256();
  await resubmit(id);
  expect((await attune.send(jobPaths(id).self, 'DELETE')).status).toBe(202);
  expect(await attune.ended(id)).toMatchObject({
    status: 'cancelled',
    generation: 2,
    row_ledger: [{ stage: 'transform', records_quarantined: BAD }, {}, {}],
  });
  expect(await sha256()).toBe(before);
  expect(await attune.quarantine(id)).toHaveLength(BAD);
  await resubmit(id);
  expect(await attune.ended(id)).toMatchObject({ status: 'completed', generation: 3 });
  expect(await attune.quarantine(id)).toEqual([]);
  expect(await sha256()).not.toBe(before);
});
