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
  #postgres;

  constructor(dataDir, environment = {}, copies = 2) {
    super(dataDir);
    this.copies = copies;
    this.#environment = environment;
  }

  /** The gateways in turn, so that whatever a client does it does through all of them. */
  get url() {
    const living = this.#gateways.filter(({ process }) => !process.ended);
    if (living.length === 0) return this.#gateways[0].url;
    return living[this.#turn++ % living.length].url;
  }

  /** Address of one gateway. */
  gateway(number) {
    return this.#gateways[number];
  }

  /** Starts everything, the second time what was there the first time. */
  async start() {
    if (this.#postgres === undefined) {
      this.#postgres = await this.#database();
      await this.#postgres.start();
      await this.#install();
    } else {
      await this.#postgres.start();
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
    const shared = {
      ...process.env,
      ATTUNE_DATABASE_URL: this.databaseUrl,
      ATTUNE_BLOBS_URL: `file://${path.join(this.dataDir, 'blobs')}`,
      ATTUNE_KEY_PEPPER: randomBytes(24).toString('base64url'),
      ATTUNE_LOG_LEVEL: 'warn',
      ATTUNE_ENGINE_PROCESSES: '1',
      ATTUNE_SLOTS: '2',
      ...this.#environment,
    };
    this.#attune(shared, 'migrate');
    fs.writeFileSync(path.join(this.dataDir, 'api-key'), this.#attune(shared, 'keys', 'create'), { mode: 0o600 });
    const grpc = {};
    for (const service of WORKERS) {
      const addresses = [];
      for (let copy = 0; copy < this.copies; copy++) addresses.push((await this.#add(service, copy, shared)).grpc);
      grpc[`ATTUNE_${service.toUpperCase()}_GRPC`] = addresses.join(',');
    }
    for (let copy = 0; copy < this.copies; copy++) this.#gateways.push(await this.#add('gateway', copy, { ...shared, ...grpc }));
  }

  async #add(service, copy, shared) {
    const port = await freePort();
    const grpcPort = await freePort();
    const environment = {
      ...shared,
      ATTUNE_DATA_DIR: path.join(this.dataDir, `${service}-${copy}`),
      ATTUNE_HTTP_PORT: String(port),
      ATTUNE_GRPC_PORT: String(grpcPort),
    };
    const process = new AttuneProcess({
      name: `${service}-${copy}`,
      args: [path.join(ROOT, `apps/${service}/dist/main.js`)],
      environment,
      log: path.join(this.dataDir, '..', `${service}-${copy}.log`),
      readyUrl: `http://127.0.0.1:${port}/health/ready`,
    });
    this.processes.push(process);
    return { process, url: `http://127.0.0.1:${port}`, grpc: `127.0.0.1:${grpcPort}` };
  }

  #attune(environment, ...words) {
    const { status, stdout, stderr } = spawnSync(process.execPath, [ATTUNE, ...words], { env: environment, encoding: 'utf8' });
    if (status !== 0) throw new Error(`attune ${words.join(' ')} ended with ${status}: ${stderr}`);
    return stdout.trim();
  }

  /** Ends all processes in order; answers 0 when each of them ended well. */
  async stop() {
    const codes = await Promise.all(this.processes.map((process) => process.stop()));
    await this.#postgres?.stop();
    return codes.every((code) => code === 0) ? 0 : 1;
  }
}
