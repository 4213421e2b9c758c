import { rm } from 'node:fs/promises';
import path from 'node:path';
import { AppError, type LeftFile, prefixed, type RowLedger } from '@attune/core';
import { isCanary } from '../auth/canary-tenant.js';
import { StoreOutage } from '../blobs/store-breaker.js';
import type { Claim } from '../database/stages.repository.js';
import type { RunnerParts } from './runner-parts.js';

/** What a job before has left of the same content. */
export interface Made {
  readonly ledger: RowLedger;
  /** As on the wire. */
  readonly jobId: string;
  /** Fetches it into the scratch directory; undefined where it is not whole any more. @throws StoreOutage */
  readonly fetch: () => Promise<readonly LeftFile[] | undefined>;
}

/** Without one of these the stages after a transform cannot do what they do. */
const NEEDED = [
  'silver',
  'findings',
  'findings_index',
  'quarantine',
  'quarantine_index',
  'duplicates',
  'duplicates_index',
  'profile',
  'lineage',
];

/**
 * What another job of the tenant has made of the same content; undefined where none has, and for canaries, which are there to do the work.
 * Objects are fetched and stored anew, never shared: each job's are removed with it.
 */
export async function madeOf(
  { artifacts: repository, blobs, metrics, reuse }: RunnerParts,
  { tenantId, stage }: Claim,
  scratch: string,
  contentKey: string,
  signal: AbortSignal,
): Promise<Made | undefined> {
  if (!reuse || isCanary(tenantId)) return undefined;
  const found = await repository.madeOf(tenantId, contentKey);
  if (found === undefined || !NEEDED.every((kind) => found.artifacts.some((artifact) => artifact.kind === kind))) return undefined;
  const ledger = await repository.ledger(found.jobId, found.generation, 'transform');
  if (ledger === undefined) return undefined;
  const fetch = async (): Promise<readonly LeftFile[] | undefined> => {
    const files: LeftFile[] = [];
    for (const artifact of found.artifacts) {
      const file = path.basename(artifact.storageKey);
      try {
        await blobs.materialize(artifact.storageKey, artifact, path.join(scratch, file), { signal });
      } catch (error) {
        if (!(error instanceof AppError) || error instanceof StoreOutage || signal.aborted) throw error;
        // Removed meanwhile, or damaged: it is made anew.
        for (const fetched of files) await rm(path.join(scratch, fetched.file), { force: true });
        return undefined;
      }
      files.push({ kind: artifact.kind as LeftFile['kind'], file, ...(artifact.records === null ? {} : { records: artifact.records }) });
    }
    metrics.resultsReused.inc({ stage });
    return files;
  };
  return { ledger, jobId: prefixed('job', found.jobId), fetch };
}
