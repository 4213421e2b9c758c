import { type FreshDatabase, freshDatabase } from '@attune/testing';
import { Database } from './database.js';
import { QuotasRepository } from './quotas.repository.js';
import { submitSample } from './sample-job.fixture.js';
import { StagesRepository } from './stages.repository.js';

let fresh: FreshDatabase;
let database: Database;
let quotas: QuotasRepository;

beforeEach(async () => {
  fresh = await freshDatabase();
  database = await Database.open(fresh.url);
  quotas = new QuotasRepository(database, { queuedJobs: null, bytesPerDay: null, concurrentUploads: null });
});

afterEach(async () => {
  await database.close();
  await fresh.drop();
});

test('how long work of a class has waited is told behind jobs that have begun and go first, and of that class alone', async () => {
  const stages = new StagesRepository(database);
  expect(await quotas.waited('bulk')).toBe(0);
  for (let job = 0; job < 3; job++) await submitSample(database, { priorityClass: 'bulk' });
  const since = (seconds: number, priorityClass: string) =>
    database.query(
      `UPDATE attune.job_stages s SET ready_at = now() - $1 * interval '1 second'
       FROM attune.jobs j WHERE j.id = s.job_id AND s.status = 'ready' AND j.priority_class = $2`,
      [seconds, priorityClass],
    );
  await since(1000, 'bulk');
  // The first job has begun: its next stage of the same service is ready since now, and before those of the others.
  for (const service of ['validator', 'harmonizer'] as const) await stages.commit((await stages.claim(service, 'w1'))!, { artifacts: [] });
  await database.query(`UPDATE attune.job_stages SET fair_at = fair_at + 1 WHERE stage = 'inspect' AND status = 'ready'`);
  await submitSample(database, { priorityClass: 'interactive' });
  await since(5000, 'interactive');
  const waited = await quotas.waited('bulk');
  expect(waited).toBeGreaterThanOrEqual(1000);
  expect(waited).toBeLessThan(1100);
  expect(await quotas.waited('interactive')).toBeGreaterThanOrEqual(5000);
});
