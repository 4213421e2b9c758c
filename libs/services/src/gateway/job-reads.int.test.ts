import { type JobBody, jobPaths, JobStatusBody } from '@attune/api';
import { bareId } from '@attune/core';
import { setTimeout as pause } from 'node:timers/promises';
import { type RunningGateway, startGateway } from './running-gateway.fixture.js';

let gateway: RunningGateway;

beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway?.close());

let made = 0;
const submitted = (): Promise<JobBody> => gateway.clientOf().submit({ file: new Blob([`patient_id\nP${made++}\n`]), name: 'people.csv' });
const statusOf = async (id: string): Promise<JobStatusBody> =>
  JobStatusBody.parse((await gateway.call('get', jobPaths(id).status).expect(200)).body);
async function readsFrom(where: 'memory' | 'database'): Promise<number> {
  const { text } = await gateway.call('get', '/metrics').expect(200);
  return Number(new RegExp(`^job_reads_total\\{from="${where}"\\} (\\d+)$`, 'm').exec(text)?.[1] ?? 0);
}

test('of many reads of one job at most one in a second asks the database', async () => {
  const { job_id: id } = await submitted();
  const [before, began] = [await readsFrom('database'), performance.now()];
  for (let i = 0; i < 100; i++) await statusOf(id);
  const asked = (await readsFrom('database')) - before;
  expect(asked).toBeLessThanOrEqual(1 + Math.ceil((performance.now() - began) / 900));
  expect(await readsFrom('memory')).toBeGreaterThanOrEqual(100 - asked);
});

test('what a request through this gateway has changed is read anew at once: cancelled, held, deleted', async () => {
  const { job_id: id } = await submitted();
  expect((await statusOf(id)).status).toBe('pending');
  await gateway.call('post', `/api/v1/jobs/${id}/hold`).expect(200);
  expect((await gateway.call('get', `/api/v1/jobs/${id}`).expect(200)).body).toMatchObject({ legal_hold: true });
  await gateway.call('post', `/api/v1/jobs/${id}/release`).expect(200);
  await gateway.call('post', `/api/v1/jobs/${id}/cancel`).expect((answer) => expect(answer.status).toBeLessThan(300));
  expect((await statusOf(id)).status).toBe('cancelled');
  await gateway.call('delete', `/api/v1/jobs/${id}`).expect((answer) => expect(answer.status).toBeLessThan(300));
  await gateway.call('get', jobPaths(id).status).expect(410);
});

test('what was committed elsewhere is read within a second, and a line of the history makes it sooner', async () => {
  const { job_id: id } = await submitted();
  expect((await statusOf(id)).status).toBe('pending');
  // Nobody rings for this one.
  await gateway.database.query(`UPDATE attune.jobs SET status = 'processing', version = version + 1 WHERE id = $1`, [bareId('job', id)]);
  await pause(950);
  expect((await statusOf(id)).status).toBe('processing');
  const other = await gateway.another();
  try {
    await fetch(`${other.url}/api/v1/jobs/${id}/cancel`, { method: 'POST', headers: { authorization: `Bearer ${gateway.ours}` } });
    const began = performance.now();
    while ((await statusOf(id)).status !== 'cancelled') expect(performance.now() - began).toBeLessThan(1_000);
  } finally {
    await other.close();
  }
});

test('what one tenant has read is not there for another', async () => {
  const { job_id: id } = await submitted();
  for (let i = 0; i < 3; i++) {
    await statusOf(id);
    await gateway.call('get', jobPaths(id).status, gateway.theirs).expect(404);
  }
});
