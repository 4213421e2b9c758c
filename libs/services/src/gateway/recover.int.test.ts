import { randomUUID } from 'node:crypto';
import { ApiProblem, AttuneClient, type JobBody } from '@attune/api';
import { bareId, ERROR_KINDS, type ErrorCode, type WorkerService } from '@attune/core';
import { ArtifactsRepository, type Claim, Database, StagesRepository, type StoredArtifact } from '@attune/platform';
import { type RunningGateway, startGateway } from './running-gateway.fixture.js';

let gateway: RunningGateway;
let database: Database;
let stages: StagesRepository;
let ours: AttuneClient;
let theirs: AttuneClient;

beforeAll(async () => {
  gateway = await startGateway();
  ({ database } = gateway);
  stages = new StagesRepository(database);
  [ours, theirs] = [gateway.clientOf(), gateway.clientOf(gateway.theirs)];
});

afterAll(() => gateway?.close());

// Each test claims its own jobs only.
afterEach(() => database.query(`UPDATE attune.job_stages SET next_run_at = 'infinity' WHERE status IN ('ready','running')`));

const submitted = (client = ours, operation: 'harmonize' | 'validate' = 'harmonize'): Promise<JobBody> =>
  client.submit({ file: new Blob([`patient_id\n${randomUUID()}\n`]), operation });
const claimed = async (service: WorkerService): Promise<Claim> => (await stages.claim(service, 'w'))!;
const left = (kind: string, storageKey: string): StoredArtifact => ({ kind, sha256: 'a'.repeat(64), bytes: 1, records: 1, storageKey });
const ledger = { recordsIn: 10, recordsOut: 9, recordsQuarantined: 1, recordsMerged: 0, recordsDropped: 0, dropReasons: {} };

async function passed(service: WorkerService, kind: string): Promise<void> {
  const claim = await claimed(service);
  await stages.commit(claim, { artifacts: [left(kind, `${kind} ${claim.generation}`)], ...(kind === 'silver' ? { ledger } : {}) });
}

async function failed(service: WorkerService, code: ErrorCode = 'encoding'): Promise<void> {
  await stages.fail(await claimed(service), { class: ERROR_KINDS[code].class, code, detail: 'planted' }, 0);
}

/** A job that failed at its check. */
async function failedAtCheck(code: ErrorCode = 'encoding'): Promise<JobBody> {
  const { job_id: id } = await submitted();
  await passed('validator', 'detection');
  await passed('harmonizer', 'plan');
  await passed('harmonizer', 'silver');
  await failed('validator', code);
  return ours.job(id);
}

const statuses = (job: JobBody): string[] => job.stages.map(({ name, status }) => `${name} ${status}`);
const refusalOf = (asked: Promise<unknown>): Promise<string> =>
  asked.then(
    () => 'accepted',
    (error: unknown) => (error instanceof ApiProblem ? error.problem.code : 'unknown'),
  );

