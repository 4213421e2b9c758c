import type { Finding, StageOutcome } from '@attune/core';
import { Plan } from '@attune/core';
import { isolate, type StageContext } from '@attune/platform';
import { slicesOf } from './slices-of.js';

/** The one full pass over the dataset by its plan; leaves silver, quarantine, findings, duplicates, profile and the row ledger. */
export async function transformPass(stage: StageContext): Promise<StageOutcome> {
  const plan = Plan.parse(await stage.json('plan'));
  const planFindings = (await stage.json('plan_findings')) as Finding[];
  const task = { input: await stage.input(), plan, planFindings, scratch: stage.scratch };
  const call = { signal: stage.signal, onProgress: stage.progress };
  if (stage.claim.careful) return isolate(stage.scratch, (careful) => stage.engine.run('transform', { ...task, careful }, call));
  const slices = await slicesOf(stage, plan);
  if (slices === undefined) return stage.engine.run('transform', { ...task, resume: await stage.resume() }, call);
  const isWhole = (await stage.shardsThatLeft('decoded')) === slices.length;
  const given = isWhole
    ? { decoded: { files: await stage.artifacts('decoded'), identity: stage.identity(plan) } }
    : { resume: await stage.resume() };
  return { ...(await stage.engine.run('transform', { ...task, ...given }, call)), sweep: ['slices', 'decoded'] };
}
