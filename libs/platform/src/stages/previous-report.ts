import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { QualityBody } from '@attune/api';
import { prefixed } from '@attune/core';
import type { Claim } from '../database/stages.repository.js';
import { errorName } from '../telemetry/logger.js';
import type { RunnerParts } from './runner-parts.js';

/** The quality report of an earlier job, with the id of the job as on the wire. */
export interface PreviousReport {
  readonly jobId: string;
  readonly quality: QualityBody;
}

/**
 * The report of the job before this one over a dataset with the same columns and entity; absent where there is none, or where it has gone
 * or is of an earlier version: then there is no trend, and that is all.
 */
export async function previousReport(
  parts: RunnerParts,
  claim: Claim,
  scratch: string,
  dataset: { readonly fingerprint: string; readonly entity: string },
): Promise<PreviousReport | undefined> {
  const stored = await parts.rules.reportBefore({ tenantId: claim.tenantId, jobId: claim.jobId, ...dataset });
  if (stored === undefined) return undefined;
  const file = path.join(scratch, 'in.previous-quality');
  try {
    await parts.blobs.materialize(stored.storageKey, stored, file);
    const read = QualityBody.safeParse(JSON.parse(await readFile(file, 'utf8')));
    return read.success ? { jobId: prefixed('job', stored.jobId), quality: read.data } : undefined;
  } catch (error) {
    parts.log.warn({ job_id: claim.jobId, error: errorName(error) }, 'the report of the previous job could not be read');
    return undefined;
  }
}
