import type { Plan } from '@attune/core';
import { Slices, type StageContext } from '@attune/platform';

/** The slices into which the input was cut for this very plan and by this version; undefined where it was not. */
export async function slicesOf(stage: StageContext, plan: Plan): Promise<Slices['slices'] | undefined> {
  if ((await stage.shardsThatLeft('slices')) === 0) return undefined;
  const { identity, slices } = Slices.parse(await stage.json('slices'));
  return identity === stage.identity(plan) ? slices : undefined;
}
