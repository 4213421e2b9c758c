import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Detection, SampleProfile } from '@attune/core';
import { makePlan } from '@attune/pipeline';
import { defineStage } from '@attune/platform';
import { cutForWorkers } from './cut-for-workers.js';

/**
 * Decides which column is which field and resolves every name; leaves the plan, so that nothing unknown turns up at record 4,000,000.
 * The caller's mapping comes first, then what the tenant has accepted for the same columns, then what names and values suggest.
 */
export const planStage = defineStage('plan', 'harmonizer', async (stage) => {
  const detection = Detection.parse(await stage.json('detection'));
  const profile = SampleProfile.parse(await stage.json('sample_profile'));
  const { claim } = stage;
  const remembered = claim.mapping ? undefined : await stage.rememberedMapping(detection.fingerprint);
  const { plan, findings, decision } = makePlan({
    detection,
    profile,
    options: claim.options,
    receivedAt: claim.dataset.receivedAt,
    ...(claim.mapping ? { given: claim.mapping } : {}),
    ...(remembered ? { remembered } : {}),
    ...(claim.inputName === null ? {} : { fileName: claim.inputName }),
  });
  await writeFile(path.join(stage.scratch, 'plan.json'), JSON.stringify(plan, null, 2));
  await writeFile(path.join(stage.scratch, 'plan-findings.json'), JSON.stringify(findings));
  // Who has decided once is not asked again: neither the caller with a mapping nor a tenant who has accepted one.
  const review = claim.options.review === 'when_unsure' && decision.decidedBy === 'suggestion' && decision.unsure.length > 0;
  const cut = review ? { files: [] } : await cutForWorkers(stage, plan, findings);
  return {
    files: [
      { kind: 'plan', file: 'plan.json' },
      { kind: 'plan_findings', file: 'plan-findings.json', records: findings.length },
      ...cut.files,
    ],
    measures: { confidences: plan.mapping.fields.map(({ confidence }) => confidence) },
    review,
    ...(cut.shards === undefined ? {} : { shards: cut.shards }),
  };
});
