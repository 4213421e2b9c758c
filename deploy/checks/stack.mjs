// The deployment itself, by processes that stand between tools/check-deploy.mjs and podman: images, containers, one client.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { openAsBlob } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

export const ROOT = join(import.meta.dirname, '..', '..');
export const PROJECT = 'attune-check';
const PORT = '18080';
const URL = `http://127.0.0.1:${PORT}`;
/** A second lies between two tries. */
const MOST_TRIES = 60;
const ENVIRONMENT = {
  ...process.env,
  CONTAINERS_CONF: join(ROOT, 'deploy/offline/containers.conf'),
  GATEWAY_PORT: PORT,
};
/** These name the job or its time, which are others for every job; the hashes in the manifest are compared with what is there. */
const NAMING_JOBS = ['quality', 'report', 'manifest'];

export const container = (service) => `${PROJECT}_${service}_1`;

/** Executes a command; answers what it printed to standard output. @throws Error with its last words when it fails. */
export function run(command, args, { check = true } = {}) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd: ROOT, env: ENVIRONMENT, encoding: 'utf8', maxBuffer: 1 << 28 });
  if (check && status !== 0)
    throw new Error(`${command} ${args.slice(0, 6).join(' ')}: ${error?.message ?? (stderr || stdout).slice(-800)}`);
  return check ? stdout.trim() : { status, stdout, stderr };
}

export const podman = (...args) => run('podman', args);

export function compose(...args) {
  return run('podman-compose', ['-p', PROJECT, '-f', 'docker-compose.yml', '-f', 'deploy/offline/docker-compose.yml', ...args]);
}

/** What a program in a running container prints; there is no shell to help. */
export function inside(service, script) {
  return podman('exec', container(service), '/usr/local/bin/node', '-e', script);
}

/** Old podman without systemd asks nothing by itself, so the health checks are executed by hand. */
export async function untilHealthy(services, seconds = 180) {
  const until = Date.now() + seconds * 1000;
  for (const service of services)
    while (run('podman', ['healthcheck', 'run', container(service)], { check: false }).status !== 0) {
      if (Date.now() > until) throw new Error(`${service} is not healthy after ${seconds} s`);
      await pause(1000);
    }
}

/** A client that goes on through everything that may pass: gateways that are away, answers 5xx, a balancer that is killed. */
export class Client {
  /** How often each status was answered; `none` where nobody answered. */
  answers = {};

  /** `base` answers where to ask, for it may be somewhere else each time. */
  constructor(key, base = () => URL) {
    this.key = key;
    this.base = base;
  }

  async ask(path, init = {}) {
    for (let tries = 0; ; tries++) {
      try {
        const answer = await fetch(`${await this.base()}${path}`, {
          ...init,
          headers: { ...init.headers, authorization: `Bearer ${this.key}` },
        });
        this.#count(answer.status);
        if (answer.ok) return answer;
        if (answer.status < 500 || tries > MOST_TRIES)
          throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`, { cause: 'final' });
      } catch (error) {
        if (error.cause === 'final' || tries > MOST_TRIES) throw error;
        this.#count('none');
      }
      await pause(1000);
    }
  }

  #count(status) {
    this.answers[status] = (this.answers[status] ?? 0) + 1;
  }

  async submit(file, idempotencyKey) {
    const body = new FormData();
    body.set('file', await openAsBlob(file), basename(file));
    const answer = await this.ask('/api/v1/jobs', { method: 'POST', body, headers: { 'idempotency-key': idempotencyKey } });
    return (await answer.json()).job_id;
  }

  async job(id) {
    return (await this.ask(`/api/v1/jobs/${id}`)).json();
  }

  async attempts(id) {
    return (await (await this.ask(`/api/v1/jobs/${id}/attempts`)).json()).data;
  }

  async ended(id, seconds = 900, during = async () => {}) {
    for (const until = Date.now() + seconds * 1000; ;) {
      const job = await this.job(id);
      if (!['pending', 'processing'].includes(job.status)) return job;
      if (Date.now() > until) throw new Error(`${id} is ${job.status} after ${seconds} s, in ${job.stage}`);
      await during(job);
      await pause(500);
    }
  }

  /** One hash over all that a job has left, which is the same for every job over the same bytes. */
  async contentHash(id) {
    const { data } = await (await this.ask(`/api/v1/jobs/${id}/artifacts`)).json();
    const lines = data.filter(({ kind }) => !NAMING_JOBS.includes(kind)).map(({ kind, sha256, records }) => `${kind} ${sha256} ${records}`);
    return { hash: createHash('sha256').update(lines.sort().join('\n')).digest('hex').slice(0, 16), artifacts: lines.sort() };
  }

  /** The bytes of the result have the hash that the manifest promises. */
  async resultIsWhole(id) {
    const result = Buffer.from(await (await this.ask(`/api/v1/jobs/${id}/result`)).arrayBuffer());
    const manifest = await (await this.ask(`/api/v1/jobs/${id}/artifacts/manifest`)).text();
    return manifest.includes(createHash('sha256').update(result).digest('hex'));
  }
}

export function readCapabilities(service) {
  const script = `const fs = require('node:fs');
    const write = (file) => { try { fs.writeFileSync(file, ''); return 'written'; } catch ({ code }) { return code; } };
    const status = fs.readFileSync('/proc/self/status', 'utf8');
    console.log(JSON.stringify({ uid: process.getuid(), capabilities: /CapEff:\\s*(\\w+)/.exec(status)[1], noNewPrivileges: /NoNewPrivs:\\s*(\\d)/.exec(status)[1],
      root: write('/x'), app: write('/app/x'), shell: fs.existsSync('/bin/sh') }))`;
  return JSON.parse(inside(service, script));
}

export const requestsOf = (service) =>
  Number(
    inside(
      service,
      `fetch('http://127.0.0.1:8080/metrics').then(async (answer) => console.log(
         (await answer.text()).split('\\n').filter((line) => /^http_requests_total.*api.v1/.test(line)).reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)))`,
    ),
  );

/** The commit that a gateway says it was built of. */
export const revisionOf = (service) =>
  inside(
    service,
    `fetch('http://127.0.0.1:8080/api/v1/version').then(async (answer) => console.log((await answer.json()).commit ?? 'none'))`,
  );
