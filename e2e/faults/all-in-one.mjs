import { spawn } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import pg from 'pg';

const ATTUNE = path.resolve(import.meta.dirname, '../../apps/attune/bin/attune.mjs');
const READY_MS = 60_000;

/** The real all-in-one as a process of its own, on a data directory that outlives it. */
export class AllInOne {
  #child;
  #log;

  constructor(dataDir, port, environment = {}) {
    this.dataDir = dataDir;
    this.url = `http://127.0.0.1:${port}`;
    this.environment = {
      ...process.env,
      ATTUNE_DATA_DIR: dataDir,
      ATTUNE_HTTP_PORT: String(port),
      ATTUNE_LOG_LEVEL: 'warn',
      ...environment,
    };
    this.#log = path.join(dataDir, '..', 'attune.log');
  }

  get pid() {
    return this.#child.pid;
  }

  get headers() {
    return { Authorization: `Bearer ${fs.readFileSync(path.join(this.dataDir, 'api-key'), 'utf8')}` };
  }

  async start() {
    const log = fs.openSync(this.#log, 'a');
    this.#child = spawn(process.execPath, [ATTUNE, 'up'], { env: this.environment, stdio: ['ignore', log, log] });
    fs.closeSync(log);
    for (const deadline = Date.now() + READY_MS; ;) {
      if (this.#child.exitCode !== null || this.#child.signalCode !== null)
        throw new Error(`the all-in-one ended while starting; see ${this.#log}`);
      const answer = await fetch(`${this.url}/health/ready`).catch(() => undefined);
      if (answer?.status === 200) return;
      if (Date.now() > deadline) throw new Error('the all-in-one is not ready in time');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** Ends the process as a power cut would, its database apart; answers once it is gone. */
  async kill() {
    const gone = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill('SIGKILL');
    await gone;
  }

  async stop() {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return this.#child.exitCode;
    const gone = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill('SIGTERM');
    await gone;
    return this.#child.exitCode;
  }

  /** A connection to the embedded database, past Attune: what it says is checked by SQL. */
  async database() {
    const pid = fs.readFileSync(path.join(this.dataDir, 'postgres/postmaster.pid'), 'utf8').split('\n');
    const password = fs.readFileSync(path.join(this.dataDir, 'postgres-password'), 'utf8').trim();
    const client = new pg.Client({ host: '127.0.0.1', port: Number(pid[3]), user: 'attune', password, database: 'attune' });
    await client.connect();
    return client;
  }

  async submit(file, fields = {}) {
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.set(name, value);
    form.set('file', await fs.openAsBlob(file), path.basename(file));
    const answer = await fetch(`${this.url}/api/v1/jobs`, { method: 'POST', headers: this.headers, body: form });
    const body = await answer.json();
    if (answer.status !== 202) throw new Error(`submit answered ${answer.status} ${body.code}`);
    return body.job_id;
  }

  async job(id) {
    return (await fetch(`${this.url}/api/v1/jobs/${id}`, { headers: this.headers })).json();
  }

  /** Waits for a terminal status. */
  async ended(id, withinMs = 600_000) {
    for (const deadline = Date.now() + withinMs; ;) {
      const job = await this.job(id);
      if (job.completed_at !== null) return job;
      if (Date.now() > deadline) throw new Error(`job ${id} has not ended: ${job.status} in ${job.stage}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

export async function freePort() {
  const server = net.createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}