describe('redrive', () => {
  test('has a failed job go on where it stopped, on what its earlier stages have left, to its end', async () => {
    const before = await failedAtCheck();
    const job = await ours.redrive(before.job_id);
    expect(job).toMatchObject({ status: 'processing', generation: 2, error: null, completed_at: null, attempt: 0 });
    expect(job.version).toBeGreaterThan(before.version);
    expect(statuses(job)).toEqual(['inspect done', 'plan done', 'transform done', 'check ready', 'publish waiting']);
    const claim = await claimed('validator');
    expect(claim).toMatchObject({ stage: 'check', generation: 2, attempt: 1 });
    const artifacts = new ArtifactsRepository(database);
    expect((await artifacts.left(claim.jobId, 2)).ofShards('silver').map(({ storageKey }) => storageKey)).toEqual(['silver 1']);
    expect(await artifacts.ledger(claim.jobId, 2, 'transform')).toEqual(ledger);
    await stages.commit(claim, { artifacts: [left('quality', 'quality 2')] });
    await passed('generator', 'result_csv');
    expect(await ours.job(job.job_id)).toMatchObject({ status: 'completed', generation: 2, progress: 100 });
  });

  test('from an earlier stage on forgets what is done again, and nothing else', async () => {
    const { job_id: id } = await failedAtCheck();
    const job = await ours.redrive(id, { from_stage: 'transform' });
    expect(statuses(job)).toEqual(['inspect done', 'plan done', 'transform ready', 'check waiting', 'publish waiting']);
    expect(job.progress).toBeLessThan(10);
    const rows = await database.query<{ kind: string }>(`SELECT kind FROM attune.artifacts WHERE job_id = $1 ORDER BY created_at`, [
      bareId('job', id),
    ]);
    expect(rows.map(({ kind }) => kind)).toEqual(['detection', 'plan']);
    expect(job.row_ledger).toEqual([]);
    await passed('harmonizer', 'silver');
    await passed('validator', 'quality');
    await passed('generator', 'result_csv');
    expect((await ours.job(id)).row_ledger).toHaveLength(1);
  });

  test('tells of itself in the history, which has no gap', async () => {
    const { job_id: id } = await failedAtCheck();
    await ours.redrive(id);
    const lines = [];
    for await (const line of ours.logs(id)) lines.push(line);
    expect(lines.map(({ seq }) => seq)).toEqual(lines.map((_, i) => i + 1));
    expect(lines.at(-2)).toMatchObject({ type: 'job.redriven', data: { generation: 2 } });
  });

  test('is 409 for a job that is open, cancelled or completed, and 404 for another tenant’s', async () => {
    const { job_id: id } = await submitted();
    expect(await refusalOf(ours.redrive(id))).toBe('conflict_state');
    await ours.cancel(id);
    expect(await refusalOf(ours.redrive(id))).toBe('conflict_state');
    const { job_id: other } = await failedAtCheck();
    expect(await refusalOf(theirs.redrive(other))).toBe('not_found');
    expect(await refusalOf(ours.redrive(other, { from_stage: 'publish' }))).toBe('conflict_state');
    await ours.remove(other);
    expect(await refusalOf(ours.redrive(other))).toBe('gone');
  });

  test('asked for by many at once happens once', async () => {
    const { job_id: id } = await failedAtCheck();
    const answers = await Promise.all(Array.from({ length: 8 }, () => refusalOf(ours.redrive(id))));
    expect(answers.sort()).toEqual(['accepted', ...Array<string>(7).fill('conflict_state')]);
    expect((await ours.job(id)).generation).toBe(2);
  });
});

describe('redrive of many', () => {
  test('takes the tenant’s jobs that the filter names, no other, and a dry run takes none', async () => {
    const [one, two] = [await failedAtCheck('unprocessable_file'), await failedAtCheck('unprocessable_file')];
    const other = await failedAtCheck('too_many_columns');
    const asked = { error_code: 'unprocessable_file' };
    const ids = [one.job_id, two.job_id];
    expect(await theirs.redriveMany(asked)).toMatchObject({ matched: 0, job_ids: [] });
    expect(await ours.redriveMany({ ...asked, dry_run: true })).toEqual({ dry_run: true, matched: 2, job_ids: ids, refused: [] });
    expect(await ours.redriveMany({ ...asked, from_stage: 'publish' })).toMatchObject({
      job_ids: [],
      refused: [{ code: 'conflict_state' }, {}],
    });
    expect(await ours.redriveMany({ ...asked, limit: 1 })).toMatchObject({ matched: 2, job_ids: [one.job_id] });
    expect(await ours.redriveMany(asked)).toMatchObject({ matched: 1, job_ids: [two.job_id] });
    expect((await ours.job(other.job_id)).status).toBe('failed');
  });

  test('spreads their beginnings at the rate that was asked for', async () => {
    for (let i = 0; i < 3; i++) await failedAtCheck('zip_bomb');
    const { job_ids: ids } = await ours.redriveMany({ error_code: 'zip_bomb', per_minute: 2 });
    const waits = await database.query<{ seconds: number }>(
      `SELECT round(extract(epoch from s.next_run_at - e.at))::int AS seconds
       FROM attune.job_stages s JOIN attune.job_events e ON e.job_id = s.job_id AND e.type = 'job.redriven'
       WHERE s.status = 'ready' AND s.job_id = ANY($1) ORDER BY s.job_id`,
      [ids.map((id) => bareId('job', id))],
    );
    expect(waits.map(({ seconds }) => seconds)).toEqual([0, 30, 60]);
  });
});
