import { QualityBody } from '@attune/api';
import { type ArtifactKind, Plan, type StageOutcome } from '@attune/core';
import type { Claim } from '../database/stages.repository.js';
import type { Transition } from '../database/transition.js';
import type { RunnerParts } from './runner-parts.js';

/** What a committed stage says of the data, as metrics: scores, confidences and counts, never a value. */
export async function noteOutcome(
  { metrics, jobs }: RunnerParts,
  claim: Claim,
  left: { readonly outcome: StageOutcome; readonly json: (kind: ArtifactKind) => Promise<unknown> },
  transition: Transition,
): Promise<void> {
  const has = (kind: ArtifactKind): boolean => left.outcome.files.some((file) => file.kind === kind);
  if (has('plan')) {
    const { mapping } = Plan.parse(await left.json('plan'));
    for (const { confidence } of mapping.fields) metrics.mappingConfidence.observe(confidence);
  }
  if (has('quality')) {
    const { dimensions } = QualityBody.parse(await left.json('quality'));
    for (const [dimension, { score }] of Object.entries(dimensions)) if (score !== null) metrics.qualityScore.set({ dimension }, score);
  }
  if (transition.after.status !== 'completed') return;
  const detail = await jobs.find(claim.tenantId, claim.jobId);
  if (detail?.ledger.some(({ records_quarantined: quarantined }) => quarantined > 0))
    metrics.jobsWithQuarantine.inc({ operation_type: claim.operation });
}
