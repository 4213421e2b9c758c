import { Plan, type StageOutcome } from '@attune/core';
import type { StageContext } from '@attune/platform';

/** A shard of its own for records that came back mended: only they are worked on, and what the stage has left so far is stated anew. */
export async function fixedRecords(stage: StageContext): Promise<StageOutcome> {
  const { claim, engine, scratch, signal, progress: onProgress } = stage;
  return engine.run(
    'fixes',
    {
      mended: await stage.artifact('fixed_records'),
      silver: await stage.artifacts('silver'),
      findings: await stage.artifact('findings'),
      quarantine: await stage.artifact('quarantine'),
      duplicates: await stage.artifact('duplicates'),
      profile: await stage.artifact('profile'),
      lineage: await stage.artifact('lineage'),
      plan: Plan.parse(await stage.json('plan')),
      ledger: await stage.ledgerOf('transform'),
      generation: claim.generation,
      scratch,
    },
    { signal, onProgress },
  );
}
