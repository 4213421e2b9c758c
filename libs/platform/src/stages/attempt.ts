import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import {
  AppError,
  type ArtifactKind,
  Detection,
  ERROR_KINDS,
  type ErrorCode,
  type LeftFile,
  Plan,
  type RowLedger,
  type StageName,
  type StageOutcome,
} from '@attune/core';
import type { StageError } from '@attune/pipeline';
import { isCanary } from '../auth/canary-tenant.js';
import type { BlobStore } from '../blobs/blob-store.js';
import { fetchVerified } from '../blobs/fetch-verified.js';
import { StoreOutage } from '../blobs/store-breaker.js';
import type { LeftArtifacts } from '../database/artifacts.repository.js';
import type { Database } from '../database/database.js';
import type { Claim, Committed, StoredArtifact } from '../database/stages.repository.js';
import type { Transition } from '../database/transition.js';
import { type Rows, StagingLost } from '../database/warehouse.repository.js';
import { ROWS_FILE } from '../engine/rows-file.js';
import { type Failpoint, failpoint } from '../failpoints/failpoint.js';
import { identityOf } from '../engine/checkpoint.js';
import { runningVersion } from '../service/version.js';
import { errorName } from '../telemetry/logger.js';
import { madeOf } from './made-before.js';
import { noteOutcome } from './note-outcome.js';
import { previousReport } from './previous-report.js';
import type { RunnerParts } from './runner-parts.js';
import { ScratchFolders } from './scratch-folders.js';
import type { Stage, StageContext, TaskRunner } from './stage.js';

const HEARTBEAT_MS = 2_000;
/** Copies of the same rows, each of which may be lost with a crash of the database. */
const MOST_COPIES = 3;

export interface AttemptEnd {
  readonly outcome: 'done' | 'failed' | 'parked' | 'fenced' | 'released' | 'cancelled';
  readonly code?: string;
  readonly transition?: Transition;
}

type Interruption = 'fenced' | 'cancelled' | 'released';

/** One try at one stage: heartbeat beside the work, then exactly one way to end (jobs.md, sections 4.5 to 4.7). */
export class Attempt {
  readonly #abort = new AbortController();
  readonly #stored: StoredArtifact[] = [];
  /** What is to be loaded when the stage commits. */
  #rows: Rows | undefined;
  readonly #folders: ScratchFolders;
  #progress = 0;
  #interruption: Interruption | undefined;
  #committed = false;

  constructor(
    private readonly claim: Claim,
    private readonly worker: string,
    private readonly parts: RunnerParts,
  ) {
    this.#folders = new ScratchFolders(parts.scratchDir);
  }

  /** Stops the work and gives the stage back. */
  handBack(): void {
    this.#interrupt('released');
  }

