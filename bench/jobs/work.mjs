// What workers make of tiny jobs: ten records each, through every stage to a CSV.
import { setTimeout as pause } from 'node:timers/promises';
import { load, percentiles } from './load.mjs';

/** P4 and P5: one job at a time on a warm system: until its first stage is claimed, and until it has ended. */
export async function oneByOne(client, input, jobs) {
  const times = [];
  const ids = [];
  for (let i = 0; i < jobs; i++) {
    const began = performance.now();
    const job = await client.json('/api/v1/jobs', {
      method: 'POST',
      headers: { ...client.headers, Prefer: 'wait=30' },
      body: client.body(input),
    });
    times.push(performance.now() - began);
    if (job.status !== 'completed') throw new Error(`a tiny job is ${job.status}`);
    ids.push(job.job_id);
  }
  const waits = await client.rows(
    `SELECT (extract(epoch FROM a.started_at - j.created_at) * 1000)::float8 AS ms FROM attune.attempts a JOIN attune.jobs j ON j.id = a.job_id
     WHERE a.stage = 'inspect' ORDER BY j.created_at DESC LIMIT $1`,
    [jobs],
  );
  return { claimed_ms: percentiles(waits.map(({ ms }) => ms)), ended_ms: percentiles(times) };
}

/** P6: jobs that end per second while there is always one to be had. */
export async function sustained(client, input, jobs) {
  const [{ n: before }] = await client.rows(`SELECT count(*)::int AS n FROM attune.jobs WHERE completed_at IS NOT NULL`);
  const began = performance.now();
  await load(client.urls, { connections: 8, seconds: 3600, total: jobs, request: () => client.post(input) });
  await client.completed(before + jobs);
  return { jobs, per_second: Number((jobs / ((performance.now() - began) / 1000)).toFixed(2)) };
}

/** P3: so many users who read (70 %), submit (20 %) and fetch results (10 %), while jobs use all there is. */
export async function users(client, input, { users: count, seconds }) {
  const done = await client.json('/api/v1/jobs?status=completed&limit=1');
  const id = done.data[0].job_id;
  const request = (n) => {
    const kind = n % 10;
    if (kind < 7) return client.get(kind % 2 === 0 ? `/api/v1/jobs/${id}/status` : '/api/v1/jobs?limit=20');
    return kind < 9 ? client.post(input) : client.get(`/api/v1/jobs/${id}/result?format=csv`);
  };
  return load(client.urls, { connections: count, seconds, request });
}

/** P9: DELETE of jobs at work until they have ended as cancelled. */
export async function cancels(client, file, count) {
  const times = [];
  for (let i = 0; i < count; i++) {
    const id = await client.deployment.submit(file);
    await pause(200 + ((i * 618) % 1000) * 3);
    const began = performance.now();
    await fetch(`${client.url}/api/v1/jobs/${id}`, { method: 'DELETE', headers: client.headers });
    const job = await client.deployment.ended(id);
    if (job.status === 'cancelled') times.push(performance.now() - began);
  }
  return { cancelled: times.length, ...percentiles(times) };
}
