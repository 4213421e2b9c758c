import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { hashOfContent } from './content-hash.mjs';
import { ROOT } from './deployment.mjs';
import { oneOf } from './random.mjs';
import { openRows } from './rows/warehouse.mjs';

/** Stands in every input and in its name, and may stand in no log, metric or queue. */
export const CANARY = 'Zanzibarcanary';
/** Each with the formats it asks for: the plan of a job names them. */
const TENANTS = { local: ['csv', 'json', 'ndjson', 'parquet'], north: ['csv'], south: ['ndjson', 'parquet'] };
/** Those whose results are loaded into the warehouse. */
const LOADING = ['north', 'south'];
/** A request that got no answer of use is sent again, under the same key, for so long. */
const PATIENCE_MS = 120_000;

/** Jobs of known truth: what each of them has to leave was left by one before any fault. */
export class Workload {
  /** What was answered with 202, by key. */
  accepted = new Map();
  /** Answers that are not as promised. */
  complaints = [];
  /** Counts of answers by status. */
  answers = {};
  #references = new Map();
  #warehouses = new Map();
  #enlisted = new Map();
  /** Those that a random submission may be of. */
  #tenants = [];

  constructor(bed, random) {
    Object.assign(this, { bed, random });
  }

  async prepare(rows) {
    for (const [i, [name, formats]] of Object.entries(TENANTS).entries())
      this.#tenants.push(await this.enlist(name, formats, { rows, seed: 11 + i }));
  }

  /** A tenant with a file of its own, the same whenever it is asked for; its first job is the one before that reports name, the second the truth. */
  async enlist(name, formats, { rows, seed }) {
    const known = this.#enlisted.get(name);
    if (known) return known;
    const file = path.join(this.bed.directory, `${CANARY}-${name}.csv`);
    generate(file, rows, seed);
    const key = name === 'local' ? this.bed.deployment.headers.Authorization.slice('Bearer '.length) : this.#key(name);
    const tenant = { name, file, formats, loads: LOADING.includes(name), headers: { Authorization: `Bearer ${key}` } };
    await this.ended((await this.submit(tenant)).id);
    const { id } = await this.submit(tenant);
    await this.ended(id);
    this.#references.set(name, await effectOf(this.bed, id));
    if (tenant.loads) this.#warehouses.set(name, await openRows(this.bed, name));
    this.#enlisted.set(name, tenant);
    return tenant;
  }

  /** The same random numbers for the same row, whatever came before it. */
  restart(random) {
    this.random = random;
    this.accepted.clear();
    this.complaints.length = 0;
    this.answers = {};
  }

  get tenants() {
    return this.#tenants;
  }

  get loading() {
    return this.#tenants.filter(({ loads }) => loads);
  }

  /** What the warehouse held of the tenant before any fault. */
  warehouseOf(name) {
    return this.#warehouses.get(name);
  }

  referenceOf(name) {
    return this.#references.get(name);
  }

