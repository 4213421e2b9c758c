import { statfs } from 'node:fs/promises';
import { AppError, type PriorityClass } from '@attune/core';
import type { Request } from 'express';
import type { QuotasRepository, QuotaUse, TenantQuotas } from '../database/quotas.repository.js';
import type { Metrics } from '../telemetry/metrics.js';
import { Recent } from './recent.js';

/** What was decided for a tenant is believed for so long; what it has taken for less. */
const DECIDED_MS = 5_000;
const TAKEN_MS = 1_000;
/** Work of class `bulk` is refused while what is next in line has waited for longer (jobs.md, section 4). */
const BACKLOG_SECONDS = 15 * 60;
const RESERVED_SHARE = 0.15;

interface Space {
  readonly free: number;
  readonly size: number;
}

export interface AdmissionLimits {
  /** Where bytes are kept; undefined when that is not a disk of this machine. */
  readonly directory: string | undefined;
  readonly diskReserveBytes: number;
}

/**
 * Whether there is room for what a client wants to bring: quotas of its tenant, and what is left of the disk and of the workers' time.
 * A gateway asks the database once a second for a tenant that is far from its quotas, so that several gateways may together let through
 * what they have admitted within that second; near the quota each request is counted.
 */
export class Admission {
  readonly #decided: Recent<TenantQuotas>;
  readonly #taken: Recent<QuotaUse & { admitted: number }>;
  readonly #waited: Recent<number>;
  readonly #space: Recent<Space>;
  readonly #receiving = new Map<string, number>();

  constructor(
    private readonly quotas: QuotasRepository,
    private readonly metrics: Metrics,
    private readonly limits: AdmissionLimits,
    spaceOf: (directory: string) => Promise<Space> = spaceOn,
  ) {
    this.#decided = new Recent(DECIDED_MS, (tenantId) => quotas.of(tenantId));
    this.#taken = new Recent(TAKEN_MS, async (tenantId) => ({ ...(await quotas.use(tenantId)), admitted: 0 }));
    this.#waited = new Recent(DECIDED_MS, (priorityClass) => quotas.waited(priorityClass as PriorityClass));
    this.#space = new Recent(TAKEN_MS, spaceOf);
  }

  /** New jobs, one for each class that is named. @throws AppError quota_exceeded, rate_limited for class bulk behind a long backlog */
  async jobs(request: Request, tenantId: string, classes: readonly PriorityClass[]): Promise<void> {
    const decided = await this.#decided.get(tenantId);
    const limit = decided.queuedJobs;
    if (limit !== null) {
      let taken = await this.#taken.get(tenantId);
      if (taken.queuedJobs + taken.admitted + classes.length > limit * 0.9) taken = await this.#taken.anew(tenantId);
      if (taken.queuedJobs + classes.length > limit)
        throw this.#exceeded(request, 'queued_jobs', decided, 5, `${taken.queuedJobs} of ${limit} jobs are queued`);
      taken.admitted += classes.length;
    }
    if (classes.includes('bulk') && (await this.#waited.get('bulk')) > BACKLOG_SECONDS) {
      this.#shed(request, 'backlog', 60);
      throw new AppError('rate_limited', 'work of class bulk has waited for more than 15 minutes; send it later or as interactive');
    }
  }

  /**
   * Receives so many bytes (what was announced; 0 where nobody knows) while there is room for them.
   * @throws AppError quota_exceeded, storage_full
   */
  async upload<T>(request: Request, tenantId: string, announced: number, receive: () => Promise<T>): Promise<T> {
    const decided = await this.#decided.get(tenantId);
    await this.bytes(request, tenantId, announced);
    const receiving = this.#receiving.get(tenantId) ?? 0;
    const limit = decided.concurrentUploads;
    if (limit !== null && receiving >= limit)
      throw this.#exceeded(request, 'concurrent_uploads', decided, 1, `${receiving} uploads are being received`);
    this.#receiving.set(tenantId, receiving + 1);
    try {
      return await receive();
    } finally {
      const left = this.#receiving.get(tenantId)! - 1;
      if (left === 0) this.#receiving.delete(tenantId);
      else this.#receiving.set(tenantId, left);
    }
  }

  /** Room for bytes that are to come. @throws AppError quota_exceeded, storage_full */
  async bytes(request: Request, tenantId: string, announced: number): Promise<void> {
    const decided = await this.#decided.get(tenantId);
    if (decided.bytesPerDay !== null) {
      const { bytesToday, secondsLeft } = await this.#taken.anew(tenantId);
      if (bytesToday >= decided.bytesPerDay || bytesToday + announced > decided.bytesPerDay)
        throw this.#exceeded(request, 'bytes_per_day', decided, secondsLeft, `${bytesToday} of ${decided.bytesPerDay} bytes came today`);
    }
    const { directory, diskReserveBytes } = this.limits;
    if (directory === undefined || diskReserveBytes === 0) return;
    const { free, size } = await this.#space.get(directory);
    if (free - announced >= Math.min(diskReserveBytes, size * RESERVED_SHARE)) return;
    this.#shed(request, 'disk', 60);
    throw new AppError('storage_full', 'the disk of the data directory has no room for this upload');
  }

  /** Counts bytes that have come. */
  received(tenantId: string, bytes: number): Promise<void> {
    return this.quotas.received(tenantId, bytes);
  }

  #exceeded(request: Request, quota: string, { version }: TenantQuotas, seconds: number, detail: string): AppError {
    this.metrics.quotaRejections.inc({ quota, tier: version === 0 ? 'default' : 'own' });
    request.res?.setHeader('Retry-After', String(Math.max(1, seconds)));
    return new AppError('quota_exceeded', `the quota ${quota} of this tenant is used up: ${detail}`);
  }

  #shed(request: Request, reason: string, seconds: number): void {
    this.metrics.requestsShed.inc({ reason });
    request.res?.setHeader('Retry-After', String(seconds));
  }
}

async function spaceOn(directory: string): Promise<Space> {
  const { bavail, blocks, bsize } = await statfs(directory);
  return { free: bavail * bsize, size: blocks * bsize };
}
