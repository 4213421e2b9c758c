import { Detection, Plan } from '@attune/core';
import { defineStage } from '@attune/platform';
import { leaveReport } from './leave-report.js';

/**
 * Reads silver and what the pass has left; leaves the quality per dimension and rule, with its denominators, every record that fails a
 * rule, and the report for people, and proves that the counts reconcile.
 */
export const checkStage = defineStage('check', 'validator', async (stage) => {
  const plan = Plan.parse(await stage.json('plan'));
  const { fingerprint } = Detection.parse(await stage.json('detection'));
  const validation = stage.claim.operation === 'validate';
  const outcome = await stage.engine.run(
    'check',
    {
      silver: await stage.artifacts('silver'),
      profile: await stage.artifact('profile'),
      plan,
      ledger: await stage.ledgerOf(validation ? 'validate' : 'transform'),
      rules: stage.claim.options.rules,
      previous: await stage.previousReport({ fingerprint, entity: plan.mapping.entity }),
      findings: await stage.artifact('findings_parquet'),
      quarantine: await stage.artifact('quarantine_parquet'),
      scratch: stage.scratch,
    },
    { signal: stage.signal, onProgress: stage.progress },
  );
  const files = [...outcome.files, await leaveReport(stage, plan)];
  return validation ? { ...outcome, files, sweep: ['silver', 'silver_csv'] } : { ...outcome, files };
});
