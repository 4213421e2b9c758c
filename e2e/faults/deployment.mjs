import { randomInt } from 'node:crypto';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';

export const ROOT = path.resolve(import.meta.dirname, '../..');

/** What all shapes of a running Attune have in common: an address, a key, and a database to look into past Attune. */
export class Deployment {
  constructor(dataDir) {
    this.dataDir = dataDir;
  }

  /** Of every gateway. */
  get urls() {
    return [this.url];
  }

  get headers() {
    return { Authorization: `Bearer ${fs.readFileSync(path.join(this.dataDir, 'api-key'), 'utf8').trim()}` };
  }

  /** A connection to the embedded database, past Attune: what it says is checked by SQL. */
  async database() {
    const client = new pg.Client({ connectionString: this.databaseUrl });
    await client.connect();
    return client;
  }

  /** Address of the embedded Postgres under the data directory. */
  get databaseUrl() {
    const pid = fs.readFileSync(path.join(this.dataDir, 'postgres/postmaster.pid'), 'utf8').split('\n');
    const password = fs.readFileSync(path.join(this.dataDir, 'postgres-password'), 'utf8').trim();
    return `postgres://attune:${encodeURIComponent(password)}@127.0.0.1:${Number(pid[3])}/attune`;
  }

  /** The bytes that are stored under a key in the folder of blobs, read past Attune; undefined where there are none. */
  blob(key) {
    const file = path.join(this.dataDir, 'blobs', key);
    return fs.existsSync(file) ? fs.readFileSync(file) : undefined;
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

  /** Waits for a terminal status; a gateway that is away meanwhile is asked again. */
  async ended(id, withinMs = 600_000) {
    for (const deadline = Date.now() + withinMs; ; await pause(100)) {
      const job = await this.job(id).catch(() => ({ status: 'unreachable', completed_at: null }));
      if (job.completed_at) return job;
      if (Date.now() > deadline) throw new Error(`job ${id} has not ended: ${job.status} in ${job.stage}`);
    }
  }
}

/** Ports of this range are not given to outgoing connections, which would take one between its choice and its use. */
const [LOWEST, HIGHEST] = [12_000, 32_000];
const given = new Set();

/** A port that nobody listens on, and that this process has not been given before. */
export async function freePort() {
  for (;;) {
    const port = randomInt(LOWEST, HIGHEST);
    if (given.has(port)) continue;
    const server = net.createServer();
    const free = await new Promise((resolve) => server.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => resolve(true)));
    if (!free) continue;
    await new Promise((resolve) => server.close(resolve));
    given.add(port);
    return port;
  }
}
