// What the door takes while nobody works: gateways without workers, so that every job stays queued.
import { load, percentiles } from './load.mjs';

const CONNECTIONS = 32;

/** P1: POST of a reference. */
export async function submits(client, input, seconds) {
  return load(client.urls, { connections: CONNECTIONS, seconds, request: () => client.post(input) });
}

/** P2: status by id, and the job by id when the caller has it already. */
export async function reads(client, input, seconds) {
  const { job_id: id } = await client.json('/api/v1/jobs', { method: 'POST', body: client.body(input) });
  const status = await load(client.urls, { connections: CONNECTIONS, seconds, request: () => client.get(`/api/v1/jobs/${id}/status`) });
  const { version } = await client.json(`/api/v1/jobs/${id}`);
  const known = { 'If-None-Match': `"${version}"` };
  const unchanged = await load(client.urls, { connections: CONNECTIONS, seconds, request: () => client.get(`/api/v1/jobs/${id}`, known) });
  return { status, unchanged };
}

/** P8: jobs by the batch endpoint, a thousand per request. */
export async function batch(client, input, jobs) {
  const began = performance.now();
  for (let sent = 0; sent < jobs; sent += 1000) {
    const requests = Array.from({ length: Math.min(1000, jobs - sent) }, () => ({ input, options: { output_formats: ['csv'] } }));
    await client.json('/api/v1/jobs/batch', { method: 'POST', body: JSON.stringify({ jobs: requests }) });
  }
  return { jobs, seconds: Number(((performance.now() - began) / 1000).toFixed(2)) };
}

/** P7: pages of the list, newest first and failed only. */
export async function lists(client, requests = 200) {
  const times = [];
  for (let i = 0; i < requests; i++) {
    const began = performance.now();
    await client.json(i % 2 === 0 ? '/api/v1/jobs?limit=50' : '/api/v1/jobs?status=pending&limit=50');
    times.push(performance.now() - began);
  }
  return percentiles(times);
}
