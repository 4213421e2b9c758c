// The job system under load: P1-P11, P13 and P14 of the targets, on the embedded default or with Redis, with durable settings.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { AllInOne } from '../e2e/faults/all-in-one.mjs';
import { freePort, ROOT } from '../e2e/faults/deployment.mjs';
import { Split } from '../e2e/faults/split.mjs';
import { Client } from './jobs/client.mjs';
import { batch, lists, reads, submits } from './jobs/door.mjs';
import { startRedis } from './jobs/redis.mjs';
import { bytes, download, idle, streams } from './jobs/rest.mjs';
import { cancels, oneByOne, sustained, users } from './jobs/work.mjs';

/** Nothing may stop the load: what is measured is what the system takes, not what it lets in. */
const OPEN = { ATTUNE_RATE_API: '0', ATTUNE_RATE_JOBS: '0', ATTUNE_QUOTA_QUEUED_JOBS: '0' };
const WORKERS = /^(validator|harmonizer|generator)-/;

export async function run(args) {
  const { values } = parseArgs({
    args,
    options: {
      backend: { type: 'string', default: 'postgres' },
      only: { type: 'string', default: '' },
      seconds: { type: 'string', default: '10' },
      gateways: { type: 'string', default: '1' },
      queued: { type: 'string', default: '100000' },
      mebibytes: { type: 'string', default: '1024' },
      rows: { type: 'string', default: '300000' },
    },
  });
  const wanted = (name) => values.only === '' || values.only.split(',').includes(name);
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'attune-bench-jobs-'));
  const redis = values.backend === 'redis' ? await startRedis(dir) : undefined;
  if (values.backend === 'redis' && redis === undefined) throw new Error('not executed: this machine has no Redis');
  const environment = redis === undefined ? OPEN : { ...OPEN, ATTUNE_QUEUE_URL: redis.url };
  const measured = { backend: values.backend };
  const tell = (name, figures) => console.log(name.padEnd(4), JSON.stringify((measured[name] = figures)));
  try {
    if (['P1', 'P2', 'P7', 'P8'].some(wanted)) await atTheDoor(path.join(dir, 'door'), environment, { values, wanted, tell, redis });
    if (['P3', 'P4', 'P5', 'P6', 'P9', 'P10', 'P11', 'P13', 'P14'].some(wanted))
      await atWork(path.join(dir, 'work'), environment, { values, wanted, tell });
  } finally {
    await redis?.stop();
    fs.rmSync(dir, { recursive: true, force: true });
  }
  console.log(JSON.stringify(measured));
}

/** Gateways whose workers are stopped. */
async function atTheDoor(dir, environment, { values, wanted, tell, redis }) {
  const split = new Split(path.join(dir, 'data'), environment, Number(values.gateways));
  const seconds = Number(values.seconds);
  try {
    await split.start();
    const client = new Client(split);
    const input = await client.tinyInput(dir);
    await client.completed(1);
    for (const worker of split.processes.filter(({ name }) => WORKERS.test(name))) await worker.stop();
    if (wanted('P1')) tell('P1', await submits(client, input, seconds));
    if (wanted('P2')) tell('P2', await reads(client, input, seconds));
    if (wanted('P8')) tell('P8', await batch(client, input, 10_000));
    if (!wanted('P7')) return;
    const few = await submits(client, input, seconds);
    await batch(client, input, Number(values.queued));
    const many = await submits(client, input, seconds);
    tell('P7', {
      queued: (await client.rows(`SELECT count(*)::int AS n FROM attune.jobs WHERE status = 'pending'`))[0].n,
      submits_per_second: [few.per_second, many.per_second],
      list_ms: await lists(client),
      ...(redis === undefined ? {} : { redis_mib: Math.round((await redis.usedBytes()) / 2 ** 20) }),
    });
  } finally {
    await split.stop();
  }
}

/** The all-in-one. */
async function atWork(dir, environment, { values, wanted, tell }) {
  fs.mkdirSync(dir, { recursive: true });
  const attune = new AllInOne(path.join(dir, 'data'), await freePort(), environment);
  try {
    const began = performance.now();
    await attune.start();
    const first = performance.now() - began;
    await attune.stop();
    const again = performance.now();
    await attune.start();
    if (wanted('P14'))
      tell('P14', {
        first_start_seconds: Number((first / 1000).toFixed(2)),
        start_seconds: Number(((performance.now() - again) / 1000).toFixed(2)),
      });
    const client = new Client(attune);
    const input = await client.tinyInput(dir);
    await oneByOne(client, input, 60); // until the compiled code is there
    if (wanted('P4') || wanted('P5')) {
      const { claimed_ms: claimed, ended_ms: ended } = await oneByOne(client, input, 200);
      tell('P4', claimed);
      tell('P5', ended);
    }
    if (wanted('P6')) tell('P6', await sustained(client, input, 300));
    if (wanted('P3')) {
      await users(client, input, { users: 50, seconds: 2 }); // as above
      tell('P3', await users(client, input, { users: 50, seconds: Number(values.seconds) }));
    }
    if (wanted('P11')) tell('P11', await streams(client, input, 1000));
    if (wanted('P9') || wanted('P10')) await withLargeJobs(client, dir, { values, wanted, tell });
    if (wanted('P13')) tell('P13', await idle(client, 30));
  } finally {
    await attune.stop();
  }
}

async function withLargeJobs(client, dir, { values, wanted, tell }) {
  const file = path.join(dir, 'members.csv');
  const generate = ['bench/generate-members.mjs', '--rows', values.rows, '--seed', '13', '--out', file];
  if (spawnSync(process.execPath, generate, { cwd: ROOT }).status !== 0) throw new Error('the input could not be generated');
  if (wanted('P9')) tell('P9', await cancels(client, file, 30));
  if (!wanted('P10')) return;
  const id = await client.deployment.submit(file, { options: JSON.stringify({ output_formats: ['csv'] }) });
  await client.deployment.ended(id);
  tell('P10', { ...(await bytes(client, dir, Number(values.mebibytes))), download: await download(client, id) });
}
