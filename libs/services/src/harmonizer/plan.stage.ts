import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Detection, SampleProfile } from '@attune/core';
import { makePlan } from '@attune/pipeline';
import { defineStage } from '@attune/platform';

/** Decides which column is which field and resolves every name; leaves the plan, so that nothing unknown turns up at record 4,000,000. */
export const planStage = defineStage('plan', 'harmonizer', async (stage) => {
  const detection = Detection.parse(await stage.json('detection'));
  const profile = SampleProfile.parse(await stage.json('sample_profile'));
  const { claim } = stage;
  const { plan, findings } = makePlan({
    detection,
    profile,
    options: claim.options,
    receivedAt: claim.dataset.receivedAt,
    ...(claim.mapping ? { given: claim.mapping } : {}),
  });
  await writeFile(path.join(stage.scratch, 'plan.json'), JSON.stringify(plan, null, 2));
  await writeFile(path.join(stage.scratch, 'plan-findings.json'), JSON.stringify(findings));
  return {
    files: [
      { kind: 'plan', file: 'plan.json' },
      { kind: 'plan_findings', file: 'plan-findings.json', records: findings.length },
    ],
  };
});
