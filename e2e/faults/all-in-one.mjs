import path from 'node:path';
import { AttuneProcess } from './attune-process.mjs';
import { Deployment, ROOT } from './deployment.mjs';

export const ATTUNE = path.join(ROOT, 'apps/attune/bin/attune.mjs');

/** The real all-in-one as a process of its own, on a data directory that outlives it. */
export class AllInOne extends Deployment {
  #process;

  constructor(dataDir, port, environment = {}) {
    super(dataDir);
    this.url = `http://127.0.0.1:${port}`;
    this.environment = {
      ...process.env,
      ATTUNE_DATA_DIR: dataDir,
      ATTUNE_HTTP_PORT: String(port),
      ATTUNE_LOG_LEVEL: 'warn',
      ATTUNE_REUSE: 'off', // what is submitted again is to be worked on again
      ...environment,
    };
    this.#process = new AttuneProcess({
      name: 'the all-in-one',
      args: [ATTUNE, 'up'],
      environment: this.environment,
      log: path.join(dataDir, '..', 'attune.log'),
      readyUrl: `${this.url}/health/ready`,
    });
  }

  get pid() {
    return this.#process.pid;
  }

  get processes() {
    return [this.#process];
  }

  start() {
    return this.#process.start();
  }

  /** Ends the process as a power cut would, its database apart; answers once it is gone. */
  kill() {
    return this.#process.kill();
  }

  stop() {
    return this.#process.stop();
  }
}