  /** @throws only when the database cannot be told the outcome. */
  async perform(stage: Stage): Promise<AttemptEnd> {
    const heart = setInterval(() => void this.#beat(), HEARTBEAT_MS);
    // A cancellation rings, and the beat that follows is told of it.
    const stopListening = this.parts.bell.listen(this.claim.jobId, () => void this.#beat());
    try {
      const scratch = this.#folders.of(this.claim);
      await mkdir(scratch, { recursive: true, mode: 0o700 });
      const context = this.#context(scratch);
      await failpoint('claim.after', this.claim);
      const outcome = await stage.run(context);
      await failpoint('work.last_record', this.claim);
      await context.store(outcome.files);
      await failpoint('publish.after_manifest_before_commit', this.claim);
      if (this.#interruption) return await this.#endInterrupted(this.#interruption);
      const transition = await this.#commit(outcome);
      // The bell rings for this very commit, and the beat that follows finds nothing left to hold: what is still done here goes on.
      this.#committed = true;
      await failpoint('publish.after_commit_before_ack', this.claim);
      if (transition.after.status === 'cancelled') return await this.#discarded({ outcome: 'cancelled', transition });
      await this.#count(outcome.ledger).catch(() => undefined);
      await noteOutcome(this.parts, this.claim, outcome, transition).catch((error: unknown) =>
        this.parts.log.warn({ error: errorName(error) }, 'the metrics of a stage could not be taken'),
      );
      await this.#remove(transition.swept);
      if (transition.after.status === 'completed' && this.claim.mapping !== null) await this.#remember(context);
      return { outcome: 'done', transition, ...(outcome.failure ? { code: outcome.failure.code } : {}) };
    } catch (error) {
      return await this.#endFailed(error);
    } finally {
      clearInterval(heart);
      stopListening();
      await this.#unstage();
    }
  }

  /** Rows that a crash of the database has taken out of their staging table are copied once more. */
  async #commit(outcome: StageOutcome): Promise<Committed> {
    const { claim, parts } = this;
    const rows = this.#rows;
    const load = rows && ((query: Database['query']) => parts.warehouse.load(query, claim, rows));
    for (let copies = 1; ; copies++) {
      try {
        return await parts.stages.commit(claim, { ...outcome, artifacts: this.#stored, load }, this.#abort.signal);
      } catch (error) {
        if (error instanceof AppError && error.code === 'stage.cancelled') this.#interruption ??= 'cancelled';
        if (!rows || !(error instanceof StagingLost)) throw error;
        if (copies === MOST_COPIES)
          throw new AppError('dependency_unavailable', 'the database does not keep what was copied', { cause: error });
        await parts.warehouse.copy(claim, rows, this.#abort.signal);
      }
    }
  }

  /** What was copied and not loaded is of no use to anybody; what cannot be removed now, the collector of garbage removes. */
  async #unstage(): Promise<void> {
    if (!this.#rows) return;
    const { claim, parts } = this;
    await parts.warehouse
      .discard(claim)
      .catch((error: unknown) => parts.log.warn({ job_id: claim.jobId, error: errorName(error) }, 'copied rows could not be removed'));
  }

  /** A mapping that a person gave, and with which the job came to its end, is what the next file with these columns gets. */
  async #remember(context: StageContext): Promise<void> {
    const { claim, parts } = this;
    try {
      const [plan, detection] = [Plan.parse(await context.json('plan')), Detection.parse(await context.json('detection'))];
      await parts.mappings.remember(claim.tenantId, detection.fingerprint, plan.mapping);
    } catch (error) {
      // The job has completed; only the convenience is lost.
      parts.log.warn({ job_id: claim.jobId, error: errorName(error) }, 'an accepted mapping could not be remembered');
    }
  }

  async #endFailed(cause: unknown): Promise<AttemptEnd> {
    const error = isDiskFull(cause) ? new AppError('storage_full', 'the scratch directory has no space left', { cause }) : cause;
    if (error instanceof AppError && error.code === 'stage.fenced') return { outcome: 'fenced', code: error.code };
    if (this.#interruption) return this.#endInterrupted(this.#interruption);
    if (isUnbalanced(error)) this.parts.metrics.conservationViolations.inc();
    const stageError = describe(error);
    if (stageError.class === 'crash')
      this.parts.log.error(
        { job_id: this.claim.jobId, stage: this.claim.stage, error: errorName(error), at: origin(error) },
        'a stage has failed',
      );
    const passes =
      (await isOutage(error, this.parts.blobs)) || (stageError.code === 'storage_full' && (await this.#folders.isCrowded(this.claim)));
    const outcome = passes ? 'parked' : 'failed';
    const { stages } = this.parts;
    const transition = await this.#write(() =>
      outcome === 'parked' ? stages.park(this.claim, stageError, Math.random()) : stages.fail(this.claim, stageError, Math.random()),
    );
    return transition ? this.#discarded({ outcome, code: stageError.code, transition }) : { outcome: 'fenced' };
  }

  async #endInterrupted(interruption: Interruption): Promise<AttemptEnd> {
    if (interruption === 'fenced') return { outcome: 'fenced' };
    const transition = await this.#write(() =>
      interruption === 'cancelled' ? this.parts.stages.stop(this.claim) : this.parts.stages.release(this.claim),
    );
    return transition ? this.#discarded({ outcome: interruption, transition }) : { outcome: 'fenced' };
  }

  /** The database has it that this epoch committed nothing, so its stored files are garbage. After a fence nobody can be sure. */
  async #discarded(end: AttemptEnd): Promise<AttemptEnd> {
    await this.#remove(this.#stored.map(({ storageKey }) => storageKey));
    return end;
  }

  /** What cannot be removed costs space, nothing else. */
  async #remove(keys: readonly string[]): Promise<void> {
    const { blobs, garbage, log } = this.parts;
    const failed = (error: unknown): void =>
      log.warn({ job_id: this.claim.jobId, error: errorName(error) }, 'a stored file could not be removed');
    await garbage.discard(keys, (key) => blobs.remove(key).catch(failed)).catch(failed);
  }

  async #write(end: () => Promise<Transition>): Promise<Transition | undefined> {
    try {
      return await end();
    } catch (error) {
      if (error instanceof AppError && error.code === 'stage.fenced') return undefined;
      throw error;
    }
  }

