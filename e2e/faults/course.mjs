import fs from 'node:fs';
import path from 'node:path';
import { Bed } from './bed.mjs';
import { lengthOf } from './durations.mjs';
import { violations } from './invariants.mjs';
import { randomOf } from './random.mjs';
import { Workload } from './workload.mjs';

const QUIET_MS = 90_000;
const FLOWING = 4;

class Violation extends Error {}

/** Rows one after another on one deployment, each with every seed. A deployment that a row has broken is replaced by a fresh one. */
export class Course {
  #bed;
  #load;
  #turn = 0;

  constructor(directory, backend, how) {
    Object.assign(this, { directory, backend, how });
  }

  async run(rows) {
    try {
      for (const row of rows) {
        const missing = this.#missing(row);
        if (missing) this.#tell(row, { outcome: 'not executed', reason: missing });
        else for (let i = 0; i < this.how.seeds; i++) await this.#one(row, this.how.firstSeed + i);
      }
    } finally {
      await this.end();
    }
  }

  #missing({ missing, backends, needs }) {
    if (missing) return missing;
    if (backends && !backends.includes(this.backend)) return `it is about the queue in ${backends.join(' or ')}`;
    return needs?.();
  }

  async #one(row, seed) {
    const began = Date.now();
    const notes = {};
    let stop;
    const note = (name, value) => (notes[name] = Math.max(notes[name] ?? -Infinity, value));
    try {
      await this.#ready(row);
      await row.prepare?.(this.#load);
      const bed = this.#bed;
      const random = randomOf(seed * 7_919 + row.id.length * 31 + [...row.id].reduce((sum, letter) => sum * 3 + letter.charCodeAt(0), 0));
      this.#load.restart(random);
      const [{ now: since }] = await bed.rows('SELECT now()');
      const { scale, slack } = this.how;
      const at = {
        bed,
        load: this.#load,
        random,
        scale,
        slack,
        note,
        expect,
        since,
        span: (fault) => lengthOf(fault, scale),
        bound: (ms) => ms * slack,
      };
      stop = row.flow ? this.#load.keep(FLOWING) : undefined;
      await row.run(at);
      await bed.heal();
      await stop?.();
      const found = await violations(bed, this.#load, { since, withinMs: QUIET_MS * slack, mayFail: row.mayFail });
      expect(found.length === 0, found.slice(0, 5).join('; ') + (found.length > 5 ? `; and ${found.length - 5} more` : ''));
      this.#tell(row, { seed, outcome: 'passed', notes, seconds: seconds(began) });
    } catch (error) {
      const reason = error instanceof Violation ? error.message : `${error.stack ?? error}`.split('\n').slice(0, 2).join(' ');
      this.#tell(row, { seed, outcome: 'failed', reason, notes, seconds: seconds(began) });
      void stop?.().catch(() => undefined); // the deployment goes, whatever is still asked of it
      await this.end();
    }
  }

  /** The deployment of the rows before, or a fresh one: after a failure, and for a row that needs another environment. */
  async #ready(row) {
    const wanted = JSON.stringify([row.environment ?? {}, row.objects ?? false]);
    if (this.#bed && this.#bed.wanted !== wanted) await this.end();
    if (this.#bed) return this.#bed.heal();
    const directory = path.join(this.directory, String(++this.#turn));
    fs.mkdirSync(directory, { recursive: true });
    this.#bed = await Bed.started(directory, {
      backend: this.backend,
      copies: this.how.copies,
      environment: row.environment,
      objects: row.objects,
    });
    this.#bed.wanted = wanted;
    this.#load = new Workload(this.#bed, randomOf(1));
    await this.#load.prepare(this.how.records);
  }

  /** Ends the deployment, whatever it is at. */
  async end() {
    const bed = this.#bed;
    this.#bed = undefined;
    await bed?.stop();
  }

  #tell({ id, fault }, result) {
    this.how.tell({ id, fault, backend: this.backend, ...result });
  }
}

function expect(fact, what) {
  if (!fact) throw new Violation(what);
}

const seconds = (began) => Math.round((Date.now() - began) / 1000);
