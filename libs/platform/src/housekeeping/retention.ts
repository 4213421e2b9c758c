import { AppError } from '@attune/core';
import type { BlobStore } from '../blobs/blob-store.js';
import { eraseFrom } from '../blobs/erase.js';
import type { JobsRepository } from '../database/jobs.repository.js';
import type { Due, RetentionRepository } from '../database/retention.repository.js';
import type { Metrics } from '../telemetry/metrics.js';

const BATCH = 100;
/** One pass removes so much and no more; the next one goes on. */
const PASS = 5_000;

/** Removes what has been kept for as long as its tenant wants it kept. */
export class Retention {
  constructor(
    private readonly retention: RetentionRepository,
    private readonly jobs: JobsRepository,
    private readonly blobs: BlobStore,
    private readonly metrics: Metrics,
  ) {}

  /** One pass over all tenants; answers how many jobs and datasets went, and their bytes. */
  async expire(signal: AbortSignal): Promise<{ objects: number; bytes: number }> {
    const gone = { objects: 0, bytes: 0 };
    for (let seen = 0; seen < PASS; seen += BATCH) {
      const { due } = await this.retention.due(null, 0, BATCH);
      const before = gone.objects;
      for (const one of due) {
        signal.throwIfAborted();
        if (!(await this.#expire(one))) continue;
        gone.objects += 1;
        gone.bytes += one.bytes;
        this.metrics.retentionExpired.inc({ kind: one.kind });
      }
      if (due.length < BATCH || gone.objects === before) break;
    }
    return gone;
  }

  /** False where somebody was faster: a hold, a deletion, a next generation; and while a backup is taken. */
  async #expire({ kind, id, tenantId, version }: Due): Promise<boolean> {
    try {
      if (kind === 'dataset') return await this.retention.expireDataset(id, (key) => this.blobs.remove(key));
      const permits = (found: number): boolean => found === version;
      await this.jobs.delete(tenantId, id, eraseFrom(this.blobs), { permits, because: 'retention' });
      return true;
    } catch (error) {
      if (error instanceof AppError && ['gone', 'precondition_failed', 'legal_hold', 'overloaded'].includes(error.code)) return false;
      throw error;
    }
  }
}
