import type { Finding, Plan, StageOutcome } from '@attune/core';
import { cutOf } from '@attune/formats';
import type { StageContext } from '@attune/platform';
import { contentKeyOf } from '../transform-pass.js';

/** Slices per worker: one that is slow, or comes late, then holds up less. */
const PER_WORKER = 2;
const MOST_SLICES = 64;
/** A slice has at least this part of the smallest input that is cut. */
const LEAST_PART = 1 / 16;

/** Cuts a large input into slices, where there are several workers to decode them at the same time and none has made the same of it before. */
export async function cutForWorkers(
  stage: StageContext,
  plan: Plan,
  planFindings: readonly Finding[],
): Promise<Pick<StageOutcome, 'files' | 'shards'>> {
  const { claim, split, scratch, signal, progress: onProgress } = stage;
  const { bytes } = claim.dataset;
  const isCuttable = claim.operation === 'harmonize' && plan.container === 'none' && cutOf(plan) !== 'none';
  if (split.fromBytes === 0 || bytes < split.fromBytes || !isCuttable) return { files: [] };
  const workers = await stage.workers('harmonizer');
  if (workers < Math.max(2, split.workers)) return { files: [] };
  const contentKey = contentKeyOf(stage, plan, planFindings);
  if (contentKey && (await stage.madeOf(contentKey))) return { files: [] };
  const sliceBytes = Math.ceil(Math.max(split.fromBytes * LEAST_PART, bytes / Math.min(MOST_SLICES, workers * PER_WORKER)));
  const task = { input: await stage.input(), plan, sliceBytes, identity: stage.identity(plan), scratch };
  const { files } = await stage.engine.run('cut', task, { signal, onProgress });
  const shards = files[0]?.records;
  return { files, ...(shards === undefined ? {} : { shards }) };
}
