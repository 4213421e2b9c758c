import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { ATTUNE } from './all-in-one.mjs';
import { AttuneProcess } from './attune-process.mjs';
import { Deployment, freePort, ROOT } from './deployment.mjs';

const WORKERS = ['validator', 'harmonizer', 'generator'];

/**
 * Every service as processes of their own, so many of each, on one database, one queue and one folder of blobs: what
 * `apps/*` are for. The processes share nothing else; each has a data directory, an HTTP port and a gRPC port of its own.
 */
export class Split extends Deployment {
  processes = [];
  #gateways = [];
  #turn = 0;
  #environment;
  #way;
  #shared;

  /** `way(process, dependency, address)` may put something between a process and what it depends on: it answers the address to use. */
  constructor(dataDir, environment = {}, copies = 2, way = (_process, _dependency, address) => address) {
    super(dataDir);
    this.copies = copies;
    this.#environment = environment;
    this.#way = way;
  }

  /** The gateways in turn, so that whatever a client does it does through all of them. */
  get url() {
    const living = this.#gateways.filter(({ process }) => !process.ended);
    if (living.length === 0) return this.#gateways[0].url;
    return living[this.#turn++ % living.length].url;
  }

  get urls() {
    return this.#gateways.map(({ url }) => url);
  }

  /** What API keys are hashed under: whoever goes on with the database needs it too. */
  get pepper() {
    return this.#shared.ATTUNE_KEY_PEPPER;
  }

  /** Address of one gateway. */
  gateway(number) {
    return this.#gateways[number];
  }

  /** Starts everything, the second time what was there the first time. */
  async start() {
    if (this.postgres === undefined) {
      this.postgres = await this.#database();
      await this.postgres.start();
      await this.#install();
    } else {
      await this.postgres.start();
    }
    await Promise.all(this.processes.map((process) => process.start()));
  }

  async #database() {
    fs.mkdirSync(this.dataDir, { recursive: true });
    const [port, door] = [await freePort(), await freePort()].map(String);
    return new AttuneProcess({
      name: 'postgres',
      args: [path.join(import.meta.dirname, 'postgres-server.mjs'), this.dataDir, port, door],
      environment: process.env,
      log: path.join(this.dataDir, '..', 'postgres.log'),
      readyUrl: `http://127.0.0.1:${door}/`,
    });
  }

  async #install() {
    this.#shared = {
      ...process.env,
      ATTUNE_DATABASE_URL: this.databaseUrl,
      ATTUNE_BLOBS_URL: `file://${path.join(this.dataDir, 'blobs')}`,
      ATTUNE_KEY_PEPPER: randomBytes(24).toString('base64url'),
      ATTUNE_LOG_LEVEL: 'warn',
      ATTUNE_ENGINE_PROCESSES: '1',
      ATTUNE_SLOTS: '2',
      ATTUNE_REUSE: 'off', // what is submitted again is to be worked on again
      ...this.#environment,
    };
    this.attune('migrate');
    fs.writeFileSync(path.join(this.dataDir, 'api-key'), this.attune('keys', 'create'), { mode: 0o600 });
    const grpc = {};
    for (const service of WORKERS) {
      const addresses = [];
      for (let copy = 0; copy < this.copies; copy++) addresses.push((await this.#add(service, copy)).grpc);
      grpc[`ATTUNE_${service.toUpperCase()}_GRPC`] = addresses.join(',');
    }
    for (let copy = 0; copy < this.copies; copy++) this.#gateways.push(await this.#add('gateway', copy, grpc));
  }

  async #add(service, copy, peers = {}) {
    const name = `${service}-${copy}`;
    const { ATTUNE_DATABASE_URL: database, ATTUNE_QUEUE_URL: queue } = this.#shared;
    const port = await freePort();
    const grpcPort = await freePort();
    const environment = {
      ...this.#shared,
      ...peers,
      ATTUNE_DATABASE_URL: await this.#way(name, 'postgres', database),
      ...(queue ? { ATTUNE_QUEUE_URL: await this.#way(name, 'queue', queue) } : {}),
      ATTUNE_DATA_DIR: path.join(this.dataDir, name),
      ATTUNE_HTTP_PORT: String(port),
      ATTUNE_GRPC_PORT: String(grpcPort),
    };
    const process = new AttuneProcess({
      name,
      args: [path.join(ROOT, `apps/${service}/bundle/main.js`)],
      environment,
      log: path.join(this.dataDir, '..', `${name}.log`),
      readyUrl: `http://127.0.0.1:${port}/health/ready`,
    });
    this.processes.push(process);
    const door = new URL(await this.#way('gateway', name, `http://127.0.0.1:${grpcPort}`));
    return { process, url: `http://127.0.0.1:${port}`, grpc: door.host };
  }

  /** The command line on this installation; answers what it prints. */
  attune(...words) {
    const { status, stdout, stderr } = spawnSync(process.execPath, [ATTUNE, ...words], { env: this.#shared, encoding: 'utf8' });
    if (status !== 0) throw new Error(`attune ${words.join(' ')} ended with ${status}: ${stderr}`);
    return stdout.trim();
  }

  /** Ends all processes in order; answers 0 when each of them ended well. */
  async stop() {
    const codes = await Promise.all(this.processes.map((process) => process.stop()));
    await this.postgres?.stop();
    return codes.every((code) => code === 0) ? 0 : 1;
  }
}
