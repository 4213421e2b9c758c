import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { QualityBody } from '@attune/api';
import { type LeftFile, Plan } from '@attune/core';
import type { Claim } from '../database/stages.repository.js';
import type { Transition } from '../database/transition.js';
import type { RunnerParts } from './runner-parts.js';

/** What a committed stage says of the data, as metrics: scores, confidences and counts, never a value. */
export async function noteOutcome(
  parts: RunnerParts,
  claim: Claim,
  left: { readonly scratch: string; readonly files: readonly LeftFile[] },
  transition: Transition,
): Promise<void> {
  const { metrics, jobs } = parts;
  const read = async (kind: LeftFile['kind']): Promise<unknown> => {
    const file = left.files.find((candidate) => candidate.kind === kind)?.file;
    return file === undefined ? undefined : JSON.parse(await readFile(path.join(left.scratch, file), 'utf8'));
  };
  const plan = await read('plan');
  if (plan !== undefined) for (const { confidence } of Plan.parse(plan).mapping.fields) metrics.mappingConfidence.observe(confidence);
  const quality = await read('quality');
  if (quality !== undefined) {
    for (const [dimension, { score }] of Object.entries(QualityBody.parse(quality).dimensions))
      if (score !== null) metrics.qualityScore.set({ dimension }, score);
  }
  if (transition.after.status !== 'completed') return;
  const detail = await jobs.find(claim.tenantId, claim.jobId);
  if (detail?.ledger.some(({ records_quarantined: quarantined }) => quarantined > 0))
    metrics.jobsWithQuarantine.inc({ operation_type: claim.operation });
}
