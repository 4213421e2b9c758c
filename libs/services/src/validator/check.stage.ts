import { Detection, Plan } from '@attune/core';
import { defineStage } from '@attune/platform';

/**
 * Reads silver and the profile of the pass; leaves the quality per dimension and rule, with its denominators, and every record
 * that fails a rule, and proves that the counts reconcile.
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
      scratch: stage.scratch,
    },
    { signal: stage.signal, onProgress: stage.progress },
  );
  return validation ? { ...outcome, sweep: ['silver'] } : outcome;
});
