import type { StageOutcome } from '@attune/core';
import { isCanary } from '../auth/canary-tenant.js';
import type { Claim, Committed } from '../database/stages.repository.js';
import type { RunnerParts } from './runner-parts.js';

/** What a committed stage says of the data, as metrics: scores, confidences and counts, never a value. */
export async function noteOutcome(
  { metrics, jobs }: RunnerParts,
  claim: Claim,
  { measures }: StageOutcome,
  transition: Committed,
): Promise<void> {
  if (isCanary(claim.tenantId)) return;
  for (const confidence of measures?.confidences ?? []) metrics.mappingConfidence.observe(confidence);
  for (const [dimension, score] of Object.entries(measures?.scores ?? {})) metrics.qualityScore.set({ dimension }, score);
  const { loaded } = transition;
  if (loaded?.superseded === false) metrics.warehouseRows.inc({ entity: loaded.entity }, loaded.rows);
  if (transition.after.status !== 'completed') return;
  const detail = await jobs.find(claim.tenantId, claim.jobId);
  if (detail?.ledger.some(({ records_quarantined: quarantined }) => quarantined > 0))
    metrics.jobsWithQuarantine.inc({ operation_type: claim.operation });
}
