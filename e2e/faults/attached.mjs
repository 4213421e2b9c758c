import { Deployment } from './deployment.mjs';

/** An Attune that somebody else has started and will stop, seen by one of its tenants. */
export class Attached extends Deployment {
  #key;

  constructor({ url, dataDir, key }) {
    super(dataDir);
    this.url = url;
    this.processes = [];
    this.#key = key;
  }

  get headers() {
    return { Authorization: `Bearer ${this.#key}` };
  }

  async start() {}

  async stop() {
    return null;
  }
}