  async #beat(): Promise<void> {
    try {
      await failpoint('heartbeat.before', this.claim);
      const { cancelRequested } = await this.parts.stages.heartbeat(this.claim, this.worker, this.#progress);
      await failpoint('heartbeat.after', this.claim);
      if (cancelRequested) this.#interrupt('cancelled');
    } catch (error) {
      // Without the database nobody knows who holds the stage; the next beat will tell.
      if (error instanceof AppError && error.code === 'stage.fenced') this.#interrupt('fenced');
      else this.parts.log.warn({ job_id: this.claim.jobId, stage: this.claim.stage, error: errorName(error) }, 'a heartbeat was missed');
    }
  }

  /** Progress is told, not asked for: what fails at it ends the work. */
  #failAt(name: Failpoint): void {
    failpoint(name, this.claim)?.catch((error: unknown) => this.#abort.abort(error));
  }

  #interrupt(interruption: Interruption): void {
    if (this.#committed) return;
    this.#interruption ??= interruption;
    this.#abort.abort();
  }

  #context(scratch: string): StageContext {
    const { claim, parts } = this;
    // Asked for once: while this attempt lasts nobody else leaves anything that it reads.
    let left: Promise<LeftArtifacts> | undefined;
    const before = (): Promise<LeftArtifacts> => (left ??= parts.artifacts.left(claim.jobId, claim.generation));
    const fetched = async (stored: StoredArtifact, name: string): Promise<string> => {
      const file = path.join(scratch, name);
      await parts.blobs.materialize(stored.storageKey, stored, file, { signal: this.#abort.signal });
      return file;
    };
    const artifactIfLeft = async (kind: ArtifactKind): Promise<string | undefined> => {
      const found = (await before()).latest(kind);
      return found && fetched(found, `in.${kind}`);
    };
    const artifact = async (kind: ArtifactKind): Promise<string> => {
      const file = await artifactIfLeft(kind);
      if (file === undefined) throw new AppError('artifact_corrupt', `an earlier stage left no ${kind}`);
      return file;
    };
    const artifacts = async (kind: ArtifactKind): Promise<readonly string[]> => {
      const found = (await before()).ofShards(kind);
      if (found.length === 0) throw new AppError('artifact_corrupt', `an earlier stage left no ${kind}`);
      const files: string[] = [];
      for (const [i, shard] of found.entries()) files.push(await fetched(shard, i === 0 ? `in.${kind}` : `in.${kind}.${i}`));
      return files;
    };
    return {
      claim,
      scratch,
      engine: claim.frugal ? frugal(parts.engine) : parts.engine,
      signal: this.#abort.signal,
      progress: ({ done, total }) => {
        this.#progress = Math.max(this.#progress, total > 0 ? done / total : 0);
        this.#failAt('work.first_record');
        if (this.#progress >= 0.5) this.#failAt('work.mid');
      },
      resume: async () => ({ input: claim.dataset.sha256, version: runningVersion(), earlier: await this.#folders.earlier(claim) }),
      inputRange: async ({ start, end, sha256 }) => {
        const file = path.join(scratch, 'in.slice');
        const open = (): Readable => parts.blobs.open(claim.dataset.storageKey, { start, end: end - 1 });
        await fetchVerified(open, { bytes: end - start, sha256 }, file, { signal: this.#abort.signal });
        return file;
      },
      identity: (plan) => identityOf(runningVersion(), claim.dataset.sha256, plan),
      madeOf: (contentKey) => madeOf(parts, claim, scratch, contentKey, this.#abort.signal),
      workers: (service) => parts.stages.workers(service, runningVersion()),
      split: parts.split,
      input: async () => {
        const file = path.join(scratch, 'in.dataset');
        await parts.blobs.materialize(claim.dataset.storageKey, claim.dataset, file, { signal: this.#abort.signal });
        return file;
      },
      artifact,
      artifactIfLeft,
      artifacts,
      shardsThatLeft: async (kind) => (await before()).ofShards(kind).length,
      json: async (kind) => JSON.parse(await readFile(await artifact(kind), 'utf8')) as unknown,
      ledgerOf: (stage) => this.#ledgerOf(stage),
      rememberedMapping: (fingerprint) => parts.mappings.remembered(claim.tenantId, fingerprint),
      previousReport: (dataset) => previousReport(parts, claim, scratch, dataset),
      store: (files) => this.#store(scratch, files),
      load: async (entity, records) => {
        this.#rows = { entity, records, file: path.join(scratch, ROWS_FILE) };
        await parts.warehouse.copy(claim, this.#rows, this.#abort.signal);
      },
    };
  }

  async #store(scratch: string, files: readonly LeftFile[]): Promise<StoredArtifact[]> {
    const stored: StoredArtifact[] = [];
    for (const { kind, file, records } of files) {
      this.#abort.signal.throwIfAborted();
      const key = `tenants/${this.claim.tenantId}/jobs/${this.claim.jobId}/${this.claim.stage}/${this.claim.shard}/${this.claim.epoch}/${file}`;
      const { bytes, sha256 } = await this.parts.blobs.adopt(path.join(scratch, file), key, { signal: this.#abort.signal });
      await failpoint('publish.mid_part', this.claim);
      stored.push({ kind, sha256, bytes, records: records ?? null, storageKey: key });
      this.#stored.push(stored.at(-1)!);
    }
    return stored;
  }

  async #ledgerOf(stage: StageName): Promise<RowLedger> {
    const ledger = await this.parts.artifacts.ledger(this.claim.jobId, this.claim.generation, stage);
    if (!ledger) throw new AppError('artifact_corrupt', `stage ${stage} left no row ledger`);
    return ledger;
  }

  /** The ledger of a resubmission states the whole stage anew: what has become of mended records is what it says more. */
  async #count(ledger: RowLedger | undefined): Promise<void> {
    if (!ledger || isCanary(this.claim.tenantId)) return;
    const { stage, shard, jobId, generation } = this.claim;
    const before = shard === 0 ? undefined : await this.parts.artifacts.ledger(jobId, generation - 1, stage);
    const { recordsProcessed } = this.parts.metrics;
    recordsProcessed.inc({ stage, result: 'out' }, ledger.recordsOut - (before?.recordsOut ?? 0));
    recordsProcessed.inc({ stage, result: 'quarantined' }, before ? 0 : ledger.recordsQuarantined);
    recordsProcessed.inc({ stage, result: 'merged' }, ledger.recordsMerged - (before?.recordsMerged ?? 0));
    recordsProcessed.inc({ stage, result: 'dropped' }, ledger.recordsDropped - (before?.recordsDropped ?? 0));
  }
}

/**
 * The store as a whole is out of reach. A store that works but for one object would keep the job for ever if that were taken for an outage:
 * so it is asked once more, with something of its own.
 */
async function isOutage(error: unknown, blobs: BlobStore): Promise<boolean> {
  if (!(error instanceof StoreOutage)) return false;
  if (blobs.circuit?.refuses === true) return true;
  return blobs.probe().then(
    () => false,
    () => true,
  );
}

function isDiskFull(error: unknown): boolean {
  return (
    !(error instanceof AppError) && error instanceof Error && ['ENOSPC', 'EDQUOT'].includes((error as NodeJS.ErrnoException).code ?? '')
  );
}

const frugal = (engine: TaskRunner): TaskRunner => ({ run: (task, input, call) => engine.run(task, input, { ...call, frugal: true }) });

/** The database has refused a row ledger that does not add up. */
function isUnbalanced(error: unknown): boolean {
  return error instanceof Error && (error as { constraint?: unknown }).constraint === 'row_ledger_reconciles';
}

/** What may be kept of an error: our own code and detail; of a stranger only that it happened. */
function describe(error: unknown): StageError {
  const known = error instanceof AppError ? error : undefined;
  const code: ErrorCode = known?.code ?? 'internal';
  const places = known?.errors.map(({ pointer, message }) => ` ${pointer ?? ''} ${message}`).join('') ?? '';
  return { code, class: ERROR_KINDS[code].class, detail: known ? known.detail + places : 'the stage has failed without an explanation' };
}

/** Where in our code an error comes from: the first line of its stack that names a file, without the message. */
function origin(error: unknown): string {
  const frame = error instanceof Error ? error.stack?.split('\n').find((line) => line.trimStart().startsWith('at ')) : undefined;
  return frame?.trim() ?? '';
}
