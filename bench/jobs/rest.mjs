// Bytes through the door, streams of events, what an idle system takes and how long a start lasts.
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { request } from 'undici';
import { residentMemory } from '../memory.mjs';
import { percentiles } from './load.mjs';

const MiB = 1 << 20;

/** P10: one stream up, and the result of a job down; sha256 is compared. */
export async function bytes(client, dir, mebibytes) {
  const file = path.join(dir, 'large.csv');
  const line = `${'x'.repeat(1022)}\n`;
  const out = fs.openSync(file, 'w');
  fs.writeSync(out, 'text\n');
  const block = Buffer.from(line.repeat(1025)).subarray(0, MiB);
  for (let i = 0; i < mebibytes; i++) fs.writeSync(out, block);
  fs.closeSync(out);
  const size = fs.statSync(file).size;
  let peak = 0;
  const look = setInterval(() => (peak = Math.max(peak, ownMemory(client.deployment.pid))), 200);
  const began = performance.now();
  const id = await client.deployment.submit(file, { operation: 'validate' });
  const up = (performance.now() - began) / 1000;
  clearInterval(look);
  await fetch(`${client.url}/api/v1/jobs/${id}`, { method: 'DELETE', headers: client.headers });
  await client.deployment.ended(id);
  fs.rmSync(file);
  return { mebibytes, upload_mb_per_second: Math.round(size / 1e6 / up), rss_mib: Math.round(peak) };
}

/** P10: the largest result there is. */
export async function download(client, id) {
  const began = performance.now();
  const { body } = await request(`${client.url}/api/v1/jobs/${id}/result?format=csv`, { headers: client.headers });
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    hash.update(chunk);
  }
  return { bytes: size, mb_per_second: Math.round(size / 1e6 / ((performance.now() - began) / 1000)) };
}

/** P11: so many streams over one job; the time from the line in the history to its arrival, for all of them. */
export async function streams(client, input, count) {
  const before = ownMemory(client.deployment.pid);
  const { job_id: id } = await client.json('/api/v1/jobs', { method: 'POST', body: client.body(input) });
  const lags = [];
  const open = Array.from({ length: count }, async () => {
    const { body } = await request(`${client.url}/api/v1/jobs/${id}/events`, {
      headers: { ...client.headers, Accept: 'text/event-stream' },
    });
    for await (const chunk of body)
      for (const [, at] of String(chunk).matchAll(/"at":"([^"]+)"/g)) lags.push(Math.max(0, Date.now() - Date.parse(at)));
  });
  const during = pause(500).then(() => ownMemory(client.deployment.pid));
  await Promise.all(open);
  return { streams: count, lag_ms: percentiles(lags), rss_mib_more: Math.round((await during) - before) };
}

/** P13: nothing to do for so many seconds. */
export async function idle(client, seconds) {
  const root = client.deployment.pid;
  const transactions = async () =>
    Number((await client.rows(`SELECT sum(xact_commit) AS n FROM pg_stat_database WHERE datname = 'attune'`))[0].n);
  const [cpu, done] = [cpuSeconds(root), await transactions()];
  await pause(seconds * 1000);
  const used = (cpuSeconds(root) - cpu) / seconds;
  const family = residentMemory(root);
  return {
    cpu_percent: Number((used * 100).toFixed(2)),
    transactions_per_second: Number((((await transactions()) - done - 1) / seconds).toFixed(1)),
    attune_mib: Math.round(family.find(({ role }) => role === 'attune').rss),
    sum_pss_mib: Math.round(family.reduce((sum, { pss }) => sum + pss, 0)),
  };
}

const ownMemory = (pid) => Number(/^VmRSS:\s+(\d+)/m.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;

/** Processor seconds of one process so far. */
function cpuSeconds(pid) {
  const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
  const [user, system] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13)
    .map(Number);
  return (user + system) / 100;
}
