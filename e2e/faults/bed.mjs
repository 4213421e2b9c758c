import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { S3Double, TcpProxy } from '@attune/testing';
import pg from 'pg';
import { RedisServer } from './redis-server.mjs';
import { Split } from './split.mjs';

const LOOK_MS = 20;

/**
 * A whole split deployment that faults can be done to: every way between a process and what it depends on goes through a proxy, failpoints can be
 * armed in all processes, and whatever ends is started again, as an orchestrator would.
 */
export class Bed {
  /** Proxies by `process>dependency`. */
  ways = new Map();
  /** Ends of processes that nobody had asked for. */
  ends = [];
  #down = new Set();
  #starting = new Map();
  #watch;

  /** `objects`: blobs are in an S3 double, whose faults a row can switch on, and not in files. */
  static async started(directory, { backend, copies = 2, environment = {}, objects = false }) {
    const bed = new Bed();
    bed.directory = directory;
    bed.backend = backend;
    bed.failpoints = path.join(directory, 'failpoints');
    fs.mkdirSync(bed.failpoints, { recursive: true });
    if (backend === 'redis') bed.redis = await RedisServer.started(path.join(directory, 'redis'));
    if (objects) bed.objects = await S3Double.start();
    bed.deployment = new Split(
      path.join(directory, 'data'),
      {
        NODE_ENV: 'test',
        TEST_FAILPOINTS: bed.failpoints,
        ATTUNE_RATE_API: '0',
        ATTUNE_RATE_JOBS: '0',
        ...(bed.redis ? { ATTUNE_QUEUE_URL: bed.redis.url } : {}),
        ...(bed.objects ? settingsOf(bed.objects) : {}),
        ...environment,
      },
      copies,
      (process, dependency, address) => bed.#between(process, dependency, address),
    );
    try {
      await bed.deployment.start();
    } catch (error) {
      await bed.stop();
      throw error;
    }
    bed.database = new pg.Pool({ connectionString: bed.deployment.databaseUrl, max: 4, application_name: 'faults' });
    bed.database.on('error', () => undefined); // the next query takes another connection
    bed.#watch = setInterval(() => bed.#revive(), LOOK_MS);
    return bed;
  }