  #key(tenant) {
    return this.bed.deployment.attune('keys', 'create', '--tenant', tenant);
  }

  /** Until it is accepted, however often the request has to be sent. */
  async submit(tenant = oneOf(this.random, this.#tenants), key = randomUUID()) {
    for (const deadline = Date.now() + PATIENCE_MS; ; await pause(200)) {
      const { status, code, job } = await this.offer(tenant, key);
      if (job) return job;
      if (Date.now() > deadline) throw new Error(`a submission was never accepted; the last answer was ${status} ${code ?? ''}`);
    }
  }

  /** One submission, whatever the answer: its status, and the job that was accepted. */
  async offer(tenant, key = randomUUID()) {
    const { status, body } = await this.post(tenant, key);
    if (status !== 202) return { status, code: body?.code };
    const job = { id: body.job_id, key, tenant, at: Date.now() };
    const before = this.accepted.get(key);
    if (before && before.id !== job.id) this.complaints.push(`I6: one key was answered with ${before.id} and ${job.id}`);
    this.accepted.set(key, job);
    return { status, job };
  }

  /** One request; status 0 when there was no answer. */
  async post(tenant, key, url = this.bed.deployment.url) {
    const form = new FormData();
    form.set('options', JSON.stringify({ output_formats: tenant.formats, ...(tenant.loads ? { load_warehouse: true } : {}) }));
    form.set('file', await fs.openAsBlob(tenant.file), path.basename(tenant.file));
    return this.send(`${url}/api/v1/jobs`, { method: 'POST', headers: { ...tenant.headers, 'Idempotency-Key': key }, body: form });
  }

  async send(url, init) {
    try {
      const answer = await fetch(url, { signal: AbortSignal.timeout(30_000), ...init });
      const text = await answer.text();
      this.#note(answer, text);
      return { status: answer.status, body: text === '' ? undefined : JSON.parse(text), headers: answer.headers };
    } catch {
      this.answers[0] = (this.answers[0] ?? 0) + 1;
      return { status: 0, headers: new Headers() };
    }
  }

  /** Whatever goes wrong is told as a problem, and whoever is to come back is told when. */
  #note(answer, text) {
    const { status, headers } = answer;
    this.answers[status] = (this.answers[status] ?? 0) + 1;
    if (status >= 400 && !/^application\/problem\+json/.test(headers.get('content-type') ?? ''))
      this.complaints.push(`an answer ${status} is no problem+json`);
    if (status === 503 && !headers.has('retry-after')) this.complaints.push(`a 503 has no Retry-After: ${text.slice(0, 200)}`);
  }

  /** Keeps so many jobs going until it is told to stop; answers how to. One in ten submissions is repeated under its key. */
  keep(jobs) {
    let going = true;
    const lane = async () => {
      while (going) {
        const { id, tenant, key } = await this.submit();
        if (this.random() < 0.1) await this.submit(tenant, key);
        while (going && !(await this.#over(id))) await pause(50);
      }
    };
    const failures = [];
    const lanes = Array.from({ length: jobs }, () => lane().catch((error) => failures.push(error)));
    return async () => {
      going = false;
      await Promise.all(lanes);
      if (failures.length > 0) throw failures[0];
    };
  }

  async #over(id) {
    const rows = await this.bed.rows('SELECT 1 FROM attune.jobs WHERE id = $1 AND completed_at IS NOT NULL', [id.slice(4)]).catch(() => []);
    return rows.length > 0;
  }

  async ended(id, withinMs = PATIENCE_MS) {
    for (const deadline = Date.now() + withinMs; !(await this.#over(id)); await pause(50))
      if (Date.now() > deadline) throw new Error(`job ${id} has not ended`);
  }

  cancel({ id, tenant }) {
    return this.send(`${this.bed.deployment.url}/api/v1/jobs/${id}/cancel`, { method: 'POST', headers: tenant.headers });
  }
}

/** What a job has left, read past Attune: content of its artifacts by kind, and its ledger by stage. */
export async function effectOf(bed, id) {
  const job = id.slice(4);
  const artifacts = await bed.rows(
    `SELECT kind, sha256, records, storage_key FROM attune.artifacts WHERE job_id = $1 AND kind <> 'manifest' ORDER BY kind`,
    [job],
  );
  const ledger = await bed.rows(
    `SELECT stage, records_in, records_out, records_quarantined, records_merged, records_dropped, drop_reasons FROM attune.row_ledger
     WHERE job_id = $1 ORDER BY stage, shard`,
    [job],
  );
  return {
    artifacts: Object.fromEntries(
      artifacts.map((found) => [found.kind, `${hashOfContent(bed.blob(found.storage_key), found)} ${found.records}`]),
    ),
    ledger: Object.fromEntries(ledger.map(({ stage, ...counts }) => [stage, JSON.stringify(counts)])),
  };
}

/** Members with planted faults; in one of them stands the canary. */
function generate(file, rows, seed) {
  const generator = path.join(ROOT, 'bench/generate-members.mjs');
  const args = ['--rows', String(rows), '--seed', String(seed), '--hostile', '0.002', '--out', file];
  const { status, stderr } = spawnSync(process.execPath, [generator, ...args], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  const [header, ...lines] = fs.readFileSync(file, 'utf8').split('\n', 50);
  const names = header.split(',');
  const cells = lines
    .map((line) => line.split(','))
    .find((found) => found.length === names.length && !found.some((cell) => cell.includes('"')));
  const name = names.findIndex((column) => /last|family|surname/i.test(column));
  if (cells === undefined || name < 0) throw new Error('the generated file is not as expected');
  fs.appendFileSync(file, `${cells.map((cell, i) => (i === name ? CANARY : cell)).join(',')}\n`);
}
