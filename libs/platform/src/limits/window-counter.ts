import { RateLimiterMemory, RateLimiterPostgres, RateLimiterRes } from 'rate-limiter-flexible';
import type { Database } from '../database/database.js';

/** Where a name stands in the current window. */
export interface Standing {
  readonly allowed: boolean;
  /** Requests left until the window ends. */
  readonly remaining: number;
  /** Whole seconds until then, at least 1. */
  readonly resetSeconds: number;
}

/** Requests of a window that this process may let through without asking. */
interface Lease {
  left: number;
  /** What nobody has taken yet, as far as this process knows. */
  readonly beyond: number;
  readonly untilMs: number;
}

export const WINDOW_SECONDS = 60;
/** A process takes so much of a quota at once: at most one statement for each hundredth of it. */
const BLOCKS = 100;
const NAMES = 10_000;

/**
 * Counts names against one quota per minute, once over all processes: the count lies in Postgres, each process takes blocks of it and
 * counts those by itself. Never more than the quota passes; without the database each process counts alone.
 */
export class WindowCounter {
  readonly #leases = new Map<string, Lease>();
  readonly #renewals = new Map<string, Promise<void>>();
  readonly #store: RateLimiterPostgres;
  readonly #block: number;

  constructor(
    database: Database,
    private readonly policy: string,
    readonly quota: number,
  ) {
    const counted = { points: quota, duration: WINDOW_SECONDS, keyPrefix: policy };
    this.#block = Math.max(1, Math.floor(quota / BLOCKS));
    this.#store = new RateLimiterPostgres({
      ...counted,
      storeClient: { query: async ({ text, values }: Statement) => ({ rows: await database.query(text, values) }) },
      storeType: 'client',
      schemaName: 'attune',
      tableName: 'rate_limits',
      tableCreated: true,
      insuranceLimiter: new RateLimiterMemory(counted),
    });
  }

  /** Counts one request of the name. */
  async take(name: string): Promise<Standing> {
    for (;;) {
      const lease = this.#lease(name);
      if (lease === undefined || (lease.left === 0 && lease.beyond > 0)) {
        await this.#renew(name);
        continue;
      }
      if (lease.left === 0) return standing(false, lease);
      lease.left--;
      return standing(true, lease);
    }
  }

  /** The standing of a name that has used its quota up, as far as this process knows; counts nothing. */
  exhausted(name: string): Standing | undefined {
    const lease = this.#lease(name);
    return lease !== undefined && lease.left + lease.beyond === 0 ? standing(false, lease) : undefined;
  }

  #lease(name: string): Lease | undefined {
    const lease = this.#leases.get(name);
    return lease !== undefined && lease.untilMs > Date.now() ? lease : undefined;
  }

  /** One statement at a time for a name; who comes meanwhile waits for its outcome. */
  #renew(name: string): Promise<void> {
    const running = this.#renewals.get(name);
    if (running !== undefined) return running;
    const renewal = this.#takeBlock(name).finally(() => this.#renewals.delete(name));
    this.#renewals.set(name, renewal);
    return renewal;
  }

  async #takeBlock(name: string): Promise<void> {
    const taken = await this.#store.consume(name, this.#block).catch((refused: unknown) => {
      if (refused instanceof RateLimiterRes) return refused;
      throw refused;
    });
    if (this.#leases.size >= NAMES) this.#forget();
    // The last block may reach beyond the quota: what lies within it is ours all the same.
    const before = taken.consumedPoints - this.#block;
    const left = Math.max(0, Math.min(this.#block, this.quota - before));
    this.#leases.set(name, { left, beyond: taken.remainingPoints, untilMs: Date.now() + Math.max(1, taken.msBeforeNext) });
  }

  #forget(): void {
    const now = Date.now();
    for (const [name, { untilMs }] of this.#leases) if (untilMs <= now) this.#leases.delete(name);
    if (this.#leases.size >= NAMES) this.#leases.clear();
  }
}

interface Statement {
  readonly text: string;
  readonly values: readonly unknown[];
}

function standing(allowed: boolean, { left, beyond, untilMs }: Lease): Standing {
  return { allowed, remaining: left + beyond, resetSeconds: Math.max(1, Math.ceil((untilMs - Date.now()) / 1000)) };
}
