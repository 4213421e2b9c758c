import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { WORKER_SERVICES } from '@attune/core';
import { type FreshDatabase, freshDatabase } from '@attune/testing';
import { Database } from './database.js';
import { submitSample } from './sample-job.fixture.js';

/** What KEDA asks: the text is the chart's, so that a wrong one cannot ship. */
const QUERY = readFileSync(join(import.meta.dirname, '../../../../helm/attune/files/backlog.sql'), 'utf8');

let fresh: FreshDatabase;
let database: Database;

beforeEach(async () => {
  fresh = await freshDatabase();
  database = await Database.open(fresh.url);
});

afterEach(async () => {
  await database.close();
  await fresh.drop();
});

/** One row of one column, as KEDA reads it. */
async function backlogs(): Promise<unknown[]> {
  const rows = await Promise.all(WORKER_SERVICES.map((service) => database.query<object>(QUERY.replace('%s', service))));
  return rows.map((found) => {
    expect(found).toHaveLength(1);
    return Object.values(found[0]!) as unknown[];
  });
}

test('the query that scales workers tells exactly the work there is for each of them, as an integer', async () => {
  expect(WORKER_SERVICES).toEqual(['validator', 'harmonizer', 'generator']);
  expect(await backlogs()).toEqual([[0], [0], [0]]);

  // Seven jobs wait for the validator with their first stage.
  const jobs = [];
  for (let job = 0; job < 7; job++) jobs.push(await submitSample(database));
  expect(await backlogs()).toEqual([[7], [0], [0]]);

  // Of other services there are other stages; what waits for its time or for another stage is no work yet.
  await database.query(`ALTER TABLE attune.job_stages DISABLE TRIGGER USER`);
  const set = (assignment: string, jobId: string) =>
    database.query(`UPDATE attune.job_stages SET ${assignment} WHERE job_id = $1 AND stage = 'inspect'`, [jobId]);
  await set(`service = 'harmonizer'`, jobs[0]!.jobId);
  await set(`service = 'harmonizer', status = 'running', lease_owner = 'w', lease_until = now() + interval '8 seconds'`, jobs[1]!.jobId);
  await set(`next_run_at = now() + interval '1 hour'`, jobs[2]!.jobId);
  await set(`status = 'done'`, jobs[3]!.jobId);
  await set(`status = 'waiting'`, jobs[4]!.jobId);
  expect(await backlogs()).toEqual([[2], [2], [0]]);
});