  async #between(process, dependency, address) {
    const proxy = await TcpProxy.to({ port: Number(new URL(address).port) });
    this.ways.set(`${process}>${dependency}`, proxy);
    return proxy.through(address);
  }

  /** Proxies whose `process>dependency` matches. */
  lines(pattern) {
    return [...this.ways].filter(([name]) => pattern.test(name)).map(([, proxy]) => proxy);
  }

  turn(pattern, line) {
    for (const proxy of this.lines(pattern)) proxy.turn(line);
  }

  process(name) {
    return this.deployment.processes.find((process) => process.name === name);
  }

  get processes() {
    return this.deployment.processes;
  }

  get workers() {
    return this.processes.filter(({ name }) => !name.startsWith('gateway'));
  }

  processOf(pid) {
    return this.processes.find((process) => process.pid === pid);
  }

  /** Ends a process for as long as the work lasts; nobody starts it meanwhile. */
  async without(process, work) {
    this.#down.add(process);
    try {
      return await work();
    } finally {
      await this.#starting.get(process);
      if (process.ended) await process.start();
      this.#down.delete(process);
    }
  }

  /** Starts what has ended. */
  #revive() {
    for (const process of this.processes) {
      if (!process.ended || this.#down.has(process) || this.#starting.has(process)) continue;
      this.ends.push({ name: process.name, at: Date.now() });
      const started = process.start().catch(() => undefined); // it is looked at again
      this.#starting.set(
        process,
        started.finally(() => this.#starting.delete(process)),
      );
    }
  }

  /** All processes run and take work. */
  async whole() {
    for (;;) {
      while (this.processes.some((process) => process.ended) || this.#starting.size > 0) await pause(LOOK_MS);
      const asked = await Promise.allSettled(this.processes.map((process) => process.ready()));
      const failed = asked.find(({ status }) => status === 'rejected');
      if (failed === undefined) return;
      // Whoever was killed a moment ago is seen to have ended only now, and is started again.
      if (!this.processes.some((process) => process.ended) && this.#starting.size === 0) throw failed.reason;
    }
  }

  /** Lets one process that comes to the failpoint do it: `kill`, `stop`, `throw`, `slow:500`, with `@2` and a stage where they are said. */
  arm(name, told) {
    fs.rmSync(this.#fired(name), { force: true });
    const draft = path.join(this.failpoints, `${name}.draft`);
    fs.writeFileSync(draft, told);
    fs.renameSync(draft, path.join(this.failpoints, name));
  }

  disarm() {
    for (const file of fs.readdirSync(this.failpoints)) fs.rmSync(path.join(this.failpoints, file), { force: true });
  }

  /** Whose work the failpoint met, as soon as it has fired; undefined when it has not in time. */
  async fired(name, withinMs) {
    for (const deadline = Date.now() + withinMs; Date.now() < deadline; await pause(LOOK_MS)) {
      const told = fs.existsSync(this.#fired(name)) ? fs.readFileSync(this.#fired(name), 'utf8') : '';
      if (told.startsWith('{')) return JSON.parse(told);
    }
    return undefined;
  }

  #fired(name) {
    return path.join(this.failpoints, `${name}.fired`);
  }

  /** False once its first process has ended, whoever ended it. */
  isDatabaseAlive() {
    const file = path.join(this.deployment.dataDir, 'postgres/postmaster.pid');
    return fs.existsSync(file) && alive(Number(fs.readFileSync(file, 'utf8').split('\n')[0]));
  }

  /** Ends the database as a crash would, does the work while nobody serves, and starts it again on its log of writes. */
  async crashDatabase(meanwhile = async () => {}) {
    if (this.isDatabaseAlive()) {
      const [pid] = fs.readFileSync(path.join(this.deployment.dataDir, 'postgres/postmaster.pid'), 'utf8').split('\n');
      process.kill(Number(pid), 'SIGQUIT');
      while (alive(Number(pid))) await pause(LOOK_MS);
    }
    await this.deployment.postgres.kill();
    await meanwhile();
    await this.deployment.postgres.start();
  }

  /** The bytes that are stored under a key, read past Attune; undefined where there are none. */
  blob(key) {
    if (this.objects) return this.objects.bucket.objects.get(key)?.bytes;
    return this.deployment.blob(key);
  }

  /** Everything as it should be again. */
  async heal() {
    this.disarm();
    this.objects?.faults.clear();
    this.turn(/./, { kind: 'clear' });
    for (const process of this.processes) if (!process.ended) process.release();
    await this.whole();
  }

  /** Past Attune; asked again while the database is away. */
  async rows(text, parameters = []) {
    for (let tries = 0; ; tries++) {
      try {
        return (await this.database.query(text, parameters)).rows;
      } catch (error) {
        if (tries === 100 || /^(22|23|42)/.test(error.code ?? '')) throw error;
        await pause(200);
      }
    }
  }

  /** The rows as soon as there are any; none when there are not in time. */
  async rowsOnce(text, parameters, withinMs) {
    for (const deadline = Date.now() + withinMs; ; await pause(50)) {
      const found = await this.rows(text, parameters);
      if (found.length > 0 || Date.now() > deadline) return found;
    }
  }

  async stop() {
    clearInterval(this.#watch);
    await Promise.allSettled(this.#starting.values());
    for (const process of this.deployment?.processes ?? []) if (!process.ended) process.release();
    await this.database?.end().catch(() => undefined);
    await Promise.all((this.deployment?.processes ?? []).map((process) => process.kill()));
    await this.deployment?.stop().catch(() => undefined);
    await this.redis?.stop();
    for (const proxy of this.ways.values()) await proxy.close();
    await this.objects?.close();
  }
}

function settingsOf(double) {
  const { accessKeyId, secretAccessKey } = double.credentials;
  return { ATTUNE_BLOBS_URL: double.url(), ATTUNE_S3_ACCESS_KEY_ID: accessKeyId, ATTUNE_S3_SECRET_ACCESS_KEY: secretAccessKey };
}

function alive(pid) {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
