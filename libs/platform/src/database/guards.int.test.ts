import { type FreshDatabase, freshDatabase } from '@attune/testing';
import { JOB_STATUSES, STAGE_STATUSES } from '@attune/core';
import { Database } from './database.js';
import { submitSample } from './sample-job.fixture.js';

const JOB_MOVES: Record<string, readonly string[]> = {
  pending: ['processing', 'failed', 'cancelled', 'expired'],
  processing: ['awaiting_review', 'completed', 'failed', 'cancelled', 'expired'],
  awaiting_review: ['processing', 'failed', 'cancelled', 'expired'],
};
const STAGE_MOVES: Record<string, readonly string[]> = {
  waiting: ['ready', 'cancelled'],
  ready: ['running', 'cancelled'],
  running: ['ready', 'done', 'failed', 'cancelled'],
  done: ['ready', 'waiting'],
  failed: ['ready', 'waiting'],
  cancelled: ['ready', 'waiting'],
};

let fresh: FreshDatabase;
let database: Database;
let jobId: string;

beforeEach(async () => {
  fresh = await freshDatabase();
  database = await Database.open(fresh.url, 2);
  ({ jobId } = await submitSample(database));
});

afterEach(async () => {
  await database.close();
  await fresh.drop();
});

/** Puts the row into a state whatever the guard says, then asks for the move. */
async function moves(table: 'jobs' | 'job_stages', where: string, from: string, to: string): Promise<boolean> {
  await database.query(`ALTER TABLE attune.${table} DISABLE TRIGGER USER`);
  await database.query(`UPDATE attune.${table} SET status = $2 WHERE ${where} = $1`, [jobId, from]);
  await database.query(`ALTER TABLE attune.${table} ENABLE TRIGGER USER`);
  return database.query(`UPDATE attune.${table} SET status = $2 WHERE ${where} = $1`, [jobId, to]).then(
    () => true,
    (error: Error) => {
      expect(error.message).toContain('illegal transition');
      return false;
    },
  );
}

test('the database refuses every transition of a job that is not in the legal graph', async () => {
  for (const from of JOB_STATUSES) {
    for (const to of JOB_STATUSES.filter((status) => status !== from)) {
      expect([from, to, await moves('jobs', 'id', from, to)]).toEqual([from, to, JOB_MOVES[from]?.includes(to) ?? false]);
    }
  }
});

test('the database refuses every transition of a stage that is not in the legal graph', async () => {
  for (const from of STAGE_STATUSES) {
    for (const to of STAGE_STATUSES.filter((status) => status !== from)) {
      expect([from, to, await moves('job_stages', 'job_id', from, to)]).toEqual([from, to, STAGE_MOVES[from]!.includes(to)]);
    }
  }
});

test('a job that has ended is opened again by the next generation only, and never when it was cancelled', async () => {
  const reopen = (from: string) =>
    moves('jobs', 'id', 'processing', from).then(() =>
      database.query(`UPDATE attune.jobs SET status = 'processing', generation = generation + 1 WHERE id = $1`, [jobId]),
    );
  await reopen('failed');
  await expect(reopen('cancelled')).rejects.toThrow('illegal transition');
  // A resubmission that was cancelled is another matter: what was whole before it still is.
  await database.query(`UPDATE attune.jobs SET kept_generation = 1, generation = 2 WHERE id = $1`, [jobId]);
  await database.query(`UPDATE attune.jobs SET status = 'processing', generation = generation + 1 WHERE id = $1`, [jobId]);
});

test('the epoch of a stage never falls', async () => {
  await database.query('UPDATE attune.job_stages SET epoch = 5 WHERE job_id = $1', [jobId]);
  await expect(database.query('UPDATE attune.job_stages SET epoch = 4 WHERE job_id = $1', [jobId])).rejects.toThrow('never falls');
});
