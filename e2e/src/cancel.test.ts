import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { isTerminal, JobBody, jobPaths, JobStatusBody } from '@attune/api';
import { Installation, ROOT } from './installation.js';

const CANCELS = Number(process.env['TEST_CANCELS'] ?? 5);
const ROWS = process.env['TEST_CANCELS'] === undefined ? '60000' : '300000';
/** That of a worker which died; how fast a living one is `npm run bench -- jobs --only P9` measures. */
const SLOWEST_MS = 10_000;
jest.setTimeout(1_200_000);

let attune: Installation;
let bytes: Buffer;
beforeAll(async () => {
  attune = await Installation.start({ ATTUNE_RATE_API: '0', ATTUNE_RATE_JOBS: '0' });
  const file = path.join(attune.directory, 'members.csv');
  const generator = path.join(ROOT, 'bench/generate-members.mjs');
  expect(spawnSync(process.execPath, [generator, '--rows', ROWS, '--seed', '13', '--out', file]).status).toBe(0);
  bytes = fs.readFileSync(file);
});
afterAll(async () => expect(await attune.stop()).toEqual({ exitCode: 0, left: [] }), 60_000);

const upload = () => ({ bytes, name: 'members.csv', options: { output_formats: ['csv', 'json', 'ndjson', 'parquet'] } });

test(`${CANCELS} jobs that are cancelled at any moment are so within ${SLOWEST_MS} ms, and nothing of them commits afterwards`, async () => {
  const undisturbed = await attune.run(upload());
  expect(undisturbed.status).toBe('completed');
  const lasts = Date.parse(undisturbed.completed_at!) - Date.parse(undisturbed.created_at);
  const waits: number[] = [];
  const places: Record<string, number> = {};
  const left = new Map<string, string>();
  // Evenly over the whole job, so that each of its stages is met; one that has ended before its turn came is not a cancellation.
  for (let turn = 0; waits.length < CANCELS; turn++) {
    const { job_id: id } = await attune.submit(upload());
    await pause(((turn * 0.618) % 1) * lasts * 0.95);
    const began = performance.now();
    const answer = await attune.request(jobPaths(id).self, { method: 'DELETE' });
    if (answer.status === 204) continue;
    expect(answer.status).toBe(202);
    const asked = JobBody.parse(await answer.json());
    let { status, version }: Pick<JobBody, 'status' | 'version'> = asked;
    places[asked.stage ?? 'none'] = (places[asked.stage ?? 'none'] ?? 0) + 1;
    while (!isTerminal(status))
      ({ status, version } = await attune.read(JobStatusBody, `${jobPaths(id).status}?wait=10&since_version=${version}`));
    waits.push(performance.now() - began);
    expect(status).toBe('cancelled');
    left.set(id, await traces(id));
  }
  // Another whole job: whatever a cancelled one still had in flight has had the time to arrive.
  expect((await attune.run(upload())).status).toBe('completed');
  for (const [id, before] of left) expect([id, await traces(id)]).toEqual([id, before]);
  const slowest = waits.sort((a, b) => a - b).map(Math.round);
  if (process.env['TEST_CANCELS'] !== undefined) {
    const at = (share: number): number => slowest[Math.min(slowest.length - 1, Math.ceil(share * slowest.length) - 1)]!;
    process.stdout.write(
      `${JSON.stringify({ cancels: CANCELS, rows: Number(ROWS), job_ms: lasts, places, p50: at(0.5), p99: at(0.99) })}\n`,
    );
  }
  expect(slowest.at(-1)).toBeLessThanOrEqual(SLOWEST_MS);
});

/** Everything that a job can leave behind: rows of every table, and its stored bytes. No attempt is open, and it has one end. */
function traces(id: string): Promise<string> {
  return attune.withDatabase(async (database) => {
    const job = id.slice(4);
    const read = async (text: string): Promise<Record<string, unknown>[]> =>
      (await database.query(text, [job])).rows as Record<string, unknown>[];
    const events = await read('SELECT seq, type, data FROM attune.job_events WHERE job_id = $1 ORDER BY seq');
    const artifacts = await read('SELECT stage, kind, sha256, storage_key FROM attune.artifacts WHERE job_id = $1 ORDER BY stage, kind');
    const stages = await read('SELECT stage, status, epoch FROM attune.job_stages WHERE job_id = $1 ORDER BY position');
    const attempts = await read('SELECT stage, epoch, outcome FROM attune.attempts WHERE job_id = $1 ORDER BY stage, epoch');
    const ledger = await read('SELECT * FROM attune.row_ledger WHERE job_id = $1 ORDER BY stage');
    expect(events.at(-1)).toMatchObject({ type: 'job.status_changed', data: { status: 'cancelled' } });
    expect(stages.filter(({ status }) => status !== 'done' && status !== 'cancelled')).toEqual([]);
    expect(attempts.filter(({ outcome }) => outcome === null)).toEqual([]);
    return JSON.stringify({ events, artifacts, stages, attempts, ledger });
  });
}
