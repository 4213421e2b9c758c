import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { doubled, openRows } from './rows/warehouse.mjs';
import { CANARY, effectOf } from './workload.mjs';

const TERMINAL = ['completed', 'failed', 'cancelled', 'expired'];
/** Where a status may go (jobs.md, section 2). */
const LEGAL = {
  pending: ['processing', 'failed', 'cancelled', 'expired'],
  processing: ['awaiting_review', 'completed', 'failed', 'cancelled', 'expired'],
  awaiting_review: ['processing', 'failed', 'cancelled', 'expired'],
  completed: ['processing'],
  failed: ['processing'],
  expired: ['processing'],
  cancelled: [],
};

/**
 * Waits until nothing is going on any more, and answers what is not as it has to be (jobs.md, section 7), by SQL and by looking at files:
 * never by the code under test. An empty list is a pass. `since`: only jobs from then on.
 */
export async function violations(bed, workload, { since, withinMs, mayFail = () => false }) {
  const found = [...workload.complaints];
  const open = await quiesced(bed, since, withinMs);
  found.push(...open.map(({ id, status, stage }) => `I1: job ${id} is ${status} in ${stage} and does not end`));
  if (open.length > 0) return found;
  const jobs = await bed.rows(
    `SELECT j.id, j.status, j.generation, t.name AS tenant, j.error FROM attune.jobs j
     JOIN attune.tenants t ON t.id = j.tenant_id WHERE j.created_at >= $1 ORDER BY j.created_at`,
    [since],
  );
  found.push(...everyAcceptedJob(jobs, workload));
  for (const job of jobs) found.push(...(await ofJob(bed, workload, job, mayFail)));
  found.push(...(await ofKeys(bed, workload)), ...(await ofResults(bed, workload, jobs)));
  found.push(...(await ofWarehouse(bed, workload, jobs)));
  found.push(...(await ofObjects(bed)), ...ofLogs(bed), ...(await ofQueue(bed)));
  return found;
}

async function quiesced(bed, since, withinMs) {
  for (const deadline = Date.now() + withinMs; ; await pause(200)) {
    const open = await bed.rows(`SELECT id, status, stage FROM attune.jobs WHERE created_at >= $1 AND status <> ALL($2)`, [
      since,
      TERMINAL,
    ]);
    if (open.length === 0 || Date.now() > deadline) return open;
  }
}

function everyAcceptedJob(jobs, { accepted }) {
  const ids = new Set(jobs.map(({ id }) => `job_${id}`));
  return [...accepted.values()].filter(({ id }) => !ids.has(id)).map(({ id }) => `I1: ${id} was answered with 202 and is not there`);
}

async function ofJob(bed, workload, job, mayFail) {
  const found = [];
  const say = (what) => found.push(`${what} (job ${job.id})`);
  const events = await bed.rows('SELECT seq, type, data FROM attune.job_events WHERE job_id = $1 ORDER BY seq', [job.id]);
  if (events.some(({ seq }, i) => seq !== i + 1)) say('I5: the history has a gap');
  const statuses = ['pending', ...events.filter(({ type }) => type === 'job.status_changed').map(({ data }) => data.status)];
  for (const [i, status] of statuses.slice(1).entries())
    if (!LEGAL[statuses[i]].includes(status)) say(`I5: ${statuses[i]} went to ${status}`);
  const ends = statuses.filter((status) => TERMINAL.includes(status)).length;
  if (ends !== job.generation) say(`I1: ${ends} ends in ${job.generation} generations`);
  if (statuses.at(-1) !== job.status) say(`I5: the history ends with ${statuses.at(-1)}, the job is ${job.status}`);

  const stages = await bed.rows('SELECT stage, shard, status, epoch FROM attune.job_stages WHERE job_id = $1', [job.id]);
  const attempts = await bed.rows('SELECT stage, shard, epoch, outcome FROM attune.attempts WHERE job_id = $1 ORDER BY epoch', [job.id]);
  for (const { stage, epoch, outcome } of attempts) if (outcome === null) say(`I4: attempt ${epoch} at ${stage} has no outcome`);
  for (const { stage, shard, status, epoch } of stages) {
    const done = attempts.filter((attempt) => attempt.stage === stage && attempt.shard === shard && attempt.outcome === 'done');
    if (status === 'done' && (done.length !== 1 || done[0].epoch !== epoch))
      say(`I4: ${stage} is done by ${done.length} attempts, not by epoch ${epoch} alone`);
    if (status !== 'done' && done.length > 0) say(`I4: ${stage} is ${status} and an attempt has done it`);
    if (!['done', 'cancelled', 'failed', 'waiting'].includes(status)) say(`I1: ${stage} is left ${status}`);
  }
  const artifacts = await bed.rows(
    'SELECT generation, stage, shard, kind, epoch, sha256, bytes, storage_key FROM attune.artifacts WHERE job_id = $1',
    [job.id],
  );
  const keys = artifacts.map(({ generation, stage, shard, kind }) => [generation, stage, shard, kind].join('/'));
  if (new Set(keys).size !== keys.length) say('I2: an artifact is there twice');
  for (const artifact of artifacts) {
    const stage = stages.find((candidate) => candidate.stage === artifact.stage && candidate.shard === artifact.shard);
    if (stage?.status !== 'done' || stage.epoch !== artifact.epoch)
      say(`I4: ${artifact.kind} is of epoch ${artifact.epoch}, and the stage is not done by it`);
    if (bed.blob(artifact.storage_key) === undefined) say(`I2: the bytes of ${artifact.kind} are missing`);
  }
  const unbalanced = await bed.rows(
    `SELECT stage FROM attune.row_ledger WHERE job_id = $1 AND records_in <> records_out + records_quarantined + records_merged + records_dropped`,
    [job.id],
  );
  for (const { stage } of unbalanced) say(`I3: the ledger of ${stage} does not add up`);
  if (job.status === 'completed') found.push(...(await asUndisturbed(bed, workload, job)));
  else if (job.status === 'failed' && !mayFail(job)) say(`a job has failed with ${job.error?.code}`);
  return found;
}

