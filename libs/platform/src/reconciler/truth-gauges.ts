import type { ReconcilerRepository } from '../database/reconciler.repository.js';
import { redisMemory } from '../queue/redis-memory.js';
import type { Metrics } from '../telemetry/metrics.js';

/** Sums over whole tables are not asked for on every pass, and the longer they take, the less often: a fiftieth of the time at most. */
const SLOW_MS = 60_000;
const SLOW_SHARE = 50;

/** What gauges are about besides the database. */
export interface Servers {
  readonly queueUrl: string;
  /** What holds the blobs. */
  readonly blobs: 'file' | 's3';
}

/** Gauges about all jobs, read from the rows; exported by the leader alone, so that nothing is counted twice. */
export class TruthGauges {
  #slowFrom = -Infinity;

  constructor(
    private readonly repository: ReconcilerRepository,
    private readonly servers: Servers,
    private readonly metrics: Metrics,
  ) {}

  async refresh(): Promise<void> {
    await this.#queue();
    const began = performance.now();
    if (began < this.#slowFrom) return;
    this.#slowFrom = began + SLOW_MS;
    await this.#stored();
    this.#slowFrom = began + Math.max(SLOW_MS, SLOW_SHARE * (performance.now() - began));
    await this.#servers();
  }

  /** Whoever leads no longer says nothing rather than something old. */
  forget(): void {
    this.#slowFrom = -Infinity;
    this.metrics.forgetTruth();
  }

  async #queue(): Promise<void> {
    const { backlogJobs, backlogAge, inflight, lostJobs } = this.metrics;
    const rows = await this.repository.backlog();
    for (const gauge of [backlogJobs, backlogAge, inflight]) gauge.reset();
    for (const { stage, class: priority, ready, running, ageSeconds } of rows) {
      backlogJobs.set({ stage, class: priority }, ready);
      backlogAge.set({ stage, class: priority }, ageSeconds);
      inflight.inc({ stage }, running);
    }
    lostJobs.set(await this.repository.lostJobs());
  }

  async #stored(): Promise<void> {
    const { dlqJobs, storageUsed, storageObjects } = this.metrics;
    const backend = this.servers.blobs;
    const [failed, layers] = [await this.repository.failedJobs(), await this.repository.storage()];
    for (const gauge of [dlqJobs, storageUsed, storageObjects]) gauge.reset();
    for (const { errorClass, jobs } of failed) dlqJobs.set({ error_class: errorClass }, jobs);
    for (const { layer, bytes, objects } of layers) {
      storageUsed.set({ backend, layer }, bytes);
      storageObjects.set({ backend, layer }, objects);
    }
    const backupTaken = await this.repository.backupTaken();
    if (backupTaken !== undefined) this.metrics.backupTaken.set(backupTaken);
  }

  async #servers(): Promise<void> {
    const { pgConnections, pgXminAge, pgDeadTuples } = this.metrics;
    const vitals = await this.repository.vitals();
    pgConnections.set(vitals.connections);
    pgXminAge.set(vitals.xminAge);
    pgDeadTuples.reset();
    for (const { table, dead } of vitals.deadTuples) pgDeadTuples.set({ table }, dead);
    const redis = await redisMemory(this.servers.queueUrl).catch(() => undefined);
    if (redis === undefined) return;
    this.metrics.redisMemory.set(redis.usedRatio);
    this.metrics.redisPolicy.set(redis.evictsNothing ? 1 : 0);
  }
}
