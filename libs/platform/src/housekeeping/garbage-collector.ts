import { AppError } from '@attune/core';
import type { BlobStore, ListedBlob } from '../blobs/blob-store.js';
import type { Database } from '../database/database.js';
import type { ExpiredRows, Garbage, GarbageKind, GarbageRepository } from '../database/garbage.repository.js';
import type { WarehouseRepository } from '../database/warehouse.repository.js';
import { failpoint } from '../failpoints/failpoint.js';
import type { Metrics } from '../telemetry/metrics.js';

const BATCH = 500;
/** Of one job in one transaction, which locks the job meanwhile. */
const SWEEP_BATCH = 100;
/** One pass removes so many objects or rows and no more; the next one goes on. */
const PASS = 20_000;
const IDLE_SECONDS = 24 * 3_600;
/** One collector at a time, whoever asks for it. */
const COLLECTOR_LOCK = 0x67633030;

export interface Amount {
  objects: number;
  bytes: number;
}

/** What one pass has done, or would do: `marked` waits another 24 hours, `swept` is gone. */
export interface Collection {
  readonly dryRun: boolean;
  /** Everything in the store. */
  readonly stored: Amount;
  readonly marked: Readonly<Record<GarbageKind, Amount>>;
  readonly swept: Readonly<Record<GarbageKind, Amount>>;
  /** Uploads that broke off and whose parts were removed; 0 when it is dry. */
  readonly uploads: number;
  readonly rows: ExpiredRows;
}

/** Removes what no row names, in two looks a day apart: whoever is about to commit has both days for it (jobs.md, GC). */
export class GarbageCollector {
  constructor(
    private readonly database: Database,
    private readonly garbage: GarbageRepository,
    private readonly warehouse: Pick<WarehouseRepository, 'sweepStaging'>,
    private readonly blobs: BlobStore,
    private readonly metrics: Metrics,
  ) {}

  /** One pass. @throws AppError conflict_state while another one is under way. */
  async collect({ dryRun, signal }: { readonly dryRun: boolean; readonly signal?: AbortSignal }): Promise<Collection> {
    const lost = new AbortController();
    const giveBack = await this.database.hold(COLLECTOR_LOCK, () => lost.abort());
    if (giveBack === undefined) throw new AppError('conflict_state', 'garbage is being collected already; ask again when that is done');
    const stop = AbortSignal.any([lost.signal, ...(signal ? [signal] : [])]);
    try {
      const { stored, marked } = await this.#mark(dryRun, stop);
      const swept = await this.#sweep(dryRun, stop);
      const uploads = dryRun ? 0 : await this.blobs.sweep(IDLE_SECONDS);
      const rows = dryRun ? await this.garbage.clearable() : await this.garbage.clear(PASS);
      const staged = dryRun ? 0 : await this.warehouse.sweepStaging();
      if (!dryRun) this.#count(swept, rows, uploads, staged);
      return { dryRun, stored, marked, swept, uploads, rows };
    } finally {
      await giveBack();
    }
  }

  async #mark(dryRun: boolean, stop: AbortSignal): Promise<Pick<Collection, 'stored' | 'marked'>> {
    const stored = { objects: 0, bytes: 0 };
    const marked = nothing();
    const look = async (batch: readonly ListedBlob[]): Promise<void> => {
      for (const { bytes } of batch) add(stored, bytes);
      for (const { kind, bytes } of await (dryRun ? this.garbage.markable(batch) : this.garbage.mark(batch))) add(marked[kind], bytes);
    };
    let batch: ListedBlob[] = [];
    for await (const object of this.blobs.list('')) {
      stop.throwIfAborted();
      if (batch.push(object) < BATCH) continue;
      await look(batch);
      batch = [];
    }
    if (batch.length > 0) await look(batch);
    return { stored, marked };
  }

  async #sweep(dryRun: boolean, stop: AbortSignal): Promise<Collection['swept']> {
    const swept = nothing();
    let after = '';
    for (let done = 0; done < PASS;) {
      const due = await this.garbage.due(after, BATCH);
      for (const { jobId, keys } of byJob(due)) {
        stop.throwIfAborted();
        const gone = dryRun
          ? due.filter(({ key }) => keys.includes(key))
          : await this.garbage.sweep(keys, jobId, (key) => this.#remove(key));
        for (const { kind, bytes } of gone) add(swept[kind], bytes);
        done += gone.length;
      }
      if (due.length < BATCH) break;
      after = due.at(-1)!.key;
    }
    return swept;
  }

  async #remove(key: string): Promise<void> {
    await this.blobs.remove(key);
    await failpoint('gc.mid_sweep');
  }

  #count(swept: Collection['swept'], rows: ExpiredRows, uploads: number, staged: number): void {
    const { gcDeleted, gcDeletedBytes } = this.metrics;
    for (const [kind, { objects, bytes }] of Object.entries(swept)) {
      gcDeleted.inc({ kind }, objects);
      gcDeletedBytes.inc({ kind }, bytes);
    }
    gcDeleted.inc({ kind: 'upload' }, uploads);
    gcDeleted.inc({ kind: 'staging_table' }, staged);
    gcDeleted.inc({ kind: 'idempotency_key' }, rows.idempotencyKeys);
    gcDeleted.inc({ kind: 'rate_limit' }, rows.rateLimits);
    gcDeleted.inc({ kind: 'webhook_delivery' }, rows.deliveries);
  }
}

/** Objects of the same job together, in lots of a bounded size; those of no job count as of one. */
function byJob(due: readonly Garbage[]): { jobId: string | null; keys: string[] }[] {
  const lots: { jobId: string | null; keys: string[] }[] = [];
  for (const { key } of due) {
    const jobId = /^tenants\/[^/]+\/jobs\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\//.exec(key)?.[1] ?? null;
    const last = lots.at(-1);
    if (last?.jobId === jobId && last.keys.length < SWEEP_BATCH) last.keys.push(key);
    else lots.push({ jobId, keys: [key] });
  }
  return lots;
}

const nothing = (): Record<GarbageKind, Amount> => ({
  input: { objects: 0, bytes: 0 },
  job: { objects: 0, bytes: 0 },
  other: { objects: 0, bytes: 0 },
});

function add(amount: Amount, bytes: number): void {
  amount.objects += 1;
  amount.bytes += bytes;
}