/** The same content as the job before any fault, with the formats that this one was to have. */
async function asUndisturbed(bed, workload, job) {
  const reference = workload.referenceOf(job.tenant);
  if (reference === undefined) return []; // its row has looked at it
  const effect = await effectOf(bed, `job_${job.id}`).catch((error) => ({ error }));
  if (effect.error) return [`I2: ${effect.error.message} (job ${job.id})`];
  const wanted = Object.entries(reference.artifacts);
  const different = wanted.filter(([kind, content]) => effect.artifacts[kind] !== content).map(([kind]) => kind);
  const more = Object.keys(effect.artifacts).filter((kind) => !wanted.some(([name]) => name === kind));
  const found = [];
  if (different.length > 0) found.push(`I2: ${different.join(', ')} differ from the undisturbed job (job ${job.id})`);
  if (more.length > 0) found.push(`I2: ${more.join(', ')} are there and were not wanted (job ${job.id})`);
  for (const [stage, counts] of Object.entries(reference.ledger))
    if (effect.ledger[stage] !== counts) found.push(`I3: the ledger of ${stage} differs from the undisturbed one (job ${job.id})`);
  return found;
}

/** One job per key, and whoever asks again is told the same. */
async function ofKeys(bed, { accepted }) {
  const rows = await bed.rows(`SELECT key, job_id FROM attune.idempotency_keys WHERE key = ANY($1) AND state = 'answered'`, [
    [...accepted.keys()],
  ]);
  const kept = new Map(rows.map(({ key, job_id }) => [key, `job_${job_id}`]));
  return [...accepted.values()]
    .filter(({ key, id }) => kept.get(key) !== id)
    .map(({ id }) => `I6: the key of ${id} is kept for ${kept.get(id) ?? 'nothing'}`);
}

/** A result can be read when and only when the job has committed it, and its tag is its hash. A sample of the jobs is looked at. */
async function ofResults(bed, workload, jobs) {
  const found = [];
  for (const job of [...workload.accepted.values()].slice(0, 10)) {
    const row = jobs.find(({ id }) => `job_${id}` === job.id);
    const answer = await fetch(`${bed.deployment.url}/api/v1/jobs/${job.id}/result?format=${job.tenant.formats[0]}`, {
      headers: job.tenant.headers,
    });
    const sha256 = createHash('sha256')
      .update(new Uint8Array(await answer.arrayBuffer()))
      .digest('hex');
    if (row?.status === 'completed' && answer.status !== 200) found.push(`I8: the result of ${job.id} answers ${answer.status}`);
    if (row?.status !== 'completed' && answer.status === 200) found.push(`I8: ${job.id} is ${row?.status} and has a result`);
    if (answer.status === 200 && answer.headers.get('etag') !== `"${sha256}"`)
      found.push(`I8: the tag of the result of ${job.id} is not its hash`);
  }
  return found;
}

