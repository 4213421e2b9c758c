import { Plan } from '@attune/core';
import { defineStage } from '@attune/platform';
import { slicesOf } from '../slices-of.js';

/**
 * Makes the records of one slice of a large input canonical, on whatever worker is free. A shard without a slice leaves nothing: the plan
 * of an earlier generation may have cut more of them.
 */
export const decodeStage = defineStage('decode', 'harmonizer', async (stage) => {
  const { scratch, signal, progress: onProgress, claim } = stage;
  const plan = Plan.parse(await stage.json('plan'));
  const slice = (await slicesOf(stage, plan))?.[claim.shard];
  if (slice === undefined) return { files: [] };
  const { from, to, end, sha256 } = slice;
  const input = await stage.inputRange({ start: from.byteOffset, end, sha256 });
  const { bytes: size } = claim.dataset;
  const task = { input, size, plan, slice: { from, to }, ordinal: claim.shard, identity: stage.identity(plan), scratch };
  return stage.engine.run('decode', task, { signal, onProgress });
});
