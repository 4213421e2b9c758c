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
/** A dependency that stumbles is not left by all processes at once, and one that comes back is not believed at once. */
const UNREADY_AFTER_MS = 3_000;
const READY_AFTER_MS = 2_000;

/** Asks each dependency, at most once a second, and remembers since when it has been as it is. */
export class HealthChecks {
  readonly #checks = new Map<Dependency, Check>();
  #asked = -Infinity;
  #asking: Promise<void> | undefined;
  #draining = false;
  readonly #drained: (() => void)[] = [];
  /** Undefined until a first look. */
  #ready: boolean | undefined;
  #seen: { readonly healthy: boolean; readonly since: number } | undefined;

  constructor(
    private readonly database: Database,
    private readonly blobs: BlobStore,
    private readonly rings: Rings,
    private readonly metrics: Metrics,
  ) {}

  /** From now on not ready: the process is about to stop. */
  drain(): void {
    this.#draining = true;
    for (const drained of this.#drained) drained();
  }

  onDrain(drained: () => void): void {
    this.#drained.push(drained);
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
    return { ready: !this.#draining && this.#steady(health.status !== 'unhealthy'), health };
  }

  /** As it has been for a while; what is seen first is believed. */
  #steady(healthy: boolean): boolean {
    const now = performance.now();
    if (this.#seen?.healthy !== healthy) this.#seen = { healthy, since: now };
    if (this.#ready === undefined || now - this.#seen.since >= (healthy ? READY_AFTER_MS : UNREADY_AFTER_MS)) this.#ready = healthy;
    return this.#ready;
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
