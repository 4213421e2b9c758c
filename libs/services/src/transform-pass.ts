import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Finding, StageOutcome } from '@attune/core';
import { Plan } from '@attune/core';
import { errorsIn, type Profile } from '@attune/pipeline';
import { isolate, type StageContext } from '@attune/platform';
import { slicesOf } from './slices-of.js';

/** The one full pass over the dataset by its plan; leaves silver, quarantine, findings, duplicates, profile and the row ledger. */
export async function transformPass(stage: StageContext): Promise<StageOutcome> {
  const plan = Plan.parse(await stage.json('plan'));
  const planFindings = (await stage.json('plan_findings')) as Finding[];
  const call = { signal: stage.signal, onProgress: stage.progress };
  const { scratch, claim } = stage;
  if (claim.careful) {
    const input = await stage.input();
    return isolate(scratch, (careful) => stage.engine.run('transform', { input, plan, planFindings, scratch, careful }, call));
  }
  const contentKey = contentKeyOf(stage, plan, planFindings);
  const made = contentKey && (await takenOver(stage, contentKey));
  if (made) return made;
  const task = { input: await stage.input(), plan, planFindings, scratch };
  const slices = await slicesOf(stage, plan);
  const isWhole = slices !== undefined && (await stage.shardsThatLeft('decoded')) === slices.length;
  const given = isWhole
    ? { decoded: { files: await stage.artifacts('decoded'), identity: stage.identity(plan) } }
    : { resume: await stage.resume() };
  const outcome = await stage.engine.run('transform', { ...task, ...given }, call);
  return {
    ...outcome,
    ...(slices === undefined ? {} : { sweep: ['slices', 'decoded'] as const }),
    ...(contentKey === undefined || outcome.failure ? {} : { contentKey }),
  };
}

/**
 * Names everything that the rows of a result are made of: bytes, plan and version, but for what only later stages look at. The time of receipt
 * counts where an expression may ask for it. Undefined where nothing of the rows is kept.
 */
export function contentKeyOf(stage: StageContext, plan: Plan, planFindings: readonly Finding[]): string | undefined {
  if (stage.claim.operation !== 'harmonize') return undefined;
  const asksForTime = plan.mapping.fields.some(({ expression }) => expression !== undefined);
  const options = { ...plan.options, output_formats: [] };
  return stage.identity({ ...plan, options, received_at: asksForTime ? plan.received_at : '', planFindings });
}

/** What a job before has made of the same, where one has. */
async function takenOver(stage: StageContext, contentKey: string): Promise<StageOutcome | undefined> {
  const made = await stage.madeOf(contentKey);
  const files = await made?.fetch();
  if (made === undefined || files === undefined) return undefined;
  const { ledger, jobId } = made;
  const { file } = files.find(({ kind }) => kind === 'profile')!;
  const profile = JSON.parse(await readFile(path.join(stage.scratch, file), 'utf8')) as Profile;
  return { files, ledger, errorsFound: errorsIn(profile) + ledger.recordsQuarantined, contentKey, reusedFrom: jobId };
}
