import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { FINDING_KINDS, type FindingCode, type Plan } from '@attune/core';
import { SAMPLE_START } from '@attune/pipeline';
import type { CallContext, ChangesFound, FindingCount } from '@attune/platform';
import type { InspectedHead } from './sample-head.js';

/** What a caller who waits has looked at: records, values, and bytes of the decoded stream. */
const LIMITS = { records: 2_000, values: 100_000, bytes: 4 * 1024 * 1024 };

export type SampledRecords = ChangesFound['records'];

export interface SampledHead {
  readonly records: SampledRecords;
  readonly quarantined: number;
  readonly counts: FindingCount[];
}

/** What the transform pass would make of the records in a head; of one that was cut, without the record that goes on behind it. */
export async function sampleRecords(
  { input, whole }: InspectedHead,
  plan: Plan,
  { engine, signal, scratch }: CallContext,
): Promise<SampledHead> {
  const from = { member: 0, ...SAMPLE_START };
  await engine.run('sample', { input, toEnd: whole, plan, from, scratch, ...LIMITS }, { signal });
  const { records } = JSON.parse(await readFile(path.join(scratch, 'sample.json'), 'utf8')) as ChangesFound;
  return { records, quarantined: records.filter(({ status }) => status === 'quarantined').length, counts: countsOf(records) };
}

/** In order of the codes, so that equal samples have equal answers. */
function countsOf(records: SampledRecords): FindingCount[] {
  const counts = new Map<FindingCode, number>();
  for (const { code, values } of records)
    for (const found of [code, ...values.map(({ finding }) => finding)])
      if (found !== undefined) counts.set(found, (counts.get(found) ?? 0) + 1);
  return [...counts]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([code, count]) => ({ code, severity: FINDING_KINDS[code].severity, count }));
}
