import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { JobBody } from '@attune/api';
import { type RunningGateway, startGateway } from '../gateway/running-gateway.fixture.js';
import { services } from '../index.js';

const PEOPLE = ['MRN,First Name,Last Name,Birth Date', 'P1,Kim,Reed,1/2/1987', 'P1,Kim,Reed,1/2/1987', 'P2,Ana,Núñez,never', 'P3'].join(
  '\n',
);

let started: RunningGateway;
beforeAll(async () => (started = await startGateway({ services })));
afterAll(() => started?.close());

/** A file that no other test has, so that each begins with something new. */
let files = 0;
const newFile = (): string => `${PEOPLE}\nX${files++},Ben,Olsen,1990-01-01\n`;

interface Asked {
  readonly key?: string;
  readonly options?: Readonly<Record<string, unknown>>;
}

async function ran(file: string, { key = started.ours, options = {} }: Asked = {}): Promise<JobBody> {
  const client = started.clientOf(key);
  const submitted = await client.submit({ file: new Blob([file]), name: 'people.csv', options: { output_formats: ['csv'], ...options } });
  const job = await client.wait(submitted.job_id);
  expect(job.status).toBe('completed');
  return job;
}

/** The job from which the transform of this one was taken, where it was. */
async function takenFrom({ job_id: id }: JobBody, { database } = started): Promise<unknown> {
  const lines = await database.query<{ data: Record<string, unknown> }>(
    `SELECT data FROM attune.job_events WHERE job_id = $1 AND type = 'stage.done' AND data->>'stage' = 'transform'`,
    [id.slice(4)],
  );
  expect(lines).toHaveLength(1);
  return lines[0]!.data['reused_from'];
}

/** Everything that the job has left, by kind: hash and key of the object. */
async function left({ job_id: id }: JobBody): Promise<Record<string, { sha256: string; storage_key: string }>> {
  const rows = await started.database.query<{ kind: string; sha256: string; storage_key: string }>(
    `SELECT kind, sha256, storage_key FROM attune.artifacts WHERE job_id = $1 AND kind NOT IN ('manifest', 'plan', 'quality', 'report')`,
    [id.slice(4)],
  );
  return Object.fromEntries(rows.map(({ kind, ...artifact }) => [kind, artifact]));
}

const hashes = (artifacts: Record<string, { sha256: string }>): Record<string, string> =>
  Object.fromEntries(Object.entries(artifacts).map(([kind, { sha256 }]) => [kind, sha256]));

test('a job over the same bytes takes over what was made of them, with objects of its own, and tells whose it was', async () => {
  const file = newFile();
  const first = await ran(file);
  const second = await ran(file);
  expect([await takenFrom(first), await takenFrom(second)]).toEqual([undefined, first.job_id]);
  expect([second.row_ledger, second.metrics.errors_found]).toEqual([first.row_ledger, first.metrics.errors_found]);
  expect(first.metrics).toMatchObject({ records_processed: 5, records_quarantined: 1 });
  const [one, two] = [await left(first), await left(second)];
  expect(hashes(two)).toEqual(hashes(one));
  const keys = new Set(Object.values(one).map(({ storage_key: key }) => key));
  expect(Object.values(two).filter(({ storage_key: key }) => keys.has(key))).toEqual([]);
  // What only later stages look at is no reason to do it again.
  expect(await takenFrom(await ran(file, { options: { output_formats: ['ndjson', 'parquet'] } }))).toBe(second.job_id);
});

test('nothing is taken over from another tenant, of other bytes, or for other options', async () => {
  const file = newFile();
  await ran(file);
  const theirs = await ran(file, { key: started.theirs });
  expect(await takenFrom(theirs)).toBeUndefined();
  expect(await takenFrom(await ran(`${file}X,Y,Z,\n`))).toBeUndefined();
  expect(await takenFrom(await ran(file, { options: { remove_duplicates: false } }))).toBeUndefined();
  expect(await takenFrom(await ran(file, { options: { standardize_fields: false } }))).toBeUndefined();
});

test('what was damaged or is gone is made anew', async () => {
  const file = newFile();
  const first = await ran(file);
  const before = await left(first);
  const silver = path.join(started.directory, 'blobs', before['silver']!.storage_key);
  const bytes = readFileSync(silver);
  bytes[10]! ^= 1;
  writeFileSync(silver, bytes);
  const second = await ran(file);
  expect([await takenFrom(second), hashes(await left(second))]).toEqual([undefined, hashes(before)]);
  for (const { job_id: id } of [first, second]) await started.call('delete', `/api/v1/jobs/${id}`);
  const third = await ran(file);
  expect([await takenFrom(third), hashes(await left(third))]).toEqual([undefined, hashes(before)]);
});

test('a job that was deleted takes nothing of those that took from it', async () => {
  const file = newFile();
  const first = await ran(file);
  const second = await ran(file);
  await started.call('delete', `/api/v1/jobs/${first.job_id}`);
  for (const { storage_key: key } of Object.values(await left(second))) {
    const [directory, name] = [path.dirname(key), path.basename(key)];
    expect(readdirSync(path.join(started.directory, 'blobs', directory))).toContain(name);
  }
  expect((await started.call('get', `/api/v1/jobs/${second.job_id}/result?format=csv`)).status).toBe(200);
});

test('a process that was told to does everything itself', async () => {
  const apart = await startGateway({ services, settings: { ATTUNE_REUSE: 'off' } });
  try {
    const client = apart.clientOf();
    for (let i = 0; i < 2; i++) {
      const { job_id: id } = await client.submit({ file: new Blob([PEOPLE]), name: 'people.csv' });
      expect(await takenFrom(await client.wait(id), apart)).toBeUndefined();
    }
  } finally {
    await apart.close();
  }
});