/** Of every tenant that loads exactly the rows of before any fault are open; a job has loaded once if it is completed, and else never. */
async function ofWarehouse(bed, workload, jobs) {
  const found = [];
  for (const { name } of workload.loading) {
    if ((await openRows(bed, name)) !== workload.warehouseOf(name))
      found.push(`I2: the rows of ${name} in the warehouse are not those of before`);
    for (const job of jobs.filter(({ tenant }) => tenant === name)) {
      const loads = await bed.rows('SELECT generation, epoch FROM attune.load_ledger WHERE job_id = $1', [job.id]);
      const [{ epoch }] = await bed.rows(`SELECT epoch FROM attune.job_stages WHERE job_id = $1 AND stage = 'publish'`, [job.id]);
      const wanted = job.status === 'completed' ? 1 : 0;
      if (loads.length !== wanted) found.push(`I2: ${loads.length} loads of a job that is ${job.status} (job ${job.id})`);
      if (loads.some((load) => load.epoch !== epoch)) found.push(`I4: a load is not of the epoch that has done its stage (job ${job.id})`);
    }
  }
  const twice = await doubled(bed);
  if (twice > 0) found.push(`I2: ${twice} records are open twice in the warehouse`);
  return found;
}

/** Every object that a row names is there. Objects that no row names are garbage, which is for the collector to remove. */
async function ofObjects(bed) {
  const rows = await bed.rows('SELECT storage_key FROM attune.blobs UNION SELECT storage_key FROM attune.artifacts');
  const missing = rows.filter(({ storage_key: key }) => bed.blob(key) === undefined);
  return missing.map(({ storage_key: key }) => `I7: ${key} is named by a row and not there`);
}

/** Objects that no row names. */
export async function unreferenced(bed) {
  const rows = await bed.rows('SELECT storage_key FROM attune.blobs UNION SELECT storage_key FROM attune.artifacts');
  const named = new Set(rows.map(({ storage_key: key }) => key));
  const root = path.join(bed.deployment.dataDir, 'blobs');
  return filesIn(root)
    .map((file) => path.relative(root, file))
    .filter((key) => !named.has(key));
}

/** No value of a record and no name of a file stands in a log. */
function ofLogs(bed) {
  const logs = fs.readdirSync(bed.directory).filter((name) => name.endsWith('.log'));
  return logs.filter((name) => holdsCanary(path.join(bed.directory, name))).map((name) => `I13: ${name} holds a value or a name of a file`);
}

/** Keys that Redis may hold once rings that nobody needs have been taken. */
const MOST_KEYS = 1_000;

async function fewest(count, withinMs = 30_000) {
  for (const deadline = Date.now() + withinMs; ; await pause(500)) {
    const keys = await count();
    if (keys <= MOST_KEYS || Date.now() > deadline) return keys;
  }
}

async function ofQueue(bed) {
  const found = [];
  if (bed.redis) {
    const files = filesIn(bed.redis.directory);
    if (files.some(holdsCanary)) found.push('I13: Redis has written a value or a name of a file');
    const keys = await fewest(() => bed.redis.command('DBSIZE'));
    if (keys > MOST_KEYS) found.push(`I7: Redis holds ${keys} keys`);
  }
  for (const process of bed.processes) {
    const text = await fetch(process.readyUrl.replace('/health/ready', '/metrics')).then(
      (answer) => answer.text(),
      () => '',
    );
    if (text.includes(CANARY)) found.push(`I13: the metrics of ${process.name} hold a value or a name of a file`);
  }
  return found;
}

/** Everything that a job can leave behind: after it was seen cancelled none of it may change (I14). */
export async function tracesOf(bed, id) {
  const read = (text) => bed.rows(text, [id.slice(4)]);
  return JSON.stringify([
    await read('SELECT seq, type, data FROM attune.job_events WHERE job_id = $1 ORDER BY seq'),
    await read('SELECT stage, kind, sha256 FROM attune.artifacts WHERE job_id = $1 ORDER BY stage, kind'),
    await read('SELECT stage, status, epoch FROM attune.job_stages WHERE job_id = $1 ORDER BY position'),
    await read('SELECT * FROM attune.row_ledger WHERE job_id = $1 ORDER BY stage'),
  ]);
}

function holdsCanary(file) {
  return fs.readFileSync(file).includes(CANARY);
}

function filesIn(directory) {
  return fs.existsSync(directory)
    ? fs
        .readdirSync(directory, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => path.join(entry.parentPath ?? entry.path, entry.name))
    : [];
}
