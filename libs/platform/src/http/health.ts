import { AppError } from '@attune/core';
import type { BlobStore } from '../blobs/blob-store.js';
import type { Database } from '../database/database.js';
import type { Rings } from '../queue/rings.js';
import type { Metrics } from '../telemetry/metrics.js';

export type Dependency = 'database' | 'queue' | 'storage';

export interface Check {
  readonly healthy: boolean;
  readonly since: string;
  readonly code: string | null;
}

export interface Health {
  readonly status: 'healthy' | 'degraded' | 'unhealthy';
  readonly checks: Readonly<Record<Dependency, Check>>;
}

const FRESH_MS = 1_000;
const PATIENCE_MS = 2_000;

/** Asks each dependency, at most once a second, and remembers since when it has been as it is. */
export class HealthChecks {
  readonly #checks = new Map<Dependency, Check>();
  #asked = -Infinity;
  #asking: Promise<void> | undefined;
  #draining = false;

  constructor(
    private readonly database: Database,
    private readonly blobs: BlobStore,
    private readonly rings: Rings,
    private readonly metrics: Metrics,
  ) {}

  /** From now on not ready: the process is about to stop. */
  drain(): void {
    this.#draining = true;
  }

  async read(): Promise<Health> {
    if (performance.now() - this.#asked > FRESH_MS) {
      this.#asking ??= this.#ask().finally(() => (this.#asking = undefined));
      await this.#asking;
    }
    const checks = Object.fromEntries(this.#checks) as Record<Dependency, Check>;
    const necessary = checks.database.healthy && checks.storage.healthy;
    return { status: necessary ? (checks.queue.healthy ? 'healthy' : 'degraded') : 'unhealthy', checks };
  }

  /** Jobs cannot do without database and object store; without the queue the tick carries on. */
  async ready(): Promise<{ ready: boolean; health: Health }> {
    const health = await this.read();
    return { ready: !this.#draining && health.status !== 'unhealthy', health };
  }

  async #ask(): Promise<void> {
    await Promise.all([
      this.#note('database', () => this.database.query('SELECT 1')),
      this.#note('storage', () => this.blobs.probe()),
      this.#note('queue', async () => {
        await this.rings.probe();
        if (!this.rings.healthy) throw new AppError('dependency_unavailable', 'the queue does not answer');
      }),
    ]);
    this.#asked = performance.now();
  }

  async #note(dependency: Dependency, probe: () => Promise<unknown>): Promise<void> {
    const code = await withPatience(probe).then(
      () => null,
      (error: unknown) => (error instanceof AppError ? error.code : 'dependency_unavailable'),
    );
    const healthy = code === null;
    const before = this.#checks.get(dependency);
    this.#checks.set(dependency, { healthy, code, since: before?.healthy === healthy ? before.since : new Date().toISOString() });
    this.metrics.dependencyUp.set({ dep: dependency }, healthy ? 1 : 0);
  }
}

async function withPatience(probe: () => Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new AppError('dependency_unavailable', 'no answer in time')), PATIENCE_MS);
  });
  await Promise.race([probe(), late]).finally(() => clearTimeout(timer));
}
